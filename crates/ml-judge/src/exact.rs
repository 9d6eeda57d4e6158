//! Responses with exactly one right answer.
