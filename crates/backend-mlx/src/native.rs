//! Everything that needs MLX.
