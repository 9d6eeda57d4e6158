//! The contract's own checks, on the real model.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use backend_llama::{Instance, LlamaConfig, LlamaTextModel};
use futures::FutureExt;
use futures::future::BoxFuture;
use inference_conformance::{Activity, Check, Fault, Kind, Provoked, Scenario, Subject, check_all};
use inference_core::{Prompt, TextModel};
use rustix::process::Signal;
use secrecy::ExposeSecret;
use serde_json::Value;
use tracing::level_filters::LevelFilter;

use crate::support::{kill, real};

/// The model, and what its server says of itself.
struct Llama {
    model: Arc<LlamaTextModel>,
    instance: Arc<Instance>,
    client: reqwest::Client,
    log: Log,
}

impl Llama {
    async fn load() -> Self {
        let seen = Log::default();
        let writer = seen.clone();
        let log = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::DEBUG)
            .with_writer(move || writer.clone())
            .finish();
        // A server's lines go to the subscriber of whoever starts it.
        let _guard = tracing::subscriber::set_default(log);
        let model = LlamaTextModel::load(real()).await.unwrap();
        let instance = model.server().running().unwrap();
        let client = reqwest::Client::builder()
            .unix_socket(instance.socket())
            .tls_certs_only([])
            .build()
            .unwrap();
        Self {
            model: Arc::new(model),
            instance,
            client,
            log: seen,
        }
    }

    async fn slots(&self) -> reqwest::Result<Vec<Value>> {
        let request = self.client.get("http://localhost/slots");
        let request = request.bearer_auth(self.instance.api_key().expose_secret());
        let body = request.send().await?.bytes().await?;
        Ok(serde_json::from_slice(&body).unwrap())
    }
}

impl Subject for Llama {
    fn model(&self) -> Arc<dyn TextModel> {
        Arc::clone(&self.model) as _
    }

    fn prompt(&self, scenario: Scenario) -> Option<Prompt> {
        Some(match scenario {
            Scenario::Short => Prompt::user("Name the capital of France."),
            Scenario::Long => Prompt::user("Count from 1 to 200, separated by commas."),
            Scenario::Unicode => Prompt::text("\u{1f600} \u{e9} \u{4f60}\u{597d} ".repeat(3)),
            Scenario::Empty => Prompt::text(
                "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n\
                 <|im_start|>assistant\nThe capital of France is Paris.",
            ),
            Scenario::Overflow => Prompt::user("word ".repeat(2100)),
            _ => return None,
        })
    }

    fn disposable(&self) -> BoxFuture<'_, Option<Arc<dyn TextModel>>> {
        async { Some(Arc::new(another(real()).await) as _) }.boxed()
    }

    fn provoke(&self, fault: Fault) -> BoxFuture<'_, Option<Provoked>> {
        let (config, signal) = match fault {
            Fault::Crash => (real(), Signal::KILL),
            Fault::Stall => (
                real().with_idle_timeout(Duration::from_secs(1)),
                Signal::STOP,
            ),
            _ => return async { None }.boxed(),
        };
        let prompt = self.prompt(Scenario::Long);
        async move {
            let model = another(config).await;
            let id = model.server().running()?.id();
            let provoked = Provoked::new(Arc::new(model), prompt?);
            Some(provoked.strike(move || kill(id, signal)))
        }
        .boxed()
    }

    fn activity(&self) -> BoxFuture<'_, Option<Activity>> {
        async {
            let slots = self.slots().await.ok()?;
            let last = slots.iter().filter_map(|slot| slot["id_task"].as_u64());
            let requests = self.log.requests(&last.collect::<Vec<_>>()).await;
            let busy = slots
                .iter()
                .filter(|slot| slot["is_processing"] == true)
                .count();
            Some(Activity::new(busy as u64).with_requests(requests))
        }
        .boxed()
    }
}

async fn another(config: LlamaConfig) -> LlamaTextModel {
    LlamaTextModel::load(config).await.unwrap()
}

/// The requests that the server logs, by the numbers it gives them.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<BTreeSet<u64>>>);

impl Log {
    fn seen(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many there were. The log comes a little later than the answer, so these are waited for;
    /// but not for ever, since one that was refused has a number and is not logged.
    async fn requests(&self, known: &[u64]) -> u64 {
        let logged = async {
            while !known.iter().all(|number| self.seen().contains(number)) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(1), logged).await;
        self.seen().len() as u64
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        if text.contains("processing task") {
            let (_, number) = text.split_once("| task ").unwrap();
            let number = number.split(' ').next().unwrap();
            self.seen().insert(number.parse().unwrap());
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_contract_is_kept() {
    let report = check_all(&Llama::load().await).await;
    println!("{report}");
    report.require(Kind::Process);
    assert_eq!(
        report.not_exercised(),
        [Check::SlowReader, Check::Cut, Check::RateLimit]
    );
}
