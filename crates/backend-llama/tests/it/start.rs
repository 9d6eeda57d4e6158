//! Starts of a server that does as it is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use backend_llama::{LlamaServer, StartErrorKind, StartPhase, StartProgress};

use crate::support::{SOON, eventually, fake, gone, kind, write_program};

/// Short, so that a test need not wait for long to see patience end.
const IMPATIENT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn nothing_runs_before_it_is_needed() {
    let server = LlamaServer::new(fake(&[]));
    assert!(server.running().is_none());
    let instance = server.ready().await.unwrap();
    assert_eq!(server.running().unwrap().id(), instance.id());
    assert_eq!(instance.alias(), "fake");
    assert_eq!(instance.props().context_length(), Some(64));
    assert_eq!(instance.props().slots, Some(1));
    assert_eq!(instance.exit(), None);
}

#[tokio::test]
async fn a_slow_start_is_waited_for_and_reported() {
    let reports = Arc::<Mutex<Vec<StartProgress>>>::default();
    let seen = Arc::clone(&reports);
    let config = fake(&["--fake-load", "200"]);
    let server =
        LlamaServer::with_progress(config, move |report| seen.lock().unwrap().push(report));
    server.ready().await.unwrap();

    let reports = reports.lock().unwrap();
    assert!(
        reports.is_sorted_by_key(|report| (report.phase, report.elapsed)),
        "{reports:?}"
    );
    assert!(
        reports
            .iter()
            .any(|report| report.phase == StartPhase::Loading),
        "{reports:?}"
    );
    let last = reports.last().unwrap();
    assert_eq!(last.phase, StartPhase::Ready);
    assert!(
        last.last_line.as_ref().unwrap().starts_with("listening on"),
        "{last:?}"
    );
}

#[tokio::test]
async fn calls_at_the_same_time_share_one_start() {
    let server = LlamaServer::new(fake(&["--fake-load", "100"]));
    let calls = (0..8).map(|_| async { server.ready().await.unwrap().id() });
    let ids = futures::future::join_all(calls).await;
    assert!(ids.windows(2).all(|two| two[0] == two[1]), "{ids:?}");
    assert_eq!(server.ready().await.unwrap().id(), ids[0]);
}

#[tokio::test]
async fn a_start_goes_on_while_somebody_waits_for_it() {
    let server = LlamaServer::new(fake(&["--fake-load", "300"]));
    let mut first = Box::pin(server.ready());
    let second = server.ready();
    assert!(futures::poll!(&mut first).is_pending());
    drop(first);
    second.await.unwrap();
}

#[tokio::test]
async fn a_start_that_nobody_waits_for_is_aborted() {
    let ready = Arc::<Mutex<Option<String>>>::default();
    let seen = Arc::clone(&ready);
    let server = LlamaServer::with_progress(fake(&["--fake-load", "forever"]), move |report| {
        if report.phase == StartPhase::Loading {
            *seen.lock().unwrap() = report.last_line;
        }
    });
    let mut start = Box::pin(server.ready());
    loop {
        let step = tokio::time::timeout(Duration::from_millis(10), &mut start);
        assert!(step.await.is_err(), "it never becomes ready");
        if let Some(line) = ready.lock().unwrap().take() {
            let socket = line.strip_prefix("listening on ").unwrap().to_owned();
            drop(start);
            eventually("the socket is gone", SOON, || {
                !std::path::Path::new(&socket).exists()
            });
            break;
        }
    }
}

#[tokio::test]
async fn a_server_that_does_not_move_is_given_up() {
    for (arg, phase) in [
        (["--fake-load", "forever"].as_slice(), StartPhase::Loading),
        (&["--fake-deaf"], StartPhase::Launching),
    ] {
        let server = LlamaServer::new(fake(arg).with_start_patience(IMPATIENT));
        let error = server.ready().await.unwrap_err();
        assert!(error.to_string().contains("start_patience"), "{error}");
        let StartErrorKind::Stalled { phase: reached, .. } = error.kind() else {
            panic!("{error}");
        };
        assert_eq!(*reached, phase);
    }
}

#[tokio::test]
async fn a_server_that_writes_is_not_given_up() {
    let args = ["--fake-load", "1000", "--fake-chatter", "20"];
    let server = LlamaServer::new(fake(&args).with_start_patience(IMPATIENT));
    server.ready().await.unwrap();
}

