//! What is so at the moment: models, their queues and their memory.

use prometheus::proto::MetricFamily;
use prometheus::{IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry};

use super::{MODEL, OURS, counters, gauge, register};
use crate::Service;
use crate::service::{ModelState, QueueStatus};

/// The values of `ml_model_state`'s label `state`.
const STATES: [&str; 5] = ["unloaded", "loading", "loaded", "unloading", "failed"];

struct Gauges {
    state: IntGaugeVec,
    memory: IntGaugeVec,
    running: IntGaugeVec,
    places: IntGaugeVec,
    waiting: IntGaugeVec,
    refused: IntCounterVec,
}

/// Looks at a service. The gauges are made anew each time: what is gone leaves nothing behind.
pub(super) fn gather(service: &Service) -> Vec<MetricFamily> {
    let registry = Registry::new();
    let gauges = Gauges::new(&registry);
    for name in service.list() {
        // It may have been removed just now.
        if let (Ok(state), Ok(queue)) = (service.state(&name), service.queue(&name)) {
            gauges.set(&name, &state, &queue);
        }
    }
    set_memory(service, &registry);
    let version = build(&registry);
    version.set(1);
    registry.gather()
}

impl Gauges {
    fn new(registry: &Registry) -> Self {
        let of_models = |name, help| gauges(registry, name, help, &[MODEL]);
        Self {
            state: gauges(
                registry,
                "ml_model_state",
                "1 for the state that a model is in, 0 for the others.",
                &[MODEL, "state"],
            ),
            memory: of_models(
                "ml_model_memory_bytes",
                "What a loaded model is counted with under the memory ceiling.",
            ),
            running: of_models(
                "ml_requests_running",
                "Requests that have a place at a model.",
            ),
            places: of_models(
                "ml_requests_running_limit",
                "Requests that a model answers at once at most; missing where there is no limit.",
            ),
            waiting: of_models(
                "ml_requests_waiting",
                "Requests that wait for a place at a model.",
            ),
            refused: counters(
                registry,
                "ml_requests_refused_total",
                "Requests that were refused because too many waited for a model.",
                &[MODEL],
            ),
        }
    }

    fn set(&self, model: &str, state: &ModelState, queue: &QueueStatus) {
        for name in STATES {
            let is_in = i64::from(name == state.name());
            self.state.with_label_values(&[model, name]).set(is_in);
        }
        if let ModelState::Loaded { memory_bytes, .. } = state {
            let memory = self.memory.with_label_values(&[model]);
            memory.set(signed(*memory_bytes));
        }
        for (gauge, count) in [
            (&self.running, queue.running),
            (&self.waiting, queue.waiting),
        ] {
            gauge.with_label_values(&[model]).set(signed(count));
        }
        if queue.places < usize::MAX {
            let places = self.places.with_label_values(&[model]);
            places.set(signed(queue.places));
        }
        let refused = self.refused.with_label_values(&[model]);
        refused.inc_by(queue.refused);
    }
}

fn set_memory(service: &Service, registry: &Registry) {
    let memory = gauge(
        registry,
        "ml_memory_bytes",
        "What all models in memory are counted with under the memory ceiling.",
    );
    memory.set(signed(service.memory_bytes()));
    if let Some(most) = service.memory_ceiling() {
        let ceiling = gauge(registry, "ml_memory_limit_bytes", "The memory ceiling.");
        ceiling.set(signed(most));
    }
}

fn build(registry: &Registry) -> IntGauge {
    let name = "ml_build_info";
    let options = Opts::new(name, "1, with the version of the server.");
    let options = options.const_label("version", env!("CARGO_PKG_VERSION"));
    register(registry, &IntGauge::with_opts(options).expect(OURS))
}

fn gauges(registry: &Registry, name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    let options = Opts::new(name, help);
    register(registry, &IntGaugeVec::new(options, labels).expect(OURS))
}

fn signed(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}
