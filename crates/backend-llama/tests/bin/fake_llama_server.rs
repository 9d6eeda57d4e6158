//! A llama-server that misbehaves as it is told: `--fake-…` arguments stand among the real ones.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    let fake = Fake::from_args();
    if fake.has("--fake-ignore-term") {
        return ignore_term();
    }
    #[cfg(target_os = "linux")]
    if fake.has("--fake-ignore-parent-death") {
        rustix::process::set_parent_process_death_signal(None).expect("the signal is cleared");
    }
    if fake.has("--fake-show-environment") {
        for (name, value) in env::vars() {
            log(format_args!("environment: {name}={value}"));
        }
    }
    if fake.has("--fake-garbage") {
        let endless = vec![b'x'; 1 << 20];
        for bytes in [
            b"\xff\xfe\x00half \xf0\x9f".as_slice(),
            &endless,
            b"\nthe end\n",
        ] {
            io::stderr().write_all(bytes).expect("somebody reads");
        }
    }
    if let Some(code) = fake.value("--fake-exit") {
        log(format_args!("last words"));
        return ExitCode::from(code.parse::<u8>().expect("an exit code"));
    }
    if fake.has("--fake-deaf") {
        wait_forever();
    }
    fake.serve();
    ExitCode::SUCCESS
}

struct Fake {
    args: Vec<String>,
    started: Instant,
}

impl Fake {
    fn from_args() -> Self {
        Self {
            args: env::args().skip(1).collect(),
            started: Instant::now(),
        }
    }

    fn has(&self, flag: &str) -> bool {
        self.args.iter().any(|arg| arg == flag)
    }

    fn value(&self, flag: &str) -> Option<&str> {
        let at = self.args.iter().position(|arg| arg == flag)?;
        self.args.get(at + 1).map(String::as_str)
    }

    fn serve(self) {
        let socket = self.value("--host").expect("a host");
        let listener = UnixListener::bind(socket).expect("a free socket");
        log(format_args!("listening on {socket}"));
        if let Some(words) = self.value("--fake-chatter") {
            chatter(words.parse().expect("a number of words"));
        }
        for stream in listener.incoming() {
            // A client that has gone is no trouble of the server.
            let _ = stream.and_then(|stream| self.answer(stream));
        }
    }

    fn answer(&self, mut stream: UnixStream) -> io::Result<()> {
        let path = read_path(&stream)?;
        let (status, body) = match path.as_str() {
            _ if self.has("--fake-odd") => ("418 I'm a teapot", "tea".to_owned()),
            _ if self.is_loading() => ("503 Service Unavailable", LOADING.to_owned()),
            "/health" => ("200 OK", r#"{"status":"ok"}"#.to_owned()),
            "/props" if self.has("--fake-props") => (
                "200 OK",
                self.value("--fake-props").unwrap_or_default().to_owned(),
            ),
            "/props" => ("200 OK", self.props()),
            _ => ("404 Not Found", String::new()),
        };
        write!(
            stream,
            "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    }

    fn is_loading(&self) -> bool {
        let load = match self.value("--fake-load") {
            Some("forever") => Duration::MAX,
            Some(millis) => Duration::from_millis(millis.parse().expect("milliseconds")),
            None => Duration::ZERO,
        };
        self.started.elapsed() < load
    }

    fn props(&self) -> String {
        let model = self.value("--model").expect("a model");
        format!(
            r#"{{"model_path":"{model}","total_slots":1,"chat_template":"",
            "default_generation_settings":{{"n_ctx":64}},"build_info":"fake"}}"#
        )
    }
}

const LOADING: &str =
    r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#;

fn read_path(stream: &UnixStream) -> io::Result<String> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    Ok(request.split(' ').nth(1).unwrap_or_default().to_owned())
}

/// Shows progress within one line that does not end, ten times a second.
fn chatter(words: u32) {
    thread::spawn(move || {
        for _ in 0..words {
            io::stderr().write_all(b".").expect("somebody reads");
            thread::sleep(Duration::from_millis(100));
        }
    });
}

/// Executes itself again with SIGTERM ignored, which only a shell can set without unsafe code.
fn ignore_term() -> ExitCode {
    let error = Command::new("/bin/sh")
        .args(["-c", r#"trap '' TERM; exec "$0" "$@""#])
        .arg(env::current_exe().expect("the own path"))
        .args(
            env::args()
                .skip(1)
                .filter(|arg| arg != "--fake-ignore-term"),
        )
        .exec();
    log(format_args!("{error}"));
    ExitCode::FAILURE
}

fn wait_forever() -> ! {
    loop {
        thread::park();
    }
}

fn log(line: std::fmt::Arguments<'_>) {
    writeln!(io::stderr(), "{line}").expect("somebody reads");
}
