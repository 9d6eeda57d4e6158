//! A program that owns a llama-server, for tests that look at it from outside.
//!
//! `llama-parent CONFIG hold` starts a server, prints its process id and the folder of its socket,
//! and lives until it is killed. `exit` ends at once instead, without a destructor. `answer` does the same in the middle of an answer. `log` prints
//! what the server wrote. `cycle N` starts and stops a server N times and fails when anything of
//! them is left.

use std::env;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use backend_llama::{Instance, LlamaConfig, LlamaServer};
use secrecy::ExposeSecret;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let args: Vec<_> = env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    match run(&args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &[&str]) -> Result<()> {
    let &[config, ref task @ ..] = args else {
        return Err("no configuration".into());
    };
    let config: LlamaConfig = serde_json::from_str(config)?;
    match task {
        ["hold"] => hold(config).await,
        ["exit"] => exit(config).await,
        ["answer"] => answer(config).await,
        ["log"] => log(config).await,
        ["cycle", n] => cycle(config, n.parse()?).await,
        _ => Err("hold, exit, answer, log, or cycle N".into()),
    }
}

async fn hold(config: LlamaConfig) -> Result<()> {
    let server = LlamaServer::new(config);
    let instance = server.ready().await?;
    report(&instance)?;
    std::future::pending().await
}

#[expect(clippy::exit, reason = "an end without destructors is what is tested")]
async fn exit(config: LlamaConfig) -> Result<()> {
    let server = LlamaServer::new(config);
    let instance = server.ready().await?;
    report(&instance)?;
    std::process::exit(0);
}

async fn answer(config: LlamaConfig) -> Result<()> {
    let server = LlamaServer::new(config);
    let instance = server.ready().await?;
    let client = reqwest::Client::builder()
        .unix_socket(instance.socket())
        .tls_certs_only([])
        .build()?;
    let mut answer = client
        .post("http://localhost/completion")
        .bearer_auth(instance.api_key().expose_secret())
        .body(r#"{"prompt":"Once","n_predict":-1,"stream":true,"ignore_eos":true}"#)
        .send()
        .await?;
    answer.chunk().await?;
    report(&instance)?;
    while answer.chunk().await?.is_some() {}
    Err("the answer ended".into())
}

async fn log(config: LlamaConfig) -> Result<()> {
    let instance = LlamaServer::new(config).ready().await?;
    writeln!(io::stdout(), "{}", instance.last_lines().join("\n"))?;
    Ok(())
}

async fn cycle(config: LlamaConfig, n: usize) -> Result<()> {
    let server = LlamaServer::new(config);
    server.ready().await?;
    server.stop().await;
    let before = Possessions::count()?;
    for _ in 0..n {
        let instance = server.ready().await?;
        let folder = folder(&instance).to_owned();
        let id = instance.id();
        drop(instance);
        server.stop().await;
        if folder.exists() {
            return Err(format!("{} is left", folder.display()).into());
        }
        if Path::new(&format!("/proc/{id}")).exists() {
            return Err(format!("process {id} is left").into());
        }
    }
    // The threads that waited for the last server are on their way out.
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let after = Possessions::count()?;
        if !after.exceeds(&before) {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(format!("{before:?} became {after:?}").into());
        }
        tokio::task::yield_now().await;
    }
}

/// What this process holds.
#[derive(Debug)]
struct Possessions {
    descriptors: usize,
    threads: usize,
    children: String,
}

impl Possessions {
    fn count() -> io::Result<Self> {
        let entries = |folder: &str| Ok::<_, io::Error>(Path::new(folder).read_dir()?.count());
        let mut children = String::new();
        for thread in Path::new("/proc/self/task").read_dir()? {
            // A thread may end while its entry is looked at.
            children += &fs::read_to_string(thread?.path().join("children")).unwrap_or_default();
        }
        Ok(Self {
            descriptors: entries("/proc/self/fd")?,
            threads: entries("/proc/self/task")?,
            children,
        })
    }

    fn exceeds(&self, earlier: &Self) -> bool {
        self.descriptors > earlier.descriptors
            || self.threads > earlier.threads
            || self.children.split_whitespace().count() > 0
    }
}

fn report(instance: &Instance) -> io::Result<()> {
    let mut stdout = io::stdout();
    writeln!(stdout, "{} {}", instance.id(), folder(instance).display())?;
    stdout.flush()
}

fn folder(instance: &Instance) -> &Path {
    instance
        .socket()
        .parent()
        .expect("the socket is in a folder")
}
