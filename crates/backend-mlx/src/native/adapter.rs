//! A LoRA adapter over a network.

use std::collections::HashMap;
use std::path::Path;

use mlx_rs::error::Exception;
use mlx_rs::{Array, ops};
use model_formats::{LoraAdapter, LoraBase, LoraModule};

use super::load_error::LoadError;
use super::network::{Linear, Network};
use super::weights::array;

/// Low-rank changes of a network's linear layers (Hu et al. 2021), kept beside the weights.
#[derive(Debug)]
pub(crate) struct Adapter {
    /// By the path of the layer: A of `[inputs, rank]`, and B of `[rank, outputs]` times the
    /// scale.
    modules: HashMap<String, (Array, Array)>,
}

impl Adapter {
    /// Reads an adapter in any layout and checks it against the network. `model` is where the
    /// network was read from, which tells the order of rows in GGUF adapters.
    ///
    /// # Errors
    /// It cannot be read, or changes a module that the network has not, or has in another size.
    pub(crate) fn load(path: &Path, network: &Network, model: &Path) -> Result<Self, LoadError> {
        let base = LoraBase::open(model).ok();
        let adapter = LoraAdapter::open(path, base.as_ref()).map_err(LoadError::format)?;
        let linears: HashMap<&str, &Linear> = network
            .linears()
            .map(|linear| (linear.name.as_str(), linear))
            .collect();
        let mut modules = HashMap::with_capacity(adapter.modules().len());
        for (name, module) in adapter.modules() {
            let misfit = |problem: String| LoadError::Adapter {
                adapter: path.display().to_string(),
                problem,
            };
            let full = format!("{}{name}", network.spec.prefix);
            let linear = linears.get(name.as_str()).or_else(|| linears.get(&*full));
            let linear = linear.ok_or_else(|| misfit(format!("there is no {name}")))?;
            let (own, needed) = (
                [module.input(), module.output()],
                [linear.inputs, linear.outputs],
            );
            if own != needed {
                let problem = format!("{name} maps {own:?}, but the model's maps {needed:?}");
                return Err(misfit(problem));
            }
            modules.insert(linear.name.clone(), arrays(module, network)?);
        }
        Ok(Self { modules })
    }

    /// The change of one layer, if the adapter has one.
    pub(crate) fn module(&self, name: &str) -> Option<&(Array, Array)> {
        self.modules.get(name)
    }
}

/// Both matrices in the type that the network computes in, the scale in the second.
fn arrays(module: &LoraModule, network: &Network) -> Result<(Array, Array), Exception> {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "single precision is what the network computes in"
    )]
    let scale = Array::from_f32(module.scale() as f32);
    let a = array(module.a())?.as_dtype(network.dtype())?;
    let b = array(module.b())?.as_dtype(mlx_rs::Dtype::Float32)?;
    let b = ops::multiply(b, scale)?.as_dtype(network.dtype())?;
    mlx_rs::transforms::eval([&a, &b])?;
    Ok((a, b))
}
