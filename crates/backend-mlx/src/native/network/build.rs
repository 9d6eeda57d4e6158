//! Puts a network together from a model's files.

use mlx_rs::{Array, ops};

use super::attention::{Attention, Qkv};
use super::linear::Linear;
use super::mlp::{GateUp, Mlp};
use super::norm::Norm;
use super::rope::{Rope, size};
use super::spec::{Projections, Spec};
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
            device: &device,
        };
        reading.check(&expected, &format!("{}model.", spec.prefix))?;
        let weights = reading.read(&expected, between)?;
        let mut builder = Builder {
            spec: &spec,
            weights,
        };
        let sizes = [spec.vocab_size, spec.hidden_size];
        Ok(Self {
            device,
            embedding: builder.weights.matrix(&spec.embedding()),
            layers: builder.layers()?,
            norm: builder.norm(&spec.norm())?,
            head: (!tied).then(|| builder.linear(spec.head(), sizes, false)),
            spec,
        })
    }
}

struct Builder<'a> {
    spec: &'a Spec,
    weights: Weights,
}

impl Builder<'_> {
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
        let spec = self.spec;
        let (hidden, query, key) = (spec.hidden_size, spec.query_width(), spec.key_width());
        let path = |name: &str| spec.module(layer, &format!("self_attn.{name}"));
        let biases = spec.biases;
        let qkv = match spec.projections {
            Projections::Fused => {
                Qkv::Fused(self.linear(path("qkv_proj"), [query + 2 * key, hidden], biases.qkv))
            }
            Projections::Separate => Qkv::Separate {
                query: self.linear(path("q_proj"), [query, hidden], biases.qkv),
                key: self.linear(path("k_proj"), [key, hidden], biases.qkv),
                value: self.linear(path("v_proj"), [key, hidden], biases.qkv),
            },
        };
        let mut head_norm = |name: &str| spec.qk_norm.then(|| self.norm(&path(name))).transpose();
        let query_norm = head_norm("q_norm")?;
        let key_norm = head_norm("k_norm")?;
        Ok(Attention {
            qkv,
            output: self.linear(path("o_proj"), [hidden, query], biases.output),
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
        let spec = self.spec;
        let (hidden, inner, bias) = (spec.hidden_size, spec.intermediate_size, spec.biases.mlp);
        let path = |name: &str| spec.module(layer, &format!("mlp.{name}"));
        let gate_up = match spec.projections {
            Projections::Fused => {
                GateUp::Fused(self.linear(path("gate_up_proj"), [2 * inner, hidden], bias))
            }
            Projections::Separate => GateUp::Separate {
                gate: self.linear(path("gate_proj"), [inner, hidden], bias),
                up: self.linear(path("up_proj"), [inner, hidden], bias),
            },
        };
        Mlp {
            gate_up,
            down: self.linear(path("down_proj"), [hidden, inner], bias),
            activation: spec.activation,
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
