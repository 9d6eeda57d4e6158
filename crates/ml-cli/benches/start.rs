//! From start to the first byte on stdout: `ml generate` beside curl, against a server that
//! answers at once. Pairs run in turn, the order changing; the median of the differences counts.
#![expect(clippy::print_stdout, reason = "the numbers are its output")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const PAIRS: usize = 101;

/// Most that `ml` may add to curl's time.
const LIMIT: Duration = Duration::from_millis(30);

fn main() -> ExitCode {
    let url = serve();
    let home = tempfile::tempdir().expect("a folder");
    let mut ml = Command::new(env!("CARGO_BIN_EXE_ml"));
    ml.args(["generate", "--url", &url, "--model", "fake", "hi"])
        .env_clear()
        .env("HOME", home.path())
        .current_dir(home.path());
    let mut curl = Command::new("curl");
    curl.args(["-sN", "-H", "Content-Type: application/json", "-d"])
        .arg(r#"{"model":"fake","messages":[{"role":"user","content":"hi"}],"stream":true}"#)
        .arg(format!("{url}/v1/chat/completions"));

    // The first runs read the programs from disk.
    first_byte(&mut ml);
    first_byte(&mut curl);
    let pairs = (0..PAIRS).map(|pair| {
        if pair % 2 == 0 {
            let ml = first_byte(&mut ml);
            (ml, first_byte(&mut curl))
        } else {
            let curl = first_byte(&mut curl);
            (first_byte(&mut ml), curl)
        }
    });
    let (mls, curls): (Vec<f64>, Vec<f64>) = pairs.unzip();
    let differences = mls.iter().zip(&curls).map(|(ml, curl)| ml - curl).collect();
    let difference = median(differences);
    let (ml, curl) = (median(mls), median(curls));
    println!("start to first byte, median of {PAIRS} pairs:");
    println!("  ml generate {ml:.1} ms, curl {curl:.1} ms, difference {difference:.1} ms");
    let limit = LIMIT.as_secs_f64() * 1000.0;
    if difference > limit {
        println!("  more than the {limit:.0} ms that are allowed");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Milliseconds from the start of a program to the first byte of its output.
fn first_byte(command: &mut Command) -> f64 {
    let started = Instant::now();
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    let mut child = child.spawn().expect("the program starts");
    let mut stdout = child.stdout.take().expect("piped");
    let mut byte = [0];
    stdout.read_exact(&mut byte).expect("the program answers");
    let time = started.elapsed();
    // What follows is not measured, but the program is to end well.
    stdout.read_to_end(&mut Vec::new()).expect("readable");
    assert!(
        child.wait().expect("our child").success(),
        "the program failed"
    );
    time.as_secs_f64() * 1000.0
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// A server in a thread of its own; gives its address.
fn serve() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            // A client that leaves early is its own business.
            let _ = connection.and_then(|stream| answer(&stream));
        }
    });
    format!("http://{address}")
}

fn answer(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line == "\r\n" {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    let mut writer = stream;
    writer.write_all(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n\
          data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}]}\n\n",
    )?;
    writer.flush()?;
    writer.write_all(
        b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
          data: [DONE]\n\n",
    )
}
