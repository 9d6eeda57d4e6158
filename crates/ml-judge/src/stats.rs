//! Intervals, tests and agreement.
