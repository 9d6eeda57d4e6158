//! llama-server's LoRA adapters: a name or path → the list of scales that a request carries.

use std::path::Path;
use std::time::Duration;

use inference_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::Client;
use crate::excerpt::excerpt;

/// One adapter that the server was started with.
#[derive(Debug, Deserialize)]
struct Adapter {
    id: u64,
    path: String,
}

/// The `lora` field that switches `wanted` on and every other adapter off.
pub(crate) async fn select(client: &Client, wanted: &str, wait: Duration) -> Result<Value, Error> {
    let (_, body) = client.get("/lora-adapters", wait).await?;
    let adapters: Vec<Adapter> = serde_json::from_slice(&body).map_err(|error| {
        let shown = excerpt(&String::from_utf8_lossy(&body));
        let message = format!("the server's list of adapters cannot be read: {shown}");
        Error::new(ErrorKind::Protocol, message).with_source(error)
    })?;
    scales(&adapters, wanted)
}

fn scales(adapters: &[Adapter], wanted: &str) -> Result<Value, Error> {
    let found = adapters
        .iter()
        .find(|adapter| is_named(&adapter.path, wanted));
    let Some(found) = found else {
        let names: Vec<_> = adapters
            .iter()
            .map(|adapter| adapter.path.as_str())
            .collect();
        let there = if names.is_empty() {
            "none: start it with --lora".to_owned()
        } else {
            names.join(", ")
        };
        let message = format!("the server has no adapter {wanted:?}: there is {there}");
        return Err(Error::new(ErrorKind::NotFound, message));
    };
    let scales = adapters.iter().map(|adapter| {
        let scale = if adapter.id == found.id { 1.0 } else { 0.0 };
        json!({"id": adapter.id, "scale": scale})
    });
    Ok(scales.collect())
}

/// Whether an adapter's path is `wanted`, or ends in that file name with or without extension.
fn is_named(path: &str, wanted: &str) -> bool {
    let file = Path::new(path);
    path == wanted
        || file.file_name().is_some_and(|name| name == wanted)
        || file.file_stem().is_some_and(|name| name == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapters() -> Vec<Adapter> {
        let json = r#"[{"id":0,"path":"/models/a.gguf","scale":1.0},{"id":1,"path":"b.gguf"}]"#;
        serde_json::from_str(json).expect("adapters")
    }

    #[test]
    fn the_one_asked_for_is_on_and_all_others_are_off() {
        for wanted in ["b", "b.gguf"] {
            let on = scales(&adapters(), wanted).expect("found");
            assert_eq!(
                on,
                json!([{"id": 0, "scale": 0.0}, {"id": 1, "scale": 1.0}])
            );
        }
        scales(&adapters(), "/models/a.gguf").expect("found by path");
    }

    #[test]
    fn one_that_is_not_there_is_refused_with_those_that_are() {
        let error = scales(&adapters(), "c").expect_err("missing");
        assert!(
            error.message().contains("/models/a.gguf, b.gguf"),
            "{error}"
        );
        let error = scales(&[], "c").expect_err("none");
        assert!(error.message().contains("--lora"), "{error}");
    }
}
