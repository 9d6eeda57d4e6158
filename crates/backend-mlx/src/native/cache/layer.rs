//! The keys and values of one layer.

use mlx_rs::Array;
use mlx_rs::error::Result;
use mlx_rs::ops::indexing::{TryIndexOp as _, TryIndexUpdateOp as _, UpdateMode};
use mlx_rs::ops::{self, concatenate};

use super::{KV_GROUP, KvKind};
use crate::native::network::size;

/// Tokens by which a full buffer grows. As many that have left a window stay until it is full, so
/// that the rest is moved once in so many tokens.
const STEP: usize = 256;

/// The keys and values of one layer, in the order of the tokens.
///
/// A layer with a window of `w` tokens keeps the last `w − 1`, and up to [`STEP`] more.
#[derive(Debug, Clone)]
pub(crate) struct LayerCache {
    kind: KvKind,
    window: Option<usize>,
    /// `None` before the first token.
    buffer: Option<Buffer>,
    /// Tokens that have left the buffer.
    left: usize,
    /// Tokens in the buffer.
    held: usize,
}

/// Two arrays of `[1, kv_heads, capacity, head_dim]`.
#[derive(Debug, Clone)]
struct Buffer {
    keys: Kept,
    values: Kept,
}

/// Keys or values of some tokens: `[1, kv_heads, tokens, head_dim]`.
#[derive(Debug, Clone)]
pub(crate) enum Kept {
    /// As they are.
    Full(Array),
    /// Words, scales and biases of MLX's affine quantisation.
    Quantized { parts: [Array; 3], bits: i32 },
}

impl LayerCache {
    pub(super) fn new(kind: KvKind, window: Option<usize>) -> Self {
        Self {
            kind,
            window,
            buffer: None,
            left: 0,
            held: 0,
        }
    }

    /// Tokens that were appended so far.
    pub(crate) fn len(&self) -> usize {
        self.left + self.held
    }

    /// Appends keys and values, each `[1, kv_heads, n, head_dim]`, and returns those that the new
    /// tokens may see: the window before the first new one, and the new ones.
    pub(crate) fn append(&mut self, keys: &Array, values: &Array) -> Result<(Kept, Kept)> {
        let new = usize::try_from(keys.dim(2)).expect("a dimension is not negative");
        let keys = Kept::new(keys, self.kind)?;
        let values = Kept::new(values, self.kind)?;
        self.make_room(new, &keys, &values)?;
        let buffer = self.buffer.as_mut().expect("make_room makes it");
        let place = self.held..self.held + new;
        buffer.keys.write(&keys, place.clone())?;
        buffer.values.write(&values, place)?;
        let before = self
            .window
            .map_or(self.held, |window| self.held.min(window - 1));
        let seen = self.held - before..self.held + new;
        self.held += new;
        Ok((buffer.keys.part(seen.clone())?, buffer.values.part(seen)?))
    }

    /// Sees to it that `new` tokens fit behind those that are held.
    fn make_room(&mut self, new: usize, keys: &Kept, values: &Kept) -> Result<()> {
        let capacity = self
            .buffer
            .as_ref()
            .map_or(0, |buffer| buffer.keys.tokens());
        if self.held + new <= capacity {
            return Ok(());
        }
        let needed = self
            .window
            .map_or(self.held, |window| self.held.min(window - 1));
        let dropped = self.held - needed;
        let room = (needed + new).next_multiple_of(STEP) - needed;
        let grown = |old: Option<&Kept>, like: &Kept| match old {
            Some(old) => old.part(dropped..self.held)?.followed_by(room),
            None => like.part(0..0)?.followed_by(room),
        };
        let old = self.buffer.as_ref();
        self.buffer = Some(Buffer {
            keys: grown(old.map(|buffer| &buffer.keys), keys)?,
            values: grown(old.map(|buffer| &buffer.values), values)?,
        });
        self.left += dropped;
        self.held = needed;
        Ok(())
    }

