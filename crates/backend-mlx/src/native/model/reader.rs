//! The events of one answer, and the model that they come from.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::stream::{Stream, StreamExt as _};
use inference_core::{Error, Event};

use super::shared::Shared;
use crate::native::engine::Inlet;

/// Reads an answer, and keeps its model loaded meanwhile.
pub(super) struct Reader {
    events: Inlet,
    _model: Arc<Shared>,
}

impl Reader {
    pub(super) fn new(events: Inlet, model: Arc<Shared>) -> Self {
        Self {
            events,
            _model: model,
        }
    }
}

impl Stream for Reader {
    type Item = Result<Event, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.poll_next_unpin(context)
    }
}
