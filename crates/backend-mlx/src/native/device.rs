//! Where the arrays are and the work is done.

use mlx_rs::Stream;

/// The device that MLX runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Device {
    /// The GPU of Apple silicon.
    Metal,
    /// The processor, on Linux.
    Cpu,
}

impl Device {
    /// The device of this build.
    pub(crate) const fn of_this_build() -> Self {
        if cfg!(target_os = "macos") {
            Self::Metal
        } else {
            Self::Cpu
        }
    }

    /// The stream that every operation is put on. To be made once, on the MLX thread.
    pub(crate) fn stream(self) -> Stream {
        match self {
            Self::Metal => Stream::gpu(),
            Self::Cpu => Stream::cpu(),
        }
    }
}
