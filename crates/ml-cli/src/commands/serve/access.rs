//! The flags that say who may ask a server.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use ml_service::server::{Access, ApiKey, Origins, ServerConfig};

use crate::args;
use crate::commands::Context;
use crate::failure::Failure;

/// Holds the key where there is no file of keys. Never an argument: those show in process lists.
const KEY_VARIABLE: &str = "ML_API_KEY";

/// Who may ask.
#[derive(Debug, Args)]
#[command(next_help_heading = "Access")]
pub(super) struct AccessArgs {
    /// Ask for one of the API keys in this file, one on each line
    #[arg(
        long,
        value_name = "FILE",
        help = "Ask for one of the API keys in this file, one on each line [default: the one in \
                $ML_API_KEY, where that is set]"
    )]
    api_key_file: Option<PathBuf>,

    /// Ask for no key, also where other machines can reach the address
    #[arg(long, conflicts_with = "api_key_file")]
    no_auth: bool,

    /// A name that the server goes by, besides localhost and IP addresses; may be repeated
    #[arg(long = "allow-host", value_name = "NAME")]
    hosts: Vec<String>,

    /// Let pages of this origin ask from a browser; * lets all; may be repeated
    #[arg(long = "cors-origin", value_name = "ORIGIN")]
    origins: Vec<String>,
}

impl AccessArgs {
    /// Sets what these flags say.
    ///
    /// # Errors
    /// An address that needs a key and has none, or an origin that is none, is wrong usage.
    pub(super) fn configure(
        &self,
        bind: IpAddr,
        config: &mut ServerConfig,
        context: &Context,
    ) -> Result<(), Failure> {
        config.access = self.access()?;
        if !config.access.allows_address(bind) {
            let message = format!(
                "{bind} can be reached from other machines, so a key is needed: put one into a \
                 file for --api-key-file, or into ${KEY_VARIABLE}; --no-auth does without"
            );
            return Err(args::usage("serve", context, message).into());
        }
        config.hosts.clone_from(&self.hosts);
        config.origins = self.origins().map_err(|wrong| {
            let message = format!("{wrong:?} is no origin, such as https://chat.example");
            args::usage("serve", context, message)
        })?;
        Ok(())
    }

    fn access(&self) -> anyhow::Result<Access> {
        if self.no_auth {
            return Ok(Access::Anyone);
        }
        if let Some(file) = &self.api_key_file {
            return keys(file).map(Access::Keys);
        }
        let Some(key) = std::env::var_os(KEY_VARIABLE).filter(|key| !key.is_empty()) else {
            return Ok(Access::Local);
        };
        let key = key.to_str().and_then(ApiKey::new);
        let key = key.with_context(|| format!("${KEY_VARIABLE} holds no key"))?;
        Ok(Access::Keys(vec![key]))
    }

    fn origins(&self) -> Result<Origins, &str> {
        if self.origins.iter().any(|origin| origin == "*") {
            return Ok(Origins::Any);
        }
        if self.origins.is_empty() {
            return Ok(Origins::None);
        }
        let origins = self.origins.iter().map(|origin| {
            let parsed = Origins::parse(origin);
            parsed.ok_or(origin.as_str())
        });
        origins.collect::<Result<_, _>>().map(Origins::These)
    }
}

/// The keys of a file, one on each line; empty lines do not count.
fn keys(file: &Path) -> anyhow::Result<Vec<ApiKey>> {
    let shown = file.display();
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("cannot read the API keys in {shown}"))?;
    let lines = text.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty());
    let keys = lines.map(|(index, line)| {
        ApiKey::new(line).with_context(|| {
            let number = index + 1;
            format!("line {number} of {shown} is no API key: it has spaces or is not ASCII")
        })
    });
    let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
    anyhow::ensure!(!keys.is_empty(), "{shown} holds no API key");
    Ok(keys)
}