#[tokio::test]
async fn an_early_exit_is_told_with_the_last_words() {
    for code in ["0", "3"] {
        let server = LlamaServer::new(fake(&["--fake-exit", code]));
        let error = server.ready().await.unwrap_err();
        assert!(
            matches!(error.kind(), StartErrorKind::Exited { .. }),
            "{error}"
        );
        assert_eq!(error.last_lines(), ["last words"]);
        let text = format!("exited with code {code} before it was ready; it wrote:\n  last words");
        assert!(error.to_string().ends_with(&text), "{error}");
    }
}

#[tokio::test]
async fn a_failed_start_is_tried_again_by_the_next_call() {
    let server = LlamaServer::new(fake(&["--fake-exit", "1"]));
    for _ in 0..5 {
        assert!(matches!(
            kind(server.ready().await),
            StartErrorKind::Exited { .. }
        ));
    }
}

#[tokio::test]
async fn what_serves_something_else_is_refused() {
    let router = r#"{"role":"router","model_path":"none"}"#;
    let error = kind(
        LlamaServer::new(fake(&["--fake-props", router]))
            .ready()
            .await,
    );
    assert!(matches!(error, StartErrorKind::Router), "{error}");

    let other = r#"{"model_path":"/models/other.gguf"}"#;
    let error = kind(
        LlamaServer::new(fake(&["--fake-props", other]))
            .ready()
            .await,
    );
    assert!(
        matches!(error, StartErrorKind::WrongModel { .. }),
        "{error}"
    );

    for args in [["--fake-odd"].as_slice(), &["--fake-props", "<html>"]] {
        let error = kind(LlamaServer::new(fake(args)).ready().await);
        assert!(
            matches!(error, StartErrorKind::NotLlamaServer { .. }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn garbage_in_the_log_harms_nothing() {
    let instance = LlamaServer::new(fake(&["--fake-garbage"]))
        .ready()
        .await
        .unwrap();
    let lines = instance.last_lines();
    assert!(
        lines[0].starts_with("\u{fffd}\u{fffd}\0half \u{fffd}"),
        "{lines:?}"
    );
    assert!(
        lines[0].len() < 4096 && lines[0].ends_with('…'),
        "{}",
        lines[0].len()
    );
    assert_eq!(lines[1], "the end");
}

#[tokio::test]
async fn no_binary_and_no_program_are_told() {
    let missing = fake(&[]).with_binary("/nowhere/llama-server");
    let error = LlamaServer::new(missing).ready().await.unwrap_err();
    assert!(matches!(error.kind(), StartErrorKind::NoBinary { .. }));
    assert!(error.to_string().contains("cargo xtask setup"), "{error}");

    let plain = tempfile::NamedTempFile::new().unwrap();
    let error = kind(
        LlamaServer::new(fake(&[]).with_binary(plain.path()))
            .ready()
            .await,
    );
    assert!(
        matches!(error, StartErrorKind::NotExecutable { .. }),
        "{error}"
    );

    let folder = fake(&[]).with_binary("/");
    let error = kind(LlamaServer::new(folder).ready().await);
    assert!(
        matches!(error, StartErrorKind::NotExecutable { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_program_that_the_system_cannot_run_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("llama-server");
    write_program(&program, "#!/nowhere/interpreter\n");
    let server = LlamaServer::new(fake(&[]).with_binary(program));
    let error = server.ready().await.unwrap_err();
    assert!(
        matches!(error.kind(), StartErrorKind::System { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("run /"), "{error}");
}

#[tokio::test]
async fn a_wrong_configuration_starts_nothing() {
    let error = LlamaServer::new(fake(&["--port", "80"]))
        .ready()
        .await
        .unwrap_err();
    let source = std::error::Error::source(error.kind()).unwrap().to_string();
    assert!(source.contains("--port"), "{source}");
}

#[tokio::test]
async fn dropping_the_last_reference_kills_at_once() {
    let server = LlamaServer::new(fake(&["--fake-ignore-term"]));
    let instance = server.ready().await.unwrap();
    let (id, folder) = (
        instance.id(),
        instance.socket().parent().unwrap().to_owned(),
    );
    drop(server);
    assert_eq!(instance.exit(), None, "an instance keeps its server");
    drop(instance);
    gone(id, &folder, SOON);
}
