//! Where the arrays are and the work is done.

use std::rc::Rc;
use std::thread;

use mlx_rs::error::Result;
use mlx_rs::{Array, Stream};

/// The device that MLX runs on. A clone is the same one.
#[derive(Debug, Clone)]
pub(crate) enum Device {
    /// The GPU of Apple silicon.
    Metal,
    /// The processor, on Linux.
    Cpu(Lanes),
}

impl Device {
    /// The device of this build. To be made once, on the MLX thread: MLX keeps a thread for every
    /// stream of the processor until the process ends.
    pub(crate) fn of_this_build() -> Self {
        if cfg!(target_os = "macos") {
            Self::Metal
        } else {
            Self::Cpu(Lanes::new())
        }
    }

    /// The stream that every operation is put on, unless it is one of several at a time.
    pub(crate) fn stream(&self) -> Stream {
        match self {
            Self::Metal => Stream::gpu(),
            Self::Cpu(lanes) => lanes.0[0].clone(),
        }
    }
}

/// Streams that compute at the same time, one for each core. MLX computes an operation on one core
/// alone, so that large products are cut into parts.
#[derive(Debug, Clone)]
pub(crate) struct Lanes(Rc<[Stream]>);

/// With more lanes, the parts of a product get too small.
const MOST_LANES: usize = 8;

impl Lanes {
    fn new() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let others =
            (1..cores.min(MOST_LANES)).map(|_| Stream::new_with_device(&mlx_rs::Device::cpu()));
        Self([Stream::cpu()].into_iter().chain(others).collect())
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Puts what is computed of each item on the lanes in turn.
    pub(crate) fn map<T>(
        &self,
        items: impl IntoIterator<Item = T>,
        compute: impl Fn(T) -> Result<Array>,
    ) -> Result<Vec<Array>> {
        let lanes = self.0.iter().cycle();
        let items = items.into_iter().zip(lanes);
        items
            .map(|(item, lane)| mlx_rs::with_stream(lane, || compute(item)))
            .collect()
    }
}
