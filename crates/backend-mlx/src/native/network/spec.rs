//! What a decoder is made of.

use crate::native::arch::{Config, LARGEST_SIZE};
use crate::native::load_error::LoadError;

/// Beyond these, a configuration is damaged: no model is near.
const MOST_LAYERS: usize = 1024;
const LARGEST_HEAD: usize = 4096;

/// The build of a decoder, read from its configuration.
///
/// Every layer is attention and a feed-forward part, each behind a norm and added to the residual
/// stream; the fields say where families differ.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spec {
    /// The family, such as `llama`.
    pub(crate) architecture: String,
    pub(crate) vocab_size: usize,
    /// Width of the residual stream.
    pub(crate) hidden_size: usize,
    /// Width inside the feed-forward part.
    pub(crate) intermediate_size: usize,
    pub(crate) heads: usize,
    /// Heads of keys and values; each serves `heads / kv_heads` query heads.
    pub(crate) kv_heads: usize,
    pub(crate) head_dim: usize,
    /// Most tokens the model was made for.
    pub(crate) context_length: usize,
    pub(crate) norm_eps: f32,
    pub(crate) layers: Vec<LayerSpec>,
    pub(crate) activation: Activation,
    /// Multiplies the products of queries and keys.
    pub(crate) attention_scale: f32,
    /// Caps attention scores: `c · tanh(score / c)`.
    pub(crate) attention_softcap: Option<f32>,
    /// Caps logits alike.
    pub(crate) logit_softcap: Option<f32>,
    /// Multiplies the embeddings.
    pub(crate) embedding_scale: Option<f32>,
    /// Norm weights are stored less one.
    pub(crate) norm_plus_one: bool,
    /// Queries and keys are normalised per head.
    pub(crate) qk_norm: bool,
    /// The outputs of attention and feed-forward part are normalised too.
    pub(crate) output_norms: bool,
    pub(crate) biases: Biases,
    pub(crate) projections: Projections,
    /// The output layer is the embedding's matrix; where the configuration is silent, that is so
    /// when the files have no other.
    pub(crate) tied: Option<bool>,
    /// What the names of all tensors start with.
    pub(crate) prefix: String,
}

/// Which linear layers have a bias.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Biases {
    /// Those of queries, keys and values.
    pub(crate) qkv: bool,
    /// That of attention's output.
    pub(crate) output: bool,
    /// Those of the feed-forward part.
    pub(crate) mlp: bool,
}

/// How the matrices that have the same input are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Projections {
    Separate,
    /// Queries, keys and values are one matrix, gate and up another.
    Fused,
}

/// What differs from layer to layer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LayerSpec {
    pub(crate) rope: RopeSpec,
    /// A token sees this many tokens, itself included; `None` is all before it.
    pub(crate) window: Option<usize>,
}

/// A rotary embedding (Su et al. 2021), over two halves of the first `dims` of a head.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RopeSpec {
    pub(crate) dims: usize,
    pub(crate) frequencies: Frequencies,
    /// Multiplies what is rotated, before it is.
    pub(crate) magnitude: f32,
}

/// How fast each pair of a rotary embedding turns.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Frequencies {
    /// Pair `i` turns by `scale · base^(−2i/dims)` per token.
    Base { base: f32, scale: f32 },
    /// Pair `i` turns by `1 / wavelengths[i]` per token.
    Wavelengths(Vec<f32>),
}

/// The non-linearity of the feed-forward part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activation {
    /// `x · sigmoid(x)`.
    Silu,
    /// GELU in its approximation by tanh (Hendrycks and Gimpel 2016).
    GeluTanh,
}