    /// See [`Cache::truncated`](super::Cache::truncated).
    pub(super) fn truncated(&self, len: usize) -> Option<Self> {
        let first = match self.window {
            Some(window) => len.saturating_sub(window - 1),
            None => 0,
        };
        if len > self.len() || first < self.left {
            return None;
        }
        let held = len - self.left;
        // Cut, so that a short beginning does not come with all the room of a long sequence.
        let cut = |buffer: &Buffer| -> Result<Buffer> {
            Ok(Buffer {
                keys: buffer.keys.part(0..held)?,
                values: buffer.values.part(0..held)?,
            })
        };
        Some(Self {
            buffer: self.buffer.as_ref().map(cut).transpose().ok()?,
            held,
            ..self.clone()
        })
    }

    /// See [`Cache::compacted`](super::Cache::compacted).
    pub(super) fn compacted(&self) -> Result<Self> {
        let own = |kept: &Kept| kept.part(0..self.held)?.map(Array::contiguous);
        let compact = |buffer: &Buffer| -> Result<Buffer> {
            Ok(Buffer {
                keys: own(&buffer.keys)?,
                values: own(&buffer.values)?,
            })
        };
        Ok(Self {
            buffer: self.buffer.as_ref().map(compact).transpose()?,
            ..self.clone()
        })
    }

    pub(super) fn arrays(&self) -> impl Iterator<Item = &Array> {
        let buffers = self.buffer.iter();
        buffers.flat_map(|buffer| buffer.keys.arrays().iter().chain(buffer.values.arrays()))
    }
}

impl Kept {
    fn new(array: &Array, kind: KvKind) -> Result<Self> {
        match kind {
            KvKind::Full => Ok(Self::Full(array.clone())),
            KvKind::Quantized { bits } => {
                let (words, scales, biases) = ops::quantize(array, KV_GROUP, bits)?;
                let parts = [words, scales, biases];
                Ok(Self::Quantized { parts, bits })
            }
        }
    }

    /// Applies the same to each array.
    fn map(&self, mut each: impl FnMut(&Array) -> Result<Array>) -> Result<Self> {
        Ok(match self {
            Self::Full(array) => Self::Full(each(array)?),
            Self::Quantized {
                parts: [a, b, c],
                bits,
            } => Self::Quantized {
                parts: [each(a)?, each(b)?, each(c)?],
                bits: *bits,
            },
        })
    }

    pub(crate) fn arrays(&self) -> &[Array] {
        match self {
            Self::Full(array) => std::slice::from_ref(array),
            Self::Quantized { parts, .. } => parts,
        }
    }

    fn arrays_mut(&mut self) -> &mut [Array] {
        match self {
            Self::Full(array) => std::slice::from_mut(array),
            Self::Quantized { parts, .. } => parts,
        }
    }

    /// How many tokens there are, or have room.
    pub(crate) fn tokens(&self) -> usize {
        let tokens = self.arrays()[0].dim(2);
        usize::try_from(tokens).expect("a dimension is not negative")
    }

    /// Those of some tokens.
    fn part(&self, tokens: std::ops::Range<usize>) -> Result<Self> {
        let tokens = size(tokens.start)..size(tokens.end);
        self.map(|array| array.try_index((.., .., tokens.clone(), ..)))
    }

    /// These, and room for more.
    fn followed_by(&self, room: usize) -> Result<Self> {
        self.map(|array| {
            let mut shape = array.shape().to_vec();
            shape[2] = size(room);
            let zeros = ops::zeros_dtype(&shape, array.dtype())?;
            concatenate(&[array, &zeros], 2)
        })
    }

    /// Overwrites those of some tokens.
    fn write(&mut self, new: &Self, tokens: std::ops::Range<usize>) -> Result<()> {
        let tokens = size(tokens.start)..size(tokens.end);
        for (old, new) in self.arrays_mut().iter_mut().zip(new.arrays()) {
            *old = old
                .try_index_update((.., .., tokens.clone(), ..), new, UpdateMode::Replace)
                .map_err(|error| mlx_rs::error::Exception::from(error.to_string().as_str()))?;
        }
        Ok(())
    }
}
