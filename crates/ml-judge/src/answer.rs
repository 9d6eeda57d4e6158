//! The final answer in a response.
