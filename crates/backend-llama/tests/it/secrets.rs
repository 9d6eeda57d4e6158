//! Who may talk to the server, and what it learns of us.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use backend_llama::LlamaServer;
use reqwest::StatusCode;
use secrecy::ExposeSecret;

use crate::support::real;

#[tokio::test]
async fn only_who_has_the_key_and_the_socket_is_served() {
    let server = LlamaServer::new(real());
    let instance = server.ready().await.unwrap();
    let folder = instance.socket().parent().unwrap().metadata().unwrap();
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);

    let client = reqwest::Client::builder()
        .unix_socket(instance.socket())
        .tls_certs_only([])
        .build()
        .unwrap();
    let props = || client.get("http://localhost/props");
    let status = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status();
    assert_eq!(status(props()).await, StatusCode::UNAUTHORIZED);
    assert_eq!(
        status(props().bearer_auth("guess")).await,
        StatusCode::UNAUTHORIZED
    );
    let key = instance.api_key().expose_secret();
    assert_eq!(status(props().bearer_auth(key)).await, StatusCode::OK);
    assert!(!format!("{instance:?}").contains(key));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_key_is_not_on_the_command_line_and_no_port_is_open() {
    let server = LlamaServer::new(real());
    let instance = server.ready().await.unwrap();
    let read = |file| std::fs::read(format!("/proc/{}/{file}", instance.id())).unwrap();
    let key = instance.api_key().expose_secret();
    let contains = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).contains(key);
    assert!(!contains(read("cmdline")));
    assert!(contains(read("environ")));

    let sockets = |file: &str| {
        let table = std::fs::read_to_string(format!("/proc/net/{file}")).unwrap();
        let inode = |line: &str| line.split_whitespace().nth(9).map(str::to_owned);
        table.lines().skip(1).filter_map(inode).collect::<Vec<_>>()
    };
    let descriptors = std::fs::read_dir(format!("/proc/{}/fd", instance.id())).unwrap();
    let held: Vec<_> = descriptors
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .map(|target| target.display().to_string())
        .collect();
    for inode in [sockets("tcp"), sockets("tcp6")].concat() {
        assert!(
            !held.contains(&format!("socket:[{inode}]")),
            "a TCP socket is open"
        );
    }
}

#[test]
fn the_environment_is_passed_on_without_options_and_secrets() {
    let binary = env!("CARGO_BIN_EXE_fake-llama-server");
    let config = format!(
        r#"{{"model":"m.gguf","binary":"{binary}","extra_args":["--fake-show-environment"]}}"#
    );
    let output = Command::new(env!("CARGO_BIN_EXE_llama-parent"))
        .args([&config, "log"])
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HARMLESS", "1")
        .env("LLAMA_ARG_HOST", "0.0.0.0")
        .env("LLAMA_API_KEY", "theirs")
        .env("HF_TOKEN", "hf_x")
        .output()
        .unwrap();
    let log = String::from_utf8(output.stdout).unwrap();
    let mut names: Vec<_> = log
        .lines()
        .filter_map(|line| line.strip_prefix("environment: ")?.split('=').next())
        .collect();
    names.sort_unstable();
    let expected = [
        "GGML_NO_BACKTRACE",
        "HARMLESS",
        "LLAMA_API_KEY",
        "LLAMA_ARG_SSE_PING_INTERVAL",
        "PATH",
    ];
    assert_eq!(names, expected, "{log}");
    assert!(!log.contains("theirs"));
}
