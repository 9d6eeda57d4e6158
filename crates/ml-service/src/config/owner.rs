//! Which backends know a key that not every backend knows.

use super::ModelConfig;

/// A backend that has keys of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Llama,
    Mlx,
    Http,
}

/// A key that is set and that only these backends know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnKey {
    /// Dotted, from the model's section.
    pub(crate) name: &'static str,
    owners: &'static [Owner],
}

impl Owner {
    const ALL: [Self; 3] = [Self::Llama, Self::Mlx, Self::Http];

    /// The name of the backend's loader on this machine.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama_cpp",
            Self::Mlx if cfg!(all(target_os = "macos", target_arch = "aarch64")) => "metal",
            Self::Mlx => "mlx",
            Self::Http => "http",
        }
    }

    /// Other names for it.
    pub(crate) const fn aliases(self) -> &'static [&'static str] {
        match self {
            Self::Llama => &["llama"],
            Self::Mlx if cfg!(all(target_os = "macos", target_arch = "aarch64")) => &["mlx"],
            Self::Mlx | Self::Http => &[],
        }
    }

    /// Whether a configuration that asks for this backend means this one.
    pub(crate) fn is(self, backend: &str) -> bool {
        backend == self.name() || self.aliases().contains(&backend)
    }

    /// Whether its models are files of this machine.
    fn runs_files(self) -> bool {
        self != Self::Http
    }
}

impl OwnKey {
    /// Whether a backend of this name or alias knows it.
    pub(crate) fn is_known_to(self, backend: &str) -> bool {
        self.owners.iter().any(|owner| owner.is(backend))
    }
}

impl ModelConfig {
    /// The backend that alone knows every key that is set; `None` where several do or none does.
    pub(crate) fn only_owner(&self) -> Option<Owner> {
        let mut keys = self.own_keys().peekable();
        keys.peek()?;
        let mut owners = Owner::ALL.to_vec();
        for key in keys {
            owners.retain(|owner| key.owners.contains(owner));
        }
        match owners[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    /// A key that the model's source, its backend or another key gives no meaning to, and why.
    pub(crate) fn contradiction(&self) -> Option<(&'static str, String)> {
        let backend = self.backend.as_deref();
        let asked = backend.and_then(|name| Owner::ALL.into_iter().find(|owner| owner.is(name)));
        if self.path.is_some() && asked == Some(Owner::Http) {
            let problem = "the backend \"http\" reaches models by url and not by path";
            return Some(("path", problem.to_owned()));
        }
        if let Some(backend) = backend
            && self.url.is_some()
            && asked.is_some_and(Owner::runs_files)
        {
            let problem =
                format!("the backend {backend:?} runs model files; use \"http\" for a url");
            return Some(("url", problem));
        }
        if self.model.is_some() && self.url.is_none() {
            let problem = "it belongs to a server, which has a url";
            return Some(("model", problem.to_owned()));
        }
        let of_files = [
            ("pin", self.pin),
            ("idle_unload", self.idle_unload.is_some()),
            ("memory", self.memory.is_some()),
        ];
        if let Some((key, _)) = of_files.into_iter().find(|(_, is_set)| *is_set)
            && self.path.is_none()
        {
            return Some((
                key,
                "it belongs to a model file, which has a path".to_owned(),
            ));
        }
        self.own_keys().find_map(|key| self.misplaced(key))
    }

    /// Why a key means nothing here.
    fn misplaced(&self, key: OwnKey) -> Option<(&'static str, String)> {
        let of_files = key.owners.iter().any(|owner| owner.runs_files());
        let problem = match (of_files, &self.backend) {
            (true, _) if self.path.is_none() => {
                "it belongs to a model file, which has a path".to_owned()
            }
            (false, _) if self.url.is_none() => {
                "it belongs to a server, which has a url".to_owned()
            }
            (_, Some(backend)) if !key.is_known_to(backend) => {
                format!("the backend {backend:?} has no such setting")
            }
            (_, None) => {
                let others = self.own_keys().take_while(|other| other.name != key.name);
                let apart = |other: &OwnKey| {
                    let is_shared = |owner| key.owners.contains(owner);
                    !other.owners.iter().any(is_shared)
                };
                let other = others.into_iter().find(apart)?.name;
                format!("no backend has this and {other}; remove one of them")
            }
            _ => return None,
        };
        Some((key.name, problem))
    }

    /// The keys that are set and that not every backend knows.
    pub(crate) fn own_keys(&self) -> impl Iterator<Item = OwnKey> {
        use Owner::{Http, Llama, Mlx};
        let has_scale = self.adapters.iter().any(|own| own.scale.is_some());
        let keys: [(&'static [Owner], &'static str, bool); 24] = [
            (&[Llama], "llama_server", self.llama_server.is_some()),
            (&[Llama], "threads", self.threads.is_some()),
            (&[Llama], "extra_args", !self.extra_args.is_empty()),
            (&[Llama], "start_patience", self.start_patience.is_some()),
            (&[Llama], "stop_grace", self.stop_grace.is_some()),
            (&[Llama], "adapters.scale", has_scale),
            (&[Llama, Mlx], "adapters", !self.adapters.is_empty()),
            (&[Mlx], "kv_cache", self.kv_cache.is_some()),
            (&[Mlx], "kv_budget", self.kv_budget.is_some()),
            (&[Mlx], "prefix_cache", self.prefix_cache.is_some()),
            (&[Mlx], "memory_limit", self.memory_limit.is_some()),
            (&[Mlx], "cache_limit", self.cache_limit.is_some()),
            (&[Mlx], "wired_limit", self.wired_limit.is_some()),
            (&[Http], "api_key_env", self.api_key_env.is_some()),
            (&[Http], "dialect", self.dialect.is_some()),
            (&[Http], "connect_timeout", self.connect_timeout.is_some()),
            (
                &[Http],
                "first_token_timeout",
                self.first_token_timeout.is_some(),
            ),
            (&[Http], "idle_timeout", self.idle_timeout.is_some()),
            (&[Http], "loading_patience", self.loading_patience.is_some()),
            (&[Http], "max_retries", self.max_retries.is_some()),
            (&[Http], "concurrency", self.concurrency.is_some()),
            (&[Http], "done_marker", self.done_marker.is_some()),
            (&[Http], "stream_usage", self.stream_usage.is_some()),
            (&[Http], "extra_body", !self.extra_body.is_empty()),
        ];
        keys.into_iter()
            .filter(|(_, _, is_set)| *is_set)
            .map(|(owners, name, _)| OwnKey { name, owners })
    }
}
