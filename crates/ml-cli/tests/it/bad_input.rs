//! What is wrong is said with the way out, and with the right exit code.

use crate::support::ml;

#[track_caller]
fn usage(args: &[&str], says: &str) {
    let done = ml(args).run().code(2).says([says]);
    assert_eq!(done.stdout, "", "{args:?}");
}

#[test]
fn options_that_no_model_can_honour_are_wrong_usage() {
    usage(
        &["generate", "--temperature", "NaN", "hi"],
        "temperature is NaN, but must be 0 or more",
    );
    usage(
        &["generate", "--temperature", "-1", "hi"],
        "temperature is -1",
    );
    usage(&["generate", "--top-p", "0", "hi"], "top_p is 0");
    usage(&["generate", "--min-p", "2", "hi"], "min_p is 2");
    usage(
        &["generate", "--repeat-penalty", "inf", "hi"],
        "repeat_penalty is inf",
    );
    usage(
        &["generate", "--max-tokens", "0", "hi"],
        "max_tokens is 0, but must be 1 or more",
    );
    usage(&["generate", "--max-tokens", "-5", "hi"], "-5");
    usage(
        &["generate", "--stop", "", "hi"],
        "stop has an empty string",
    );
    usage(&["chat", "--top-p", "7"], "top_p is 7");
}

#[test]
fn flags_that_say_nothing_together_are_wrong_usage() {
    usage(&["generate", "--raw", "--system", "x", "hi"], "--raw");
    usage(&["generate", "--logprobs", "3", "hi"], "--json");
    usage(&["generate", "--api-key-env", "KEY", "hi"], "--url");
    usage(&["completions", "tcsh"], "bash");
}

#[test]
fn an_empty_prompt_is_refused_wherever_it_comes_from() {
    usage(&["generate", ""], "the prompt is empty");
    let done = ml(["generate", "-"]).run().code(1);
    assert!(done.stderr.contains("empty"), "{done:?}");
}

#[test]
fn a_prompt_that_is_no_text_says_where() {
    let done = ml(["generate", "-"])
        .stdin(b"caf\xe9".to_vec())
        .run()
        .code(1);
    done.says(["not valid UTF-8 at byte 3", "iconv"]);
}

#[test]
fn without_any_model_the_way_to_one_is_said() {
    let done = ml(["generate", "hi"]).run().code(1);
    done.says(["no model was named and there is no default", "ml models"]);
}

#[test]
fn an_unknown_model_is_answered_with_the_nearest_name() {
    let config = "[models.smol]\nurl = \"http://127.0.0.1:1\"\n";
    let done = ml(["generate", "--model", "smoll", "hi"]).file("ml.toml", config);
    done.run()
        .code(1)
        .says(["unknown model \"smoll\"", "did you mean \"smol\"?"]);
}

#[test]
fn a_missing_file_is_named() {
    let done = ml(["generate", "--model", "/nowhere/model.gguf", "hi"]).run();
    done.code(1).says(["/nowhere/model.gguf", "no such file"]);
    let done = ml(["generate", "--schema", "/nowhere/schema.json", "hi"]).run();
    done.code(1)
        .says(["cannot read the schema /nowhere/schema.json"]);
    let done = ml(["--config", "/nowhere/ml.toml", "generate", "hi"]).run();
    done.code(1).says(["/nowhere/ml.toml", "--config"]);
}

#[test]
fn a_schema_that_is_no_json_is_refused() {
    let done = ml(["generate", "--schema", "schema.json", "hi"]).file("schema.json", "{");
    done.run()
        .code(1)
        .says(["the schema schema.json is not JSON"]);
    let done = ml(["generate", "--schema", "schema.json", "hi"]).file("schema.json", "3");
    done.run().code(2).says(["schema is not a JSON object"]);
}

#[test]
fn a_broken_configuration_names_file_line_and_nearest_key() {
    let config = "[models.smol]\nurl = \"http://127.0.0.1:1\"\ncontxt_length = 3\n";
    let done = ml(["generate", "hi"]).file("ml.toml", config).run().code(1);
    done.says(["ml.toml:3", "contxt_length", "context_length"]);
}

#[test]
fn with_json_a_failure_is_an_object_too() {
    let done = ml(["generate", "--json", "--model", "/nowhere/model.gguf", "hi"]).run();
    let done = done.code(1).says(["/nowhere/model.gguf"]);
    let json = done.json();
    assert_eq!(json["error"]["code"], "not_found", "{json}");
    assert_eq!(json["text"], "");
}

