//! From start to the first byte on stdout: `ml generate` beside curl, against a server that
//! answers at once. Pairs run in turn, the order changing; the median of the differences counts.
#![expect(clippy::print_stdout, reason = "the numbers are its output")]

use std::io::{BufRead, BufReader, Read as _, Write as _};
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

/// A server in threads of its own; gives its address.
fn serve() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that leaves early is its own business.
            std::thread::spawn(move || answer(&stream));
        }
    });
    format!("http://{address}")
}

/// Answers the requests of one connection.
fn answer(stream: &TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    while let Some(path) = request(&mut reader)? {
        if path.ends_with("/chat/completions") {
            writer.write_all(FIRST.as_bytes())?;
            return writer.write_all(REST.as_bytes());
        }
        let (status, body) = if path.ends_with("/models") {
            ("200 OK", r#"{"object":"list","data":[{"id":"fake"}]}"#)
        } else {
            ("404 Not Found", r#"{"error":{"message":"no such path"}}"#)
        };
        let length = body.len();
        write!(
            writer,
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )?;
    }
    Ok(())
}

/// The answer up to its first token.
const FIRST: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
    Connection: close\r\n\r\n\
    data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}]}\n\n";

const REST: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
    data: [DONE]\n\n";

/// Reads a request and gives its path; `None` at the end of the connection.
fn request(reader: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let mut start = String::new();
    if reader.read_line(&mut start)? == 0 {
        return Ok(None);
    }
    let mut length = 0;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap_or(0);
        }
        line.clear();
    }
    reader.take(length).read_to_end(&mut Vec::new())?;
    Ok(start.split(' ').nth(1).map(ToOwned::to_owned))
}
