//! Models in our own process, on MLX: the real one, or what a build without MLX says.

use crate::support::{Ml, cached, ml};

/// SmolLM2 of the cache, with nothing else configured.
fn smol(args: &[&str]) -> Ml {
    let model = cached("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    let args = args.iter().copied();
    ml(args.chain(["--model", &model.display().to_string()])).env("LLAMA_SERVER", "/nowhere")
}

#[cfg(all(target_os = "linux", not(feature = "mlx-cpu")))]
mod missing {
    use super::*;

    #[test]
    fn a_build_without_it_says_what_to_do() {
        let says = ["`cargo xtask setup`", "`mlx-cpu`", "ml doctor"];
        let done = smol(&["generate", "--backend", "mlx", "hi"]).run().code(1);
        done.says(says);
        // No other backend can run a folder.
        let folder = ml(["generate", "--model", ".", "hi"]).run().code(1);
        folder.says(says);
        let doctor = ml(["doctor"]).run();
        let line = doctor
            .stdout
            .lines()
            .find(|line| line.contains("backend mlx"));
        assert!(
            line.is_some_and(|line| line.contains("mlx-cpu")),
            "{doctor:?}"
        );
    }

    #[test]
    fn its_settings_ask_for_it() {
        let path = cached("models/SmolLM2-135M-Instruct.Q4_1.gguf");
        let config = format!("[models.smol]\npath = {path:?}\nkv_cache = \"8bit\"\n");
        let done = ml(["generate", "hi"]).file("ml.toml", config).run().code(1);
        done.says(["\"mlx\" is not available", "`mlx-cpu`"]);
    }
}

#[cfg(any(
    all(target_os = "linux", feature = "mlx-cpu"),
    all(target_os = "macos", target_arch = "aarch64")
))]
mod present {
    use std::path::{Path, PathBuf};

    use rustix::process::Signal;

    use super::*;

    const QUESTION: &str = "What is the capital of France?";

    fn name() -> &'static str {
        if cfg!(target_os = "macos") {
            "metal"
        } else {
            "mlx"
        }
    }

    fn pirate() -> PathBuf {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures");
        fixtures.join("adapters-smol-pirate/0000060_adapters.safetensors")
    }

    #[test]
    fn a_gguf_file_answers_as_the_folder_made_of_it() {
        let greedy = [
            "generate",
            "--temperature",
            "0",
            "--max-tokens",
            "8",
            "--json",
        ];
        let done = smol(&greedy)
            .args(["--backend", "mlx", QUESTION])
            .run()
            .code(0);
        let json = done.json();
        assert_eq!(json["text"], "The capital of France is Paris.", "{json}");
        assert_eq!(json["backend"], name(), "{json}");
        assert_eq!(json["finish_reason"], "stop", "{json}");
        assert_eq!(json["usage"]["generated_tokens"], 7, "{json}");
        assert!(
            json["metrics"]["peak_memory_bytes"].as_u64() > Some(50_000_000),
            "{json}"
        );

        let cache = tempfile::tempdir().expect("a folder");
        let models = cache.path().join("models");
        std::fs::create_dir(&models).expect("made");
        let out = models.join("smol").display().to_string();
        let model = cached("models/SmolLM2-135M-Instruct.Q4_1.gguf");
        ml(["convert", &model.display().to_string(), &out])
            .run()
            .code(0);
        let listed = ml(["models", "--json"]).env("ML_CACHE", cache.path()).run();
        let found = &listed.code(0).json()["discovered"][0];
        assert_eq!(
            (&found["name"], &found["backend"]),
            (&"smol".into(), &name().into())
        );
        // By its name, and without a word about the backend.
        let done = ml(greedy)
            .args(["--model", "smol", QUESTION])
            .env("ML_CACHE", cache.path())
            .run()
            .code(0);
        assert_eq!(done.json()["text"], json["text"]);
        assert_eq!(done.json()["backend"], name());
    }

    #[test]
    fn an_adapter_is_applied_by_its_path_and_by_its_name() {
        let generate = ["generate", "--backend", "mlx", "--max-tokens", "4"];
        let path = pirate().display().to_string();
        let done = smol(&generate)
            .args(["--adapter", &path, QUESTION])
            .run()
            .code(0);
        assert_eq!(done.stdout, "Arr, Paris,");

        let model = cached("models/SmolLM2-135M-Instruct.Q4_1.gguf");
        let config = format!(
            "[models.smol]\nbackend = \"mlx\"\npath = {model:?}\nkv_cache = \"8bit\"\n\
             kv_budget = \"64 MiB\"\nprefix_cache = \"1 MiB\"\n\
             adapters = [{{ path = {path:?}, name = \"pirate\", on_request = true }}]\n"
        );
        let ask = |args: &[&str]| {
            let ml = ml(["generate", "--max-tokens", "4"]).args(args);
            ml.args([QUESTION]).file("ml.toml", &config).run()
        };
        assert_eq!(ask(&["--adapter", "pirate"]).code(0).stdout, "Arr, Paris,");
        assert_eq!(ask(&[]).code(0).stdout, "The capital of France");
        ask(&["--adapter", "chef"]).code(1).says(["chef", "pirate"]);
    }

    #[test]
    fn it_is_told_what_was_said_and_nothing_else() {
        let done = smol(&["chat", "--backend", "mlx"])
            .stdin("/system\n")
            .run()
            .code(0);
        done.says(["there is no system message"]);
    }

    #[test]
    fn ctrl_c_ends_an_answer() {
        let prompt = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10,";
        let args = [
            "generate",
            "--backend",
            "mlx",
            "--raw",
            "--max-tokens",
            "1500",
        ];
        let running = smol(&args).args([prompt]).start();
        running.stdout.until("1");
        running.signal(Signal::INT);
        running.end().code(130);
    }

    #[test]
    fn the_doctor_says_what_it_runs_on() {
        let done = ml(["doctor"]).run().code(0);
        let backend = format!("backend {}", name());
        let line = done.stdout.lines().find(|line| line.contains(&backend));
        assert!(
            line.is_some_and(|line| line.contains(", MLX 0.")),
            "{done:?}"
        );
    }
}
