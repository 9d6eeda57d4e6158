//! `ml models`: what there is to run, and what keeps it from running.

use std::path::Path;

use clap::Args;
use inference_core::{Availability, DiscoveredModel, ModelSource};
use ml_service::{Config, DiscoveredStatus, ModelStatus, Service};
use serde::Serialize;

use crate::commands::Context;
use crate::failure::Failure;
use crate::model;
use crate::screen;
use crate::spinner::Spinner;
use crate::table::{Cell, Table, Tone};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ModelsArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  ml models
  ml models --json | jq -r '.discovered[].path'

Any NAME it lists can be given to --model.";

/// Lists the models.
pub(crate) async fn run(args: ModelsArgs, context: &Context) -> Result<(), Failure> {
    let config = model::config(context)?;
    let service = Service::new(&config);
    let spinner = Spinner::new(context.screen, "asking the configured servers");
    let configured = spinner.during(service.status()).await;
    let found = service.discover();
    model::close(&service).await;
    let text = if args.json {
        json(&configured, &found)
    } else {
        text(&config, &configured, &found, context)
    };
    screen::write_out(&text)
}

fn text(
    config: &Config,
    configured: &[ModelStatus],
    found: &[DiscoveredStatus],
    context: &Context,
) -> String {
    let paint = context.screen.out;
    let file = config.file().map(|file| format!(" in {}", file.display()));
    let configured = if configured.is_empty() {
        let hint = "none; `ml config init` writes a file to start from";
        format!("{}\n", paint.dim(hint))
    } else {
        let mut table = Table::new(["NAME", "BACKEND", "STATUS", "WHERE"], paint);
        for model in configured {
            table.push(configured_row(model), model.availability.reason());
        }
        table.to_string()
    };
    let found = if found.is_empty() {
        let hint = "none; `ml doctor` says where to put them";
        format!("{}\n", paint.dim(hint))
    } else {
        let titles = ["NAME", "BACKEND", "STATUS", "KIND", "SIZE", "WHERE"];
        let mut table = Table::new(titles, paint);
        for model in found {
            table.push(found_row(model), model.availability.reason());
        }
        table.to_string()
    };
    format!(
        "{}{}\n{configured}\n{}\n{found}",
        paint.bold("Configured"),
        paint.dim(file.unwrap_or_default()),
        paint.bold("Found on this machine"),
    )
}

fn configured_row(model: &ModelStatus) -> [Cell; 4] {
    let default = if model.is_default { " (default)" } else { "" };
    let source = model.source.as_ref().map(ToString::to_string);
    [
        format!("{}{default}", model.name).into(),
        backend(model.backend.as_deref()),
        status(&model.availability),
        source.unwrap_or_default().into(),
    ]
}

fn found_row(found: &DiscoveredStatus) -> [Cell; 6] {
    let model = &found.model;
    [
        model.name.as_str().into(),
        backend(found.backend.as_deref()),
        status(&found.availability),
        kind(model).into(),
        size(model.size_bytes).into(),
        model.path.display().to_string().into(),
    ]
}

fn backend(name: Option<&str>) -> Cell {
    match name {
        Some(name) => name.into(),
        None => Cell::new("none", Tone::Dim),
    }
}

fn status(availability: &Availability) -> Cell {
    if availability.is_available() {
        Cell::new("ready", Tone::Good)
    } else {
        Cell::new("not ready", Tone::Warn)
    }
}

/// Architecture and quantisation, as far as they are known.
fn kind(model: &DiscoveredModel) -> String {
    let bits = model.quant_bits.filter(|bits| *bits > 0);
    let bits = bits.map(|bits| format!("{bits}-bit"));
    let parts: Vec<_> = model.architecture.clone().into_iter().chain(bits).collect();
    parts.join(" ")
}

/// A size as people say it, in powers of ten.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!(
            "{}.{} GB",
            bytes / 1_000_000_000,
            bytes % 1_000_000_000 / 100_000_000
        ),
    }
}

/// All models, for machines.
#[derive(Serialize)]
struct ModelsJson<'a> {
    configured: Vec<ConfiguredJson<'a>>,
    discovered: Vec<DiscoveredJson<'a>>,
}

#[derive(Serialize)]
struct ConfiguredJson<'a> {
    name: &'a str,
    default: bool,
    backend: Option<&'a str>,
    source: Option<SourceJson<'a>>,
    #[serde(flatten)]
    status: StatusJson<'a>,
}

#[derive(Serialize)]
struct DiscoveredJson<'a> {
    #[serde(flatten)]
    model: &'a DiscoveredModel,
    backend: Option<&'a str>,
    #[serde(flatten)]
    status: StatusJson<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum SourceJson<'a> {
    Path {
        path: &'a Path,
    },
    Server {
        url: &'a str,
        model: Option<&'a str>,
    },
}

#[derive(Serialize)]
struct StatusJson<'a> {
    available: bool,
    /// Why not, and what to do.
    reason: Option<&'a str>,
}

impl<'a> From<&'a Availability> for StatusJson<'a> {
    fn from(availability: &'a Availability) -> Self {
        Self {
            available: availability.is_available(),
            reason: availability.reason(),
        }
    }
}

fn json(configured: &[ModelStatus], found: &[DiscoveredStatus]) -> String {
    let configured = configured.iter().map(|model| ConfiguredJson {
        name: &model.name,
        default: model.is_default,
        backend: model.backend.as_deref(),
        source: model.source.as_ref().and_then(source),
        status: (&model.availability).into(),
    });
    let discovered = found.iter().map(|found| DiscoveredJson {
        model: &found.model,
        backend: found.backend.as_deref(),
        status: (&found.availability).into(),
    });
    screen::json_line(&ModelsJson {
        configured: configured.collect(),
        discovered: discovered.collect(),
    })
}

fn source(source: &ModelSource) -> Option<SourceJson<'_>> {
    match source {
        ModelSource::Path(path) => Some(SourceJson::Path { path }),
        ModelSource::Server { url, model } => Some(SourceJson::Server {
            url,
            model: model.as_deref(),
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_round() {
        assert_eq!(size(1), "1 kB");
        assert_eq!(size(98_362_432), "98 MB");
        assert_eq!(size(4_370_000_000), "4.3 GB");
    }
}
