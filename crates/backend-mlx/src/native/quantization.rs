//! How a model's weights are quantised, by its config.json.

use serde_json::Value;

use super::load_error::LoadError;

/// A setting of MLX's affine quantisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Bits of a weight: 2, 3, 4, 6 or 8.
    pub(crate) bits: usize,
    /// Weights that share a scale and a bias: 32, 64 or 128.
    pub(crate) group: usize,
}

const BITS: [u64; 5] = [2, 3, 4, 6, 8];
const GROUPS: [u64; 3] = [32, 64, 128];

/// The entry `quantization` of config.json: one setting, and others for single modules.
#[derive(Debug, Clone, Default)]
pub(crate) struct Quantization<'a> {
    pub(crate) default: Option<Setting>,
    entry: Option<&'a Value>,
}

impl<'a> Quantization<'a> {
    /// Reads the entry.
    ///
    /// # Errors
    /// Another kind of quantisation, or numbers that MLX has not.
    pub(crate) fn read(config: &'a Value) -> Result<Self, LoadError> {
        if let Some(entry) = config.get("quantization").filter(|entry| !entry.is_null()) {
            return Ok(Self {
                default: Some(setting(entry, "quantization")?),
                entry: Some(entry),
            });
        }
        let other = &config["quantization_config"];
        match other["quant_method"].as_str() {
            Some(method) => {
                let problem = format!(
                    "is {method}, which is not supported: quantise the original model \
                     with `ml convert --bits 4`"
                );
                Err(LoadError::config(
                    "quantization_config.quant_method",
                    problem,
                ))
            }
            None => Ok(Self::default()),
        }
    }

    /// The setting of one module, by its path.
    ///
    /// # Errors
    /// Its own entry has numbers that MLX has not.
    pub(crate) fn of(&self, module: &str) -> Result<Option<Setting>, LoadError> {
        match self.entry.and_then(|entry| entry.get(module)) {
            Some(own @ Value::Object(_)) => {
                setting(own, &format!("quantization.{module}")).map(Some)
            }
            _ => Ok(self.default),
        }
    }
}

fn setting(entry: &Value, at: &str) -> Result<Setting, LoadError> {
    if !entry.is_object() {
        return Err(LoadError::config(at, "is not an object"));
    }
    if let Some(mode) = entry["mode"].as_str().filter(|mode| *mode != "affine") {
        let problem = format!("is {mode}, which is not supported; affine is");
        return Err(LoadError::config(format!("{at}.mode"), problem));
    }
    Ok(Setting {
        bits: one_of(entry, at, "bits", &BITS)?,
        group: one_of(entry, at, "group_size", &GROUPS)?,
    })
}

fn one_of(entry: &Value, at: &str, field: &str, allowed: &[u64]) -> Result<usize, LoadError> {
    let found = entry[field]
        .as_u64()
        .filter(|found| allowed.contains(found));
    let found = found.and_then(|found| usize::try_from(found).ok());
    found.ok_or_else(|| {
        let problem = match entry.get(field) {
            Some(other) => format!("is {other}, but must be one of {allowed:?}"),
            None => "is missing".to_owned(),
        };
        LoadError::config(format!("{at}.{field}"), problem)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_module_may_have_its_own_setting() {
        let config = json!({"quantization": {
            "bits": 4, "group_size": 64, "model.embed_tokens": {"bits": 8, "group_size": 32},
        }});
        let quantization = Quantization::read(&config).expect("it is well-formed");
        let of = |module| quantization.of(module).expect("it is well-formed");
        assert_eq!(of("lm_head"), Some(Setting { bits: 4, group: 64 }));
        assert_eq!(
            of("model.embed_tokens"),
            Some(Setting { bits: 8, group: 32 })
        );
    }

    #[track_caller]
    fn check_refused(config: &Value, expected: &str) {
        let error = Quantization::read(config).expect_err("refused");
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn what_mlx_has_not_is_refused_by_name() {
        check_refused(
            &json!({"quantization": {"bits": 7, "group_size": 64}}),
            "config.json: quantization.bits is 7, but must be one of [2, 3, 4, 6, 8]",
        );
        check_refused(
            &json!({"quantization": {"bits": 4}}),
            "config.json: quantization.group_size is missing",
        );
        check_refused(
            &json!({"quantization": {"bits": 4, "group_size": 32, "mode": "mxfp4"}}),
            "config.json: quantization.mode is mxfp4, which is not supported; affine is",
        );
        let config = json!({"quantization_config": {"quant_method": "gptq"}});
        let error = Quantization::read(&config)
            .expect_err("refused")
            .to_string();
        assert!(error.contains("gptq"), "{error}");
    }
}
