//! Waiting without a runtime: the checks run in whatever runtime the backend needs.

use std::future::Future;
use std::pin::pin;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use futures::FutureExt as _;
use futures::channel::oneshot;
use futures::future::{Either, select};

/// Completes after this time.
pub(crate) fn sleep(time: Duration) -> impl Future<Output = ()> + Send {
    let (wake, woken) = oneshot::channel();
    let (dropped, is_dropped) = mpsc::channel::<()>();
    thread::spawn(move || {
        // Ends early when the future, and `dropped` with it, is dropped.
        if is_dropped.recv_timeout(time) == Err(mpsc::RecvTimeoutError::Timeout) {
            let _ = wake.send(());
        }
    });
    woken.map(move |_| drop(dropped))
}

/// The output of a future, or `None` if it does not come within this time.
pub(crate) async fn within<T>(time: Duration, future: impl Future<Output = T>) -> Option<T> {
    match select(pin!(future), pin!(sleep(time))).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(((), _)) => None,
    }
}
