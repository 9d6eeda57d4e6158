//! Set-up, builds, tests and benchmarks of the workspace.

fn main() {}
