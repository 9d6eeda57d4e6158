//! Who a model is, so that its answers are never taken for another's.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who a model is: part of the key of everything that it answers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelIdentity {
    id: String,
    verified: bool,
}

impl ModelIdentity {
    /// A model whose content was hashed: the same wherever it lies. An adapter's hash belongs to
    /// it where there is one, and so does the backend, whose arithmetic may differ from another's.
    pub fn of_content(backend: &str, model: impl fmt::Display, adapter: Option<&str>) -> Self {
        let id = match adapter {
            Some(adapter) => format!("{backend} {model} + {adapter}"),
            None => format!("{backend} {model}"),
        };
        Self { id, verified: true }
    }

    /// A model that a server says it has: known by the server's URL, the model's name and what
    /// the server tells of itself. Nobody can check whether it is still the same one.
    pub fn served(url: &str, name: &str, told: &str) -> Self {
        let id = format!("{name} at {url} ({told})");
        let verified = false;
        Self { id, verified }
    }

    /// Whether its content was seen.
    pub fn is_verified(&self) -> bool {
        self.verified
    }

    /// The identity as one text.
    pub fn as_str(&self) -> &str {
        &self.id
    }
}

impl fmt::Display for ModelIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)?;
        if self.verified {
            return Ok(());
        }
        f.write_str(", unverified")
    }
}
