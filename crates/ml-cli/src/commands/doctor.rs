//! `ml doctor`: what is installed, what is missing, and how to get it.

mod checks;
mod version;

use clap::Args;
use inference_core::Places;
use ml_service::{BackendStatus, Config, Service};
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use checks::{Examination, ExaminationJson};

use crate::commands::Context;
use crate::failure::Failure;
use crate::model::{self, ModelArgs};
use crate::screen::{self, Paint};
use crate::spinner::Spinner;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct DoctorArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    model: ModelArgs,
}

const EXAMPLES: &str = "\
Examples:
  ml doctor
  ml doctor --model smol          runs the conformance checks on this model
  ml doctor --json | jq '.findings[] | select(.state != \"good\")'

Exit codes: 0 a model can be run, 1 something must be done first or a check failed.";

/// How one thing is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// As it should be.
    Good,
    /// Nothing is wrong, but there could be more.
    Hint,
    /// It does not work.
    Missing,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    what: String,
    state: State,
    /// How it is, or what to do.
    say: String,
}

impl Finding {
    fn new(what: &str, state: State, say: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            state,
            say: say.into(),
        }
    }
}

/// All that was found, for machines.
#[derive(Serialize)]
struct DoctorJson<'a> {
    version: &'static str,
    ok: bool,
    findings: &'a [Finding],
    #[serde(flatten)]
    examination: Option<ExaminationJson<'a>>,
}

/// Looks at everything, and closely at a model that is named.
pub(crate) async fn run(args: DoctorArgs, context: &Context) -> Result<(), Failure> {
    let spinner = Spinner::new(context.screen, "looking around");
    let findings = spinner.during(examine(context)).await;
    if !args.json {
        screen::write_out(&text(&findings, context.screen.out))?;
    }
    let examination = if args.model.is_named() {
        Some(checks::run(&args.model, context).await?)
    } else {
        None
    };
    let missing = findings
        .iter()
        .any(|finding| finding.state == State::Missing);
    let ok = !missing && examination.as_ref().is_none_or(Examination::passed);
    if args.json {
        screen::write_out(&screen::json_line(&DoctorJson {
            version: env!("CARGO_PKG_VERSION"),
            ok,
            findings: &findings,
            examination: examination.as_ref().map(Examination::json),
        }))?;
    } else if let Some(examination) = &examination {
        screen::write_out(&examination.text(context.screen.out))?;
    }
    if ok { Ok(()) } else { Err(Failure::Said(1)) }
}

async fn examine(context: &Context) -> Vec<Finding> {
    let (config, finding) = configuration(context);
    let warnings = config.warnings().iter();
    let warnings = warnings.map(|warning| Finding::new("configuration", State::Hint, warning));
    let mut findings = vec![finding];
    findings.extend(warnings);
    let backends = ml_service::backends();
    let usable = backends
        .iter()
        .any(|backend| backend.availability.is_available());
    for status in &backends {
        findings.push(backend(status, usable).await);
    }
    findings.push(cache());
    let service = Service::new(&config);
    findings.extend(configured_models(&service).await);
    findings.push(found_models(&service));
    model::close(&service).await;
    findings
}

/// The configuration, or an empty one where it is broken.
fn configuration(context: &Context) -> (Config, Finding) {
    let what = "configuration";
    match Config::check(&model::sources(context)) {
        Ok(config) => {
            let say = match config.file() {
                Some(file) => file.display().to_string(),
                None => "none; `ml config init` writes one to start from".to_owned(),
            };
            let finding = Finding::new(what, State::Good, say);
            (config, finding)
        }
        Err(errors) => {
            let more = match errors.len() {
                1 => String::new(),
                n => format!(" (and {} more: `ml config check`)", n - 1),
            };
            let say = errors.first().map(|error| format!("{error}{more}"));
            let finding = Finding::new(what, State::Missing, say.unwrap_or_default());
            (Config::default(), finding)
        }
    }
}

