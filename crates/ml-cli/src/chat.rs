//! The parts of `ml chat` that know nothing of models.

pub(crate) mod conversation;
pub(crate) mod input;
pub(crate) mod slash;