#[cfg(feature = "llama")]
mod model_files {
    use crate::support::{Ml, cached, ml};

    /// The real model's file up to this byte.
    fn truncated(bytes: usize) -> Vec<u8> {
        use std::io::Read as _;
        let mut start = Vec::new();
        let file = std::fs::File::open(cached("models/SmolLM2-135M-Instruct.Q4_1.gguf"));
        let read = file
            .expect("readable")
            .take(bytes as u64)
            .read_to_end(&mut start);
        read.expect("readable");
        start
    }

    #[track_caller]
    fn refused(bytes: &[u8], says: &[&str]) {
        let done = with_server(ml(["generate", "--model", "./model.gguf", "hi"]))
            .file("model.gguf", bytes)
            .run();
        done.code(1).says(says.iter().copied()).says(["model.gguf"]);
    }

    fn with_server(ml: Ml) -> Ml {
        ml.env("LLAMA_SERVER", cached("bin/llama-server"))
    }

    #[test]
    fn a_file_that_is_no_model_is_refused() {
        refused(b"", &["error:"]);
        refused(b"GGML but old", &["error:"]);
        refused(&truncated(1000), &["error:"]);
        refused(&truncated(2_000_000), &["error:"]);
    }

    #[test]
    fn without_llama_server_the_way_to_it_is_said() {
        // MLX, where it is there, would take the file too.
        let args = ["--backend", "llama", "--model", "./model.gguf", "hi"];
        let done = ml(["generate"])
            .args(args)
            .file("model.gguf", truncated(2_000_000))
            .env("LLAMA_SERVER", "/nowhere/llama-server")
            .run();
        done.code(1).says(["/nowhere/llama-server"]);
    }
}

#[cfg(feature = "http")]
mod servers {
    use crate::server::Server;
    use crate::support::ml;

    #[track_caller]
    fn fails(url: &str, says: &[&str]) {
        let done = ml(["generate", "--url", url, "hi"]).run().code(1);
        done.says(["error:"]).says(says.iter().copied());
    }

    #[test]
    fn an_adapter_of_this_machine_is_refused_by_name() {
        let server = Server::by_path();
        let args = ["--url", &server.url(), "--adapter", "./pirate", "hi"];
        let done = ml(["generate"]).args(args).run().code(1);
        done.says(["the load option adapter is not supported"]);
    }

    #[test]
    fn what_a_server_does_wrong_is_named() {
        let server = Server::by_path();
        fails(&server.at("status/401"), &["401"]);
        fails(&server.at("status/404"), &["404"]);
        fails(&server.at("status/500"), &["500"]);
        fails(&server.at("status/501"), &["501"]);
        fails(&server.at("html"), &["is a web page"]);
        fails(&server.at("no-choices"), &[]);
        fails(&server.at("garbage"), &[]);
    }

    #[test]
    fn a_server_that_is_not_there_is_named() {
        // The port of a server that has gone.
        let url = Server::saying(&[]).url();
        fails(&url, &[url.trim_start_matches("http://")]);
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        fails("not a url", &["not a url"]);
        fails("ftp://example.com", &["ftp"]);
    }

    #[test]
    fn an_option_that_the_server_cannot_honour_is_refused_by_name() {
        let server = Server::saying(&["never"]);
        let config = format!(
            "[models.strict]\nurl = \"{}\"\nmodel = \"fake\"\ndialect = \"openai\"\n",
            server.url()
        );
        let done = ml(["generate", "--model", "strict", "--min-p", "0.1", "hi"])
            .file("ml.toml", config)
            .run();
        done.code(1).says(["min_p"]);
        assert_eq!(server.chats(), [] as [serde_json::Value; 0]);
    }

    #[test]
    fn a_key_is_never_shown() {
        let server = Server::by_path();
        let url = server.at("status/401");
        let done = ml([
            "-vv",
            "generate",
            "--url",
            &url,
            "--api-key-env",
            "MY_KEY",
            "hi",
        ])
        .env("MY_KEY", "sk-very-secret")
        .run()
        .code(1);
        assert!(!done.stderr.contains("sk-very-secret"), "{done:?}");
        let request = server.requests().into_iter().next_back().expect("asked");
        assert_eq!(
            request.header("authorization"),
            Some("Bearer sk-very-secret")
        );
    }
}
