//! The tensors that a network of some build is made of.

use super::spec::{Projections, Spec};
use crate::native::weights::Expected;

impl Spec {
    /// All that is expected in the files but the output layer, in the order in which it is used.
    pub(crate) fn inventory(&self) -> Vec<Expected> {
        let hidden = self.hidden_size;
        let mut all = vec![Expected::matrix(self.embedding(), self.vocab_size, hidden)];
        for layer in 0..self.layers.len() {
            self.add_attention(layer, &mut all);
            self.add_mlp(layer, &mut all);
        }
        all.push(Expected::vector(format!("{}.weight", self.norm()), hidden));
        all
    }

    pub(super) fn embedding(&self) -> String {
        format!("{}model.embed_tokens", self.prefix)
    }

    pub(super) fn norm(&self) -> String {
        format!("{}model.norm", self.prefix)
    }

    pub(crate) fn head(&self) -> String {
        format!("{}lm_head", self.prefix)
    }

    /// The path of a module of a layer.
    pub(super) fn module(&self, layer: usize, module: &str) -> String {
        format!("{}model.layers.{layer}.{module}", self.prefix)
    }

    /// The width of all query heads.
    pub(super) fn query_width(&self) -> usize {
        self.heads * self.head_dim
    }

    /// The width of all key heads.
    pub(super) fn key_width(&self) -> usize {
        self.kv_heads * self.head_dim
    }

    /// The norm before the feed-forward part, which Gemma calls otherwise.
    pub(super) fn mlp_norm(&self) -> &'static str {
        if self.output_norms {
            "pre_feedforward_layernorm"
        } else {
            "post_attention_layernorm"
        }
    }

    fn add_attention(&self, layer: usize, all: &mut Vec<Expected>) {
        let (hidden, query, key) = (self.hidden_size, self.query_width(), self.key_width());
        all.push(self.vector(layer, "input_layernorm.weight", hidden));
        let projections = match self.projections {
            Projections::Fused => vec![("qkv_proj", query + 2 * key)],
            Projections::Separate => vec![("q_proj", query), ("k_proj", key), ("v_proj", key)],
        };
        for (name, outputs) in projections {
            let name = format!("self_attn.{name}");
            self.add_linear(layer, &name, [outputs, hidden], self.biases.qkv, all);
        }
        let output = [hidden, query];
        self.add_linear(layer, "self_attn.o_proj", output, self.biases.output, all);
        if self.qk_norm {
            for norm in ["self_attn.q_norm.weight", "self_attn.k_norm.weight"] {
                all.push(self.vector(layer, norm, self.head_dim));
            }
        }
        if self.output_norms {
            all.push(self.vector(layer, "post_attention_layernorm.weight", hidden));
        }
    }

    fn add_mlp(&self, layer: usize, all: &mut Vec<Expected>) {
        let (hidden, inner, bias) = (self.hidden_size, self.intermediate_size, self.biases.mlp);
        all.push(self.vector(layer, &format!("{}.weight", self.mlp_norm()), hidden));
        let projections = match self.projections {
            Projections::Fused => vec![("gate_up_proj", 2 * inner)],
            Projections::Separate => vec![("gate_proj", inner), ("up_proj", inner)],
        };
        for (name, outputs) in projections {
            let name = format!("mlp.{name}");
            self.add_linear(layer, &name, [outputs, hidden], bias, all);
        }
        self.add_linear(layer, "mlp.down_proj", [hidden, inner], bias, all);
        if self.output_norms {
            all.push(self.vector(layer, "post_feedforward_layernorm.weight", hidden));
        }
    }

    fn vector(&self, layer: usize, tensor: &str, length: usize) -> Expected {
        Expected::vector(self.module(layer, tensor), length)
    }

    fn add_linear(
        &self,
        layer: usize,
        name: &str,
        [outputs, inputs]: [usize; 2],
        bias: bool,
        all: &mut Vec<Expected>,
    ) {
        let module = self.module(layer, name);
        all.push(Expected::matrix(module.clone(), outputs, inputs));
        if bias {
            all.push(Expected::vector(format!("{module}.bias"), outputs));
        }
    }
}