impl Spec {
    /// The plain decoder of the Llama family, from the fields that all families have.
    pub(crate) fn plain(architecture: &str, config: &Config<'_>) -> Result<Self, LoadError> {
        let hidden_size = config.size("hidden_size")?;
        let heads = config.size("num_attention_heads")?;
        let head_dim = head_dim(config, hidden_size, heads)?;
        let rope = RopeSpec::read(config, head_dim)?;
        let layer = LayerSpec { rope, window: None };
        let layers = config.size("num_hidden_layers")?;
        if layers > MOST_LAYERS {
            let problem = format!("is {layers}, but must be at most {MOST_LAYERS}");
            return Err(config.refuse("num_hidden_layers", problem));
        }
        Ok(Self {
            architecture: architecture.to_owned(),
            vocab_size: config.size("vocab_size")?,
            hidden_size,
            intermediate_size: config.size("intermediate_size")?,
            heads,
            kv_heads: config
                .optional_size("num_key_value_heads")?
                .unwrap_or(heads),
            head_dim,
            context_length: config.size("max_position_embeddings")?,
            norm_eps: config.number("rms_norm_eps")?,
            layers: vec![layer; layers],
            activation: Activation::read(config, "hidden_act")?.unwrap_or(Activation::Silu),
            attention_scale: inverse_root(head_dim),
            attention_softcap: None,
            logit_softcap: None,
            embedding_scale: None,
            norm_plus_one: false,
            qk_norm: false,
            output_norms: false,
            biases: Biases::default(),
            projections: Projections::Separate,
            tied: config.flag("tie_word_embeddings")?,
            prefix: String::new(),
        })
    }

    /// Refuses numbers that do not fit together.
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        let wrong = |field: &str, problem: String| Err(LoadError::config(field, problem));
        if self.query_width() > LARGEST_SIZE {
            let problem = format!("times head_dim is more than {LARGEST_SIZE}");
            return wrong("num_attention_heads", problem);
        }
        if !self.heads.is_multiple_of(self.kv_heads) {
            let problem = format!("is {}, which does not divide {}", self.kv_heads, self.heads);
            return wrong("num_key_value_heads", problem);
        }
        Ok(())
    }
}

impl LayerSpec {
    /// Gives the window of `sliding_window` to the layers that `layer_types` names; without it, to
    /// those that the family gives one, by their index.
    pub(crate) fn read_windows(
        config: &Config<'_>,
        layers: &mut [Self],
        family: impl Fn(usize) -> bool,
    ) -> Result<(), LoadError> {
        let window = config.optional_size("sliding_window")?;
        let Some(types) = config.texts("layer_types")? else {
            for (index, layer) in layers.iter_mut().enumerate() {
                layer.window = window.filter(|_| family(index));
            }
            return Ok(());
        };
        if types.len() != layers.len() {
            let problem = format!("names {} layers of {}", types.len(), layers.len());
            return Err(config.refuse("layer_types", problem));
        }
        for (layer, kind) in layers.iter_mut().zip(types) {
            layer.window = match kind {
                "full_attention" => None,
                "sliding_attention" => Some(config.size("sliding_window")?),
                other => return Err(config.unsupported("layer_types", other)),
            };
        }
        Ok(())
    }
}

impl Activation {
    /// The non-linearity that a field names.
    pub(crate) fn read(config: &Config<'_>, field: &str) -> Result<Option<Self>, LoadError> {
        match config.optional_text(field)? {
            None => Ok(None),
            Some("silu" | "swish") => Ok(Some(Self::Silu)),
            Some("gelu_pytorch_tanh") => Ok(Some(Self::GeluTanh)),
            Some(other) => Err(config.unsupported(field, other)),
        }
    }
}

/// The width of a head: an equal share of the stream, unless the configuration says otherwise.
fn head_dim(config: &Config<'_>, hidden_size: usize, heads: usize) -> Result<usize, LoadError> {
    let own = config.optional_size("head_dim")?;
    let head_dim = own.unwrap_or(hidden_size / heads);
    if head_dim == 0 {
        let problem = format!("is {heads}, but must be at most the hidden_size of {hidden_size}");
        return Err(config.refuse("num_attention_heads", problem));
    }
    if head_dim > LARGEST_HEAD {
        let problem = format!("is {head_dim}, but must be at most {LARGEST_HEAD}");
        return Err(config.refuse("head_dim", problem));
    }
    Ok(head_dim)
}

/// `1 / √n`, the usual scale of attention.
pub(crate) fn inverse_root(n: usize) -> f32 {
    #[expect(clippy::cast_precision_loss, reason = "sizes are far below 2^24")]
    let n = n as f32;
    n.sqrt().recip()
}
