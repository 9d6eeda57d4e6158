//! The binary `ml`: argument parsing and printing, nothing else.

fn main() {}
