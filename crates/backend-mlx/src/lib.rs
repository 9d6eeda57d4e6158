//! A text model in our own process, on MLX: Metal on Apple silicon, the CPU on Linux.

#[cfg(mlx)]
mod native;
