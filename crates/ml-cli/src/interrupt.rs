//! Ctrl-C: the first one ends the answer, one more ends the program. So does SIGTERM, to a server.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt as _;
use signal_hook::consts::SIGINT;
#[cfg(feature = "server")]
use signal_hook::consts::SIGTERM;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Notify;

use crate::failure::Failure;

/// The exit code of a program that SIGINT ended.
const EXIT: i32 = 130;

/// Listens to Ctrl-C from its making to the end of the program.
///
/// A second Ctrl-C before [`rearm`](Self::rearm) ends the program at once, whatever it is doing.
#[derive(Debug, Clone)]
pub(crate) struct Interrupt {
    pressed: Arc<Notify>,
    seen: Arc<AtomicBool>,
}

impl Interrupt {
    /// Starts to listen; to be called in the runtime.
    ///
    /// # Errors
    /// When the system refuses a signal handler.
    pub(crate) fn listen() -> io::Result<Self> {
        Self::listen_to(&[SIGINT])
    }

    /// Likewise, and takes SIGTERM for Ctrl-C.
    ///
    /// # Errors
    /// As [`listen`](Self::listen).
    #[cfg(feature = "server")]
    pub(crate) fn listen_to_all() -> io::Result<Self> {
        Self::listen_to(&[SIGINT, SIGTERM])
    }

    fn listen_to(kinds: &[i32]) -> io::Result<Self> {
        let seen = Arc::new(AtomicBool::new(false));
        let pressed = Arc::new(Notify::new());
        for &kind in kinds {
            signal_hook::flag::register_conditional_shutdown(kind, EXIT, Arc::clone(&seen))?;
            signal_hook::flag::register(kind, Arc::clone(&seen))?;
            let mut signals = signal(SignalKind::from_raw(kind))?;
            let listener = Arc::clone(&pressed);
            tokio::spawn(async move {
                while signals.recv().await.is_some() {
                    listener.notify_one();
                }
            });
        }
        Ok(Self { pressed, seen })
    }

    /// Completes at the next Ctrl-C, or at once for one that nobody has waited for.
    pub(crate) fn pressed(&self) -> impl Future<Output = ()> + Send + use<> {
        let pressed = Arc::clone(&self.pressed);
        async move { pressed.notified().await }
    }

    /// Runs `work` until Ctrl-C, which drops it.
    ///
    /// # Errors
    /// [`Failure::Interrupted`].
    pub(crate) async fn during<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            done = work => Ok(done),
            () = self.pressed() => Err(Failure::Interrupted),
        }
    }

    /// Forgets what was pressed: the next Ctrl-C is a first one again.
    pub(crate) fn rearm(&self) {
        while self.pressed().now_or_never().is_some() {}
        self.seen.store(false, Ordering::SeqCst);
    }
}
