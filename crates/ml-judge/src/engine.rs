//! Many items at once, a bounded number at a time.