/// A backend that is missing is a hint as long as another can be used.
async fn backend(status: &BackendStatus, usable: bool) -> Finding {
    let what = format!("backend {}", status.name);
    match (status.availability.reason(), &status.program) {
        (None, None) => {
            let device = status.device.as_ref().map(|device| format!(" on {device}"));
            let say = format!("ready{}", device.unwrap_or_default());
            Finding::new(&what, State::Good, say)
        }
        (None, Some(program)) => {
            let version = version::of(program).await;
            let version = version.map(|version| format!(", version {version}"));
            let say = format!("{}{}", program.display(), version.unwrap_or_default());
            Finding::new(&what, State::Good, say)
        }
        (Some(reason), _) if usable => Finding::new(&what, State::Hint, reason),
        (Some(reason), _) => Finding::new(&what, State::Missing, reason),
    }
}

fn cache() -> Finding {
    let models = Places::from_env().ml_cache;
    match models.as_deref().and_then(std::path::Path::parent) {
        Some(cache) if cache.is_dir() => {
            Finding::new("cache", State::Good, cache.display().to_string())
        }
        Some(cache) => {
            let say = format!("there is no folder {} yet", cache.display());
            Finding::new("cache", State::Hint, say)
        }
        None => {
            let say = "there is no home folder: set ML_CACHE to a folder for models";
            Finding::new("cache", State::Hint, say)
        }
    }
}

async fn configured_models(service: &Service) -> Vec<Finding> {
    let models = service.status().await.into_iter();
    models
        .map(|model| {
            let what = format!("model {}", model.name);
            match model.availability.reason() {
                None => Finding::new(&what, State::Good, "ready"),
                Some(reason) => Finding::new(&what, State::Hint, reason),
            }
        })
        .collect()
}

fn found_models(service: &Service) -> Finding {
    let found = service.discover();
    let ready = found
        .iter()
        .filter(|model| model.availability.is_available());
    match (ready.count(), found.len()) {
        (0, 0) => {
            let folder = Places::from_env().ml_cache.unwrap_or_default();
            let pull = if cfg!(feature = "hub") {
                "`ml pull` fetches one, or "
            } else {
                ""
            };
            let folder = folder.display();
            let say = format!("none found; {pull}put GGUF files or model folders into {folder}");
            Finding::new("models", State::Hint, say)
        }
        (0, all) => {
            let say = format!("{all} found, none is ready: `ml models` says why");
            Finding::new("models", State::Hint, say)
        }
        (ready, all) => {
            let say = format!("{all} found, {ready} ready: `ml models` lists them");
            Finding::new("models", State::Good, say)
        }
    }
}

fn text(findings: &[Finding], paint: Paint) -> String {
    let widest = findings.iter().map(|finding| finding.what.width()).max();
    let widest = widest.unwrap_or_default();
    let lines = findings.iter().map(|finding| {
        let mark = match finding.state {
            State::Good => paint.good("✓"),
            State::Hint => paint.warn("!"),
            State::Missing => paint.bad("✗"),
        };
        let gap = widest - finding.what.width();
        format!("{mark} {}{:gap$}  {}\n", finding.what, "", finding.say)
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use inference_core::Availability;

    use super::*;

    #[test]
    fn findings_line_up() {
        let findings = [
            Finding::new("cache", State::Good, "/cache"),
            Finding::new("backend http", State::Hint, "not compiled in"),
        ];
        assert_eq!(
            text(&findings, Paint::PLAIN),
            "✓ cache         /cache\n! backend http  not compiled in\n"
        );
    }

    #[tokio::test]
    async fn one_backend_is_enough() {
        let mut status = ml_service::backends().remove(0);
        status.availability = Availability::unavailable("not installed");
        assert_eq!(backend(&status, true).await.state, State::Hint);
        assert_eq!(backend(&status, false).await.state, State::Missing);
    }
}
