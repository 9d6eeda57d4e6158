//! Names of models with an adapter: `base:adapter`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use inference_core::{Error, ErrorKind, OptionKind, TextModel};

use super::slot::Slot;
use super::{LoadOptions, Service, resolve};
use crate::config::{AdapterConfig, ModelConfig};

/// What a name means: a model, and the adapter for its requests.
pub(super) struct Named {
    pub(super) slot: Arc<Slot>,
    pub(super) adapter: Option<String>,
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slot.name())?;
        match &self.adapter {
            Some(adapter) => write!(f, ":{adapter}"),
            None => Ok(()),
        }
    }
}

impl Service {
    /// What requests may call the adapters of this model; each can be asked for as a model of its
    /// own by `MODEL:ADAPTER`. For a served model nobody knows: the list is empty.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`]: the name is unknown.
    pub fn adapters(&self, name: &str) -> Result<Vec<String>, Error> {
        let slot = self.slot(Some(name))?;
        Ok(slot.config().map(names).unwrap_or_default())
    }

    /// The name of the model that a name means, without an adapter.
    #[cfg(feature = "server")]
    pub(crate) fn served_name(&self, name: &str) -> Result<String, Error> {
        Ok(self.slot(Some(name))?.name().to_owned())
    }

    /// The model of this name, or the default one. A name of the service comes before a model
    /// with an adapter.
    pub(super) fn find(&self, name: Option<&str>) -> Result<Named, Error> {
        let name = match name {
            Some(name) => name.to_owned(),
            None => self.open(None, &LoadOptions::default())?,
        };
        let slots = self.slots();
        if let Some(slot) = slots.get(&name) {
            return Ok(Named {
                slot: Arc::clone(slot),
                adapter: None,
            });
        }
        adapted(&slots, &name).unwrap_or_else(|| {
            let names: Vec<&str> = slots.keys().map(String::as_str).collect();
            Err(Error::new(
                ErrorKind::NotFound,
                resolve::unknown(&name, &names),
            ))
        })
    }

    /// What `base:adapter` means; `None` where there is no such base.
    pub(super) fn find_adapted(&self, name: &str) -> Option<Result<Named, Error>> {
        adapted(&self.slots(), name)
    }
}

/// The longest base counts, since names of models may hold colons too.
fn adapted(slots: &BTreeMap<String, Arc<Slot>>, name: &str) -> Option<Result<Named, Error>> {
    let mut parts = name.rmatch_indices(':');
    let (slot, adapter) = parts.find_map(|(at, colon)| {
        let slot = slots.get(&name[..at])?;
        Some((slot, &name[at + colon.len()..]))
    })?;
    Some(require(slot, adapter).map(|()| Named {
        slot: Arc::clone(slot),
        adapter: Some(adapter.to_owned()),
    }))
}

/// Refuses an adapter that a model is known not to have. What a server has, it says itself.
fn require(slot: &Slot, adapter: &str) -> Result<(), Error> {
    let on_this_machine = slot.config().filter(|config| config.path.is_some());
    let name = slot.name();
    let Some(config) = on_this_machine else {
        let is_able = |model: Arc<dyn TextModel>| model.supports(OptionKind::Adapter);
        if !adapter.is_empty() && slot.current().is_none_or(is_able) {
            return Ok(());
        }
        let message = format!("there is no model \"{name}:{adapter}\": {name:?} has no adapters");
        return Err(Error::new(ErrorKind::NotFound, message));
    };
    let names = names(config);
    if names.iter().any(|known| known == adapter) {
        return Ok(());
    }
    let known = if names.is_empty() {
        "it has none".to_owned()
    } else {
        format!("there is {}", names.join(", "))
    };
    let message = format!("model {name:?} has no adapter {adapter:?}; {known}");
    Err(Error::new(ErrorKind::NotFound, message))
}

/// Puts the adapter that a model's name asks for among the options of a request.
pub(super) fn settle_adapter(named: Option<&str>, asked: &mut Option<String>) -> Result<(), Error> {
    match (named, &asked) {
        (Some(named), Some(other)) if named != other => {
            let message = format!(
                "the model's name asks for the adapter {named:?}, the option adapter for {other:?}"
            );
            Err(Error::new(ErrorKind::InvalidRequest, message))
        }
        (Some(named), _) => {
            *asked = Some(named.to_owned());
            Ok(())
        }
        (None, _) => Ok(()),
    }
}

fn names(config: &ModelConfig) -> Vec<String> {
    let adapters = config.adapters.iter();
    let mut names: Vec<String> = adapters.map(AdapterConfig::called).collect();
    let single = config.adapter.as_deref().map(crate::config::adapter_name);
    names.extend(single.filter(|name| !names.contains(name)));
    names
}
