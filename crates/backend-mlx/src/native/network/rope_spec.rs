//! The rotary embeddings that configurations ask for.

use std::f32::consts::TAU;

use super::spec::{Frequencies, RopeSpec};
use crate::native::arch::Config;
use crate::native::load_error::LoadError;

/// `rope_theta` where a configuration has none, as in transformers.
const DEFAULT_BASE: f32 = 10_000.0;

impl RopeSpec {
    /// An unscaled embedding of all dimensions.
    pub(crate) fn plain(dims: usize, base: f32) -> Self {
        Self {
            dims,
            frequencies: Frequencies::Base { base, scale: 1.0 },
            magnitude: 1.0,
        }
    }

    /// The embedding by `rope_theta`, `partial_rotary_factor` and `rope_scaling` (or
    /// `rope_parameters`, which newer configurations have in place of all three).
    pub(crate) fn read(config: &Config<'_>, head_dim: usize) -> Result<Self, LoadError> {
        config.refuse_flag("rope_traditional")?;
        let parameters = config.object("rope_parameters", "rope_parameters.")?;
        let scaling = match config.object("rope_scaling", "rope_scaling.")? {
            Some(scaling) => Some(scaling),
            None => parameters,
        };
        let either = |field: &str| match parameters.map(|p| p.optional_number(field)) {
            Some(Ok(None)) | None => config.optional_number(field),
            Some(found) => found,
        };
        let base = either("rope_theta")?.unwrap_or(DEFAULT_BASE);
        let part = either("partial_rotary_factor")?.unwrap_or(1.0);
        let dims = rotated(head_dim, part)?;
        let plain = Self::plain(dims, base);
        let Some(scaling) = scaling else {
            return Ok(plain);
        };
        let kind = match scaling.optional_text("rope_type")? {
            Some(kind) => kind,
            None => scaling.optional_text("type")?.unwrap_or("default"),
        };
        match kind {
            "default" | "mrope" => Ok(plain),
            "linear" => {
                let scale = scaling.number("factor")?.recip();
                let frequencies = Frequencies::Base { base, scale };
                Ok(Self {
                    frequencies,
                    ..plain
                })
            }
            "llama3" => Ok(Self {
                frequencies: Frequencies::Wavelengths(llama3(&scaling, base, dims)?),
                ..plain
            }),
            "longrope" | "su" => long(config, &scaling, base, dims),
            other => Err(scaling.unsupported("rope_type", other)),
        }
    }
}

/// How many dimensions of a head are rotated, when that is a part of them: an even number.
fn rotated(head_dim: usize, part: f32) -> Result<usize, LoadError> {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a head has some hundred dimensions, and the part is above 0"
    )]
    let dims = (head_dim as f32 * part) as usize;
    if dims == 0 || dims > head_dim || !dims.is_multiple_of(2) {
        let problem = format!("is {head_dim}, of which {dims} cannot be rotated in pairs");
        return Err(LoadError::config("head_dim", problem));
    }
    Ok(dims)
}

/// `base^(2i/dims)`: the wavelength of each pair, over 2π.
fn wavelengths(base: f32, dims: usize) -> Vec<f32> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a head has some hundred dimensions"
    )]
    let exponent = |i: usize| i as f32 / dims as f32;
    (0..dims)
        .step_by(2)
        .map(|i| base.powf(exponent(i)))
        .collect()
}

/// Llama 3.1's scaling: long wavelengths are stretched by `factor`, short ones kept, those between
/// are interpolated.
fn llama3(scaling: &Config<'_>, base: f32, dims: usize) -> Result<Vec<f32>, LoadError> {
    let factor = scaling.number("factor")?;
    let low = scaling.optional_number("low_freq_factor")?.unwrap_or(1.0);
    let high = scaling.optional_number("high_freq_factor")?.unwrap_or(4.0);
    let original = scaling
        .optional_number("original_max_position_embeddings")?
        .unwrap_or(8192.0);
    let stretch = |wavelength: f32| {
        let turns = original / (TAU * wavelength);
        if turns < low {
            wavelength * factor
        } else if turns > high {
            wavelength
        } else {
            let smooth = (turns - low) / (high - low);
            wavelength / ((1.0 - smooth) / factor + smooth)
        }
    };
    Ok(wavelengths(base, dims).into_iter().map(stretch).collect())
}

/// Phi-3's scaling (`LongRoPE`, Ding et al. 2024): a factor for each pair, and a magnitude by how
/// far the context was extended. The long factors are used at every length, as mlx-lm does.
fn long(
    config: &Config<'_>,
    scaling: &Config<'_>,
    base: f32,
    dims: usize,
) -> Result<RopeSpec, LoadError> {
    let factors = scaling.numbers("long_factor")?;
    if factors.len() != dims / 2 {
        let problem = format!("has {} numbers, but must have {}", factors.len(), dims / 2);
        return Err(scaling.refuse("long_factor", problem));
    }
    let original = match scaling.optional_number("original_max_position_embeddings")? {
        Some(original) => original,
        None => config.number("original_max_position_embeddings")?,
    };
    let extended = config.number("max_position_embeddings")? / original;
    let magnitude = if extended <= 1.0 {
        1.0
    } else {
        (1.0 + extended.ln() / original.ln()).sqrt()
    };
    let wavelengths = wavelengths(base, dims).into_iter().zip(factors);
    Ok(RopeSpec {
        dims,
        frequencies: Frequencies::Wavelengths(wavelengths.map(|(w, f)| w * f).collect()),
        magnitude,
    })
}
