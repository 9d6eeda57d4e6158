//! How far a call is, told to clients that asked.

use futures::future::BoxFuture;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::RequestContext;
use rmcp::{Peer, RoleServer};

use crate::tools::Progress;

/// Tells a client how far its call is, if it asked.
pub(super) struct Notifications {
    peer: Peer<RoleServer>,
    token: Option<ProgressToken>,
}

impl Notifications {
    pub(super) fn of(context: &RequestContext<RoleServer>) -> Self {
        Self {
            peer: context.peer.clone(),
            token: context.meta.get_progress_token(),
        }
    }
}

impl Progress for Notifications {
    fn is_wanted(&self) -> bool {
        self.token.is_some()
    }

    fn report(&self, done: u32, total: Option<u32>, message: String) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            let Some(token) = self.token.clone() else {
                return;
            };
            let mut progress =
                ProgressNotificationParam::new(token, f64::from(done)).with_message(message);
            progress.total = total.map(f64::from);
            // A client that is gone cancels the call.
            let _ = self.peer.notify_progress(progress).await;
        })
    }
}
