//! Puts a network together from a model's files.

use mlx_rs::{Array, ops};

use super::attention::{Attention, Qkv};
use super::linear::Linear;
use super::mlp::{GateUp, Mlp};
use super::norm::Norm;
use super::rope::{Rope, size};
use super::spec::Spec;
use super::{Layer, Network};
use crate::native::arch;
use crate::native::device::Device;
use crate::native::load_error::LoadError;
use crate::native::quantization::Quantization;
use crate::native::source::Source;
use crate::native::weights::{Expected, Reading, Weights};

impl Network {
    /// Checks the headers of a model's files against its configuration, then reads tensor by
    /// tensor. `between` is called before each with how many are done of how many, and may end
    /// the load.
    pub(crate) fn load(
        source: &Source,
        device: Device,
        between: &mut dyn FnMut(usize, usize) -> Result<(), LoadError>,
    ) -> Result<Self, LoadError> {
        let spec = arch::spec(&source.config)?;
        let quantization = Quantization::read(&source.config)?;
        let mut expected = spec.inventory();
        let head = Expected::matrix(spec.head(), spec.vocab_size, spec.hidden_size);
        let has_head = source
            .describe(&format!("{}.weight", spec.head()))
            .is_some();
        let tied = spec.tied.unwrap_or(!has_head);
        if !tied {
            expected.push(head);
        }
        let reading = Reading {
            source,
            quantization: &quantization,
            device,
        };
        reading.check(&expected, &format!("{}model.", spec.prefix))?;
        let weights = reading.read(&expected, between)?;
        let mut builder = Builder { spec, weights };
        Ok(Self {
            quantization: quantization.default,
            device,
            embedding: builder.weights.matrix(&builder.spec.embedding()),
            layers: builder.layers()?,
            norm: builder.norm(&builder.spec.norm())?,
            head: (!tied).then(|| {
                let (outputs, inputs) = (builder.spec.vocab_size, builder.spec.hidden_size);
                builder.linear(builder.spec.head(), [outputs, inputs], false)
            }),
            spec: builder.spec,
        })
    }
}

struct Builder {
    spec: Spec,
    weights: Weights,
}

impl Builder {
    fn layers(&mut self) -> Result<Vec<Layer>, LoadError> {
        (0..self.spec.layers.len())
            .map(|layer| self.layer(layer))
            .collect()
    }

    fn layer(&mut self, layer: usize) -> Result<Layer, LoadError> {
        let output_norms = self.spec.output_norms;
        let mut optional = |name: &str| {
            let name = self.spec.module(layer, name);
            output_norms.then(|| self.norm(&name)).transpose()
        };
        let attention_output_norm = optional("post_attention_layernorm")?;
        let mlp_output_norm = optional("post_feedforward_layernorm")?;
        let mlp_norm = self.spec.module(layer, self.spec.mlp_norm());
        Ok(Layer {
            attention_norm: self.norm(&self.spec.module(layer, "input_layernorm"))?,
            attention: self.attention(layer)?,
            attention_output_norm,
            mlp_norm: self.norm(&mlp_norm)?,
            mlp: self.mlp(layer),
            mlp_output_norm,
        })
    }

    fn attention(&mut self, layer: usize) -> Result<Attention, LoadError> {
        let spec = self.spec.clone();
        let (hidden, query, key) = (spec.hidden_size, spec.query_width(), spec.key_width());
        let path = |name: &str| spec.module(layer, &format!("self_attn.{name}"));
        let bias = spec.qkv_bias;
        let qkv = if spec.fused {
            Qkv::Fused(self.linear(path("qkv_proj"), [query + 2 * key, hidden], bias))
        } else {
            Qkv::Separate {
                query: self.linear(path("q_proj"), [query, hidden], bias),
                key: self.linear(path("k_proj"), [key, hidden], bias),
                value: self.linear(path("v_proj"), [key, hidden], bias),
            }
        };
        let mut head_norm = |name: &str| spec.qk_norm.then(|| self.norm(&path(name))).transpose();
        let query_norm = head_norm("q_norm")?;
        let key_norm = head_norm("k_norm")?;
        Ok(Attention {
            qkv,
            output: self.linear(path("o_proj"), [hidden, query], spec.output_bias),
            query_norm,
            key_norm,
            rope: Rope::new(&spec.layers[layer].rope),
            heads: size(spec.heads),
            kv_heads: size(spec.kv_heads),
            head_dim: size(spec.head_dim),
            scale: spec.attention_scale,
            softcap: spec.attention_softcap,
            window: spec.layers[layer].window,
        })
    }

    fn mlp(&mut self, layer: usize) -> Mlp {
        let (hidden, inner) = (self.spec.hidden_size, self.spec.intermediate_size);
        let bias = self.spec.mlp_bias;
        let path = |spec: &Spec, name: &str| spec.module(layer, &format!("mlp.{name}"));
        let gate_up = if self.spec.fused {
            GateUp::Fused(self.linear(path(&self.spec, "gate_up_proj"), [2 * inner, hidden], bias))
        } else {
            GateUp::Separate {
                gate: self.linear(path(&self.spec, "gate_proj"), [inner, hidden], bias),
                up: self.linear(path(&self.spec, "up_proj"), [inner, hidden], bias),
            }
        };
        Mlp {
            gate_up,
            down: self.linear(path(&self.spec, "down_proj"), [hidden, inner], bias),
            activation: self.spec.activation,
        }
    }

    fn norm(&mut self, module: &str) -> Result<Norm, LoadError> {
        let mut weight = self.weights.vector(&format!("{module}.weight"));
        if self.spec.norm_plus_one {
            let one = Array::from_f32(1.0).as_dtype(weight.dtype())?;
            weight = ops::add(weight, one)?;
            weight.eval()?;
        }
        Ok(Norm {
            weight,
            eps: self.spec.norm_eps,
        })
    }

    fn linear(&mut self, name: String, [outputs, inputs]: [usize; 2], bias: bool) -> Linear {
        Linear {
            weights: self.weights.matrix(&name),
            bias: bias.then(|| self.weights.vector(&format!("{name}.bias"))),
            name,
            inputs,
            outputs,
        }
    }
}
