//! Servers that die by themselves.

use std::num::NonZeroU32;
use std::time::Duration;

use backend_llama::{CrashLimit, Instance, LlamaServer, StartErrorKind};
use rustix::process::Signal;

#[cfg(target_os = "linux")]
use crate::support::group;
use crate::support::{SOON, fake, gone, kill, kind};

async fn crash(instance: &Instance, signal: Signal) {
    kill(instance.id(), signal);
    let exit = tokio::time::timeout(SOON, instance.ended()).await.unwrap();
    assert_eq!(exit.signal(), Some(signal.as_raw()));
}

#[tokio::test]
async fn a_crash_is_told_and_the_next_call_starts_again() {
    let server = LlamaServer::new(fake(&[]));
    let first = server.ready().await.unwrap();
    crash(&first, Signal::ABORT).await;
    assert!(first.exit().unwrap().to_string().contains("SIGABRT"));
    assert!(!first.last_lines().is_empty());
    assert!(server.running().is_none());
    gone(first.id(), first.socket().parent().unwrap(), Duration::ZERO);

    let second = server.ready().await.unwrap();
    assert_ne!(second.id(), first.id());
}

#[tokio::test]
async fn a_crash_loop_is_broken_and_said() {
    let pause = Duration::from_millis(500);
    let limit = CrashLimit::new(NonZeroU32::new(3).unwrap(), Duration::from_mins(1), pause);
    let server = LlamaServer::new(fake(&[]).with_crash_limit(limit));
    for _ in 0..3 {
        crash(&server.ready().await.unwrap(), Signal::KILL).await;
    }
    let error = kind(server.ready().await);
    let StartErrorKind::CrashLoop {
        crashes,
        retry_after,
        ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(crashes, 3);
    assert!(retry_after <= pause);
    tokio::time::sleep(retry_after).await;
    server.ready().await.unwrap();
}

/// Without its watcher a server could outlive us: it is ended too.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_server_does_not_outlive_its_watcher() {
    let instance = LlamaServer::new(fake(&[])).ready().await.unwrap();
    kill(group(instance.id()), Signal::KILL);
    let exit = tokio::time::timeout(SOON, instance.ended()).await.unwrap();
    assert_eq!(exit.signal(), Some(Signal::KILL.as_raw()));
    gone(instance.id(), instance.socket().parent().unwrap(), SOON);
}
