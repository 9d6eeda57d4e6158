//! How the tensors of a GGUF file are quantised.

use std::fmt;

/// The `general.file_type` of a GGUF file: the quantisation of most of its tensors.
///
/// The numbers are those of llama.cpp's `llama_ftype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GgufFileType(u32);

impl GgufFileType {
    /// Set by tools that had to guess the type.
    const GUESSED: u32 = 1024;

    /// The type with this number.
    pub const fn new(number: u32) -> Self {
        Self(number & !Self::GUESSED)
    }

    /// The number in the file.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The name that llama.cpp gives the type; `None` for one that is unknown.
    pub const fn name(self) -> Option<&'static str> {
        match self.entry() {
            Some((name, _)) => Some(name),
            None => None,
        }
    }

    /// Nominal bits of a quantised weight, scales not counted; 0 for floats, `None` for a type
    /// that is unknown.
    pub const fn quant_bits(self) -> Option<u32> {
        match self.entry() {
            Some((_, bits)) => Some(bits),
            None => None,
        }
    }

    const fn entry(self) -> Option<(&'static str, u32)> {
        Some(match self.0 {
            0 => ("F32", 0),
            1 => ("F16", 0),
            2 => ("Q4_0", 4),
            3 => ("Q4_1", 4),
            7 => ("Q8_0", 8),
            8 => ("Q5_0", 5),
            9 => ("Q5_1", 5),
            10 => ("Q2_K", 2),
            11 => ("Q3_K_S", 3),
            12 => ("Q3_K_M", 3),
            13 => ("Q3_K_L", 3),
            14 => ("Q4_K_S", 4),
            15 => ("Q4_K_M", 4),
            16 => ("Q5_K_S", 5),
            17 => ("Q5_K_M", 5),
            18 => ("Q6_K", 6),
            19 => ("IQ2_XXS", 2),
            20 => ("IQ2_XS", 2),
            21 => ("Q2_K_S", 2),
            22 => ("IQ3_XS", 3),
            23 => ("IQ3_XXS", 3),
            24 => ("IQ1_S", 1),
            25 => ("IQ4_NL", 4),
            26 => ("IQ3_S", 3),
            27 => ("IQ3_M", 3),
            28 => ("IQ2_S", 2),
            29 => ("IQ2_M", 2),
            30 => ("IQ4_XS", 4),
            31 => ("IQ1_M", 1),
            32 => ("BF16", 0),
            36 => ("TQ1_0", 1),
            37 => ("TQ2_0", 2),
            38 => ("MXFP4_MOE", 4),
            39 => ("NVFP4", 4),
            40 => ("Q1_0", 1),
            41 => ("Q2_0", 2),
            _ => return None,
        })
    }
}

impl fmt::Display for GgufFileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "file type {}", self.0),
        }
    }
}
