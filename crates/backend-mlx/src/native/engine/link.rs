//! A model's handle to its host on the MLX thread.

use std::path::PathBuf;
use std::sync::Arc;
use std::task::Waker;

use inference_core::{Error, ErrorKind};
use tokio::sync::{Semaphore, mpsc, watch};

use super::outlet::{self, Inlet, Outlet};
use super::status::Status;
use super::task::{Place, Task, Work};

/// A model's handle to its host. The host goes when this is dropped.
#[derive(Debug)]
pub(crate) struct Link {
    /// `None` while it is dropped.
    tasks: Option<mpsc::Sender<Task>>,
    queue: Arc<Semaphore>,
    status: Arc<Status>,
    gone: watch::Receiver<()>,
    thread: Waker,
}

/// The host's end.
#[derive(Debug)]
pub(crate) struct Ending {
    pub(crate) tasks: mpsc::Receiver<Task>,
    pub(crate) status: Arc<Status>,
    /// To be dropped after the model.
    pub(crate) gone: watch::Sender<()>,
}

impl Link {
    /// Requests that may wait for their turn.
    pub(crate) const QUEUE: usize = 1024;

    /// Both ends; `thread` wakes the MLX thread.
    pub(crate) fn new(thread: Waker) -> (Self, Ending) {
        let (sender, tasks) = mpsc::channel(Self::QUEUE);
        let (gone, is_gone) = watch::channel(());
        let status = Arc::<Status>::default();
        let link = Self {
            tasks: Some(sender),
            queue: Arc::new(Semaphore::new(Self::QUEUE)),
            status: Arc::clone(&status),
            gone: is_gone,
            thread,
        };
        let ending = Ending {
            tasks,
            status,
            gone,
        };
        (link, ending)
    }

    pub(crate) fn status(&self) -> &Status {
        &self.status
    }

    /// The way of an answer's events.
    pub(crate) fn outlet(&self) -> (Outlet, Inlet) {
        outlet::outlet(Arc::clone(&self.status), self.thread.clone())
    }

    /// Fails once the model is closed or has failed.
    pub(crate) fn require_open(&self) -> Result<(), Error> {
        let tasks = self.tasks.as_ref();
        if self.status.is_closed() || tasks.is_none_or(mpsc::Sender::is_closed) {
            return Err(self.status.ending());
        }
        Ok(())
    }

    /// Puts a request into the queue.
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] where the queue is full, [`ErrorKind::Closed`] after a close,
    /// and the failure of a model that has failed.
    pub(crate) fn submit(&self, adapter: Option<PathBuf>, work: Work) -> Result<(), Error> {
        self.require_open()?;
        let Ok(permit) = Arc::clone(&self.queue).try_acquire_owned() else {
            let message = format!(
                "{} requests are waiting already: ask again later",
                Self::QUEUE
            );
            return Err(Error::new(ErrorKind::Unavailable, message));
        };
        let task = Task {
            adapter,
            work,
            place: Place::new(permit, &self.status),
        };
        let tasks = self.tasks.as_ref().expect("only a drop takes it");
        // There is room for every place in the queue.
        tasks.try_send(task).map_err(|_| self.status.ending())?;
        self.status.requests.add(1);
        self.thread.wake_by_ref();
        Ok(())
    }

    /// Ends everything and waits until the model is gone.
    pub(crate) async fn close(&self) {
        self.status.close();
        self.thread.wake_by_ref();
        let mut gone = self.gone.clone();
        // Nothing is ever sent: it fails when the host has dropped its end.
        while gone.changed().await.is_ok() {}
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.tasks = None;
        self.thread.wake_by_ref();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use tokio::sync::oneshot;

    use super::*;
    use crate::native::engine::task::Observe;

    fn work() -> Work {
        let (reply, _) = oneshot::channel();
        let prompt = vec![0];
        Work::Observe(Observe { prompt, reply })
    }

    #[test]
    fn a_full_queue_refuses_and_has_room_again_when_a_request_is_taken() {
        let (link, mut ending) = Link::new(Waker::noop().clone());
        for _ in 0..Link::QUEUE {
            link.submit(None, work()).unwrap();
        }
        let error = link.submit(None, work()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        drop(ending.tasks.try_recv().unwrap());
        link.submit(None, work()).unwrap();
        assert_eq!(link.status().requests.get(), Link::QUEUE as u64 + 1);
    }

    #[test]
    fn a_close_is_over_when_the_host_is_gone() {
        let (link, ending) = Link::new(Waker::noop().clone());
        let mut close = Box::pin(link.close());
        assert!(close.as_mut().now_or_never().is_none());
        assert!(ending.status.is_closed());
        drop(ending);
        close.now_or_never().unwrap();
        link.close().now_or_never().expect("closing again");
        let error = link.submit(None, work()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed);
    }

    #[test]
    fn a_failed_model_says_why() {
        let (link, ending) = Link::new(Waker::noop().clone());
        let status = Arc::clone(&ending.status);
        status.fail(Error::new(ErrorKind::Crashed, "a step failed"));
        drop(ending);
        let error = link.submit(None, work()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Crashed);
    }
}
