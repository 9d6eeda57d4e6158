//! Whether a response refuses.
