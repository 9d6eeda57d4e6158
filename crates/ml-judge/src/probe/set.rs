//! Probes that are asked together.

use serde::Serialize;

use super::{Probe, built_in};

/// Probes that are asked together, in their order; no two have the same id.
///
/// A set is a TOML file. One that `extends` a built-in set has its probes too, but those that it
/// replaces by their id.
///
/// ```
/// use ml_judge::{Mode, ProbeSet};
///
/// let set = ProbeSet::parse("mine.toml", r#"
/// name = "mine"
/// version = "1"
/// extends = "capability"
///
/// [[probe]]
/// id = "capital_01"
/// category = "geography"
/// prompt = "What is the capital of France?"
/// check = { texts = ["Paris"] }
/// "#)?;
/// let probe = set.get("capital_01").expect("as written");
/// assert_eq!(probe.score("It is **Paris**.", Mode::V2).value("correct"), Some(1.0));
/// # Ok::<(), ml_judge::DefinitionError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ProbeSet {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) probes: Vec<Probe>,
    version: String,
}

impl ProbeSet {
    /// The names of the built-in sets.
    pub const BUILT_IN: [&str; 2] = [built_in::CAPABILITY, built_in::CONTENT];

    /// The built-in probes of abilities: 23 in 16 categories, each with a check.
    pub fn capability() -> Self {
        built_in::capability()
    }

    /// The built-in probes of candour on contested subjects: 6, for a judge.
    pub fn content() -> Self {
        built_in::content()
    }

    /// The built-in set of a name.
    pub fn built_in(name: &str) -> Option<Self> {
        match name {
            built_in::CAPABILITY => Some(Self::capability()),
            built_in::CONTENT => Some(Self::content()),
            _ => None,
        }
    }

    /// A set of probes; of those with the same id the last one stays, in the place of the first.
    pub fn new(
        name: impl Into<String>,
        label: impl Into<String>,
        probes: impl IntoIterator<Item = Probe>,
    ) -> Self {
        let mut set = Self {
            name: name.into(),
            label: label.into(),
            probes: Vec::new(),
            version: String::new(),
        };
        set.merge(probes);
        set
    }

    /// Adds probes; one with the id of another replaces it.
    pub fn merge(&mut self, probes: impl IntoIterator<Item = Probe>) {
        let places = self.probes.iter().enumerate();
        let mut places: std::collections::HashMap<_, _> =
            places.map(|(at, probe)| (probe.id.clone(), at)).collect();
        for probe in probes {
            if let Some(at) = places.get(&probe.id) {
                self.probes[*at] = probe;
            } else {
                places.insert(probe.id.clone(), self.probes.len());
                self.probes.push(probe);
            }
        }
        self.version = format!("{}+{}", self.label, short_hash(&self.probes));
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version that its author gave, `+`, and 12 hexadecimal digits of a BLAKE3 hash of the
    /// probes.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The probes, in their order.
    pub fn probes(&self) -> &[Probe] {
        &self.probes
    }

    /// The probe of an id.
    pub fn get(&self, id: &str) -> Option<&Probe> {
        self.probes.iter().find(|probe| probe.id == id)
    }

    /// The categories, in the order in which they first occur.
    pub fn categories(&self) -> Vec<&str> {
        let mut categories: Vec<&str> = Vec::new();
        for probe in &self.probes {
            if !categories.contains(&probe.category.as_str()) {
                categories.push(&probe.category);
            }
        }
        categories
    }
}

/// The first 12 hexadecimal digits of the BLAKE3 hash of a value's JSON.
pub(super) fn short_hash<T: Serialize + ?Sized>(value: &T) -> String {
    let json = serde_json::to_vec(value).expect("probes have string keys and finite numbers");
    blake3::hash(&json).to_hex()[..12].to_owned()
}
