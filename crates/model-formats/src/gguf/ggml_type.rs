//! The types of the tensors in GGUF files.

use std::fmt;

/// How the elements of a tensor are stored: the `ggml_type` of llama.cpp.
///
/// Elements lie in blocks along the innermost dimension. The numbers, block lengths and bytes are
/// those of `ggml.h` and `ggml-common.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GgmlType(u32);

/// Number, name, elements of a block, bytes of a block.
type Entry = (u32, &'static str, usize, usize);

const TYPES: &[Entry] = &[
    (0, "F32", 1, 4),
    (1, "F16", 1, 2),
    (2, "Q4_0", 32, 18),
    (3, "Q4_1", 32, 20),
    (6, "Q5_0", 32, 22),
    (7, "Q5_1", 32, 24),
    (8, "Q8_0", 32, 34),
    (9, "Q8_1", 32, 36),
    (10, "Q2_K", 256, 84),
    (11, "Q3_K", 256, 110),
    (12, "Q4_K", 256, 144),
    (13, "Q5_K", 256, 176),
    (14, "Q6_K", 256, 210),
    (15, "Q8_K", 256, 292),
    (16, "IQ2_XXS", 256, 66),
    (17, "IQ2_XS", 256, 74),
    (18, "IQ3_XXS", 256, 98),
    (19, "IQ1_S", 256, 50),
    (20, "IQ4_NL", 32, 18),
    (21, "IQ3_S", 256, 110),
    (22, "IQ2_S", 256, 82),
    (23, "IQ4_XS", 256, 136),
    (24, "I8", 1, 1),
    (25, "I16", 1, 2),
    (26, "I32", 1, 4),
    (27, "I64", 1, 8),
    (28, "F64", 1, 8),
    (29, "IQ1_M", 256, 56),
    (30, "BF16", 1, 2),
    (34, "TQ1_0", 256, 54),
    (35, "TQ2_0", 256, 66),
    (39, "MXFP4", 32, 17),
    (40, "NVFP4", 64, 36),
    (41, "Q1_0", 128, 18),
];

impl GgmlType {
    /// Single precision.
    pub const F32: Self = Self(0);
    /// Half precision.
    pub const F16: Self = Self(1);
    /// 4 bits, a scale for 32 weights.
    pub const Q4_0: Self = Self(2);
    /// 4 bits, a scale and a least value for 32 weights.
    pub const Q4_1: Self = Self(3);
    /// 5 bits, a scale for 32 weights.
    pub const Q5_0: Self = Self(6);
    /// 5 bits, a scale and a least value for 32 weights.
    pub const Q5_1: Self = Self(7);
    /// 8 bits, a scale for 32 weights.
    pub const Q8_0: Self = Self(8);
    /// 2 bits, in blocks of 256 weights.
    pub const Q2_K: Self = Self(10);
    /// 3 bits, in blocks of 256 weights.
    pub const Q3_K: Self = Self(11);
    /// 4 bits, in blocks of 256 weights.
    pub const Q4_K: Self = Self(12);
    /// 5 bits, in blocks of 256 weights.
    pub const Q5_K: Self = Self(13);
    /// 6 bits, in blocks of 256 weights.
    pub const Q6_K: Self = Self(14);
    /// The upper half of single precision.
    pub const BF16: Self = Self(30);

    /// The type with this number; `None` where ggml has none, or has it no longer.
    pub fn new(number: u32) -> Option<Self> {
        TYPES
            .iter()
            .any(|entry| entry.0 == number)
            .then_some(Self(number))
    }

    /// The number in files.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The name that ggml gives the type.
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    /// Elements of a block.
    pub fn block_len(self) -> usize {
        self.entry().2
    }

    /// Bytes of a block.
    pub fn block_bytes(self) -> usize {
        self.entry().3
    }

    fn entry(self) -> &'static Entry {
        let entry = TYPES.iter().find(|entry| entry.0 == self.0);
        entry.expect("types are made with a number of the table")
    }
}

impl fmt::Display for GgmlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
