//! The behaviour every inference backend must show, as checks to run in its tests.
