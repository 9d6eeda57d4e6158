//! What mlx-sys needs to build MLX on a Mac with Apple silicon.

use crate::setup::system::succeeds;

/// Whether this is such a Mac.
pub(super) const HERE: bool = cfg!(all(target_os = "macos", target_arch = "aarch64"));

/// A command that succeeds where the tool is there, what the tool is, and what installs it.
const TOOLS: &[(&[&str], &str, &str)] = &[
    // With them comes libclang, which reads MLX's C interface.
    (
        &["xcode-select", "-p"],
        "Xcode's command line tools",
        "xcode-select --install",
    ),
    (
        &["git", "--version"],
        "git, which fetches MLX",
        "xcode-select --install",
    ),
    (&["cmake", "--version"], "cmake", "brew install cmake"),
    (
        &["xcrun", "--sdk", "macosx", "metal", "--version"],
        "the Metal compiler",
        "sudo xcode-select --switch /Applications/Xcode.app && xcodebuild -downloadComponent MetalToolchain",
    ),
];

/// The first tool that is missing, and the command that installs it.
pub(super) fn fault() -> Option<String> {
    let (_, tool, command) = TOOLS
        .iter()
        .find(|(probe, ..)| !succeeds(probe[0], &probe[1..]))?;
    Some(format!("{tool} must be installed first, with\n  {command}"))
}
