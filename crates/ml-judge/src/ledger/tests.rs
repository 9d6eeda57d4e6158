//! What a ledger keeps, refuses and tells.

use std::sync::Arc;

use futures::executor::block_on;
use inference_core::{FinishReason, Usage};
use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::Mode;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn open(folder: &TempDir) -> Ledger {
    Ledger::open(folder.path().join("ledger.sqlite")).expect("a ledger")
}

fn key(number: u64) -> Key {
    KeyHasher::new("test").number(number).finish()
}

fn answer(text: &str) -> AnswerRecord {
    AnswerRecord {
        text: text.to_owned(),
        facts: AnswerFacts {
            model: "toy".to_owned(),
            reasoning: String::new(),
            tool_calls: Vec::new(),
            finish_reason: FinishReason::Stop,
            usage: Usage::new(3, 4),
            elapsed_seconds: 0.5,
        },
    }
}

fn record(ledger: &Ledger, key: Key, text: &str, conflict: Conflict) -> Recorded {
    let recorded = async {
        let receipt = ledger.record_answer(key, &answer(text), conflict).await?;
        receipt.await
    };
    block_on(recorded).expect("recorded")
}

#[test]
fn what_was_recorded_is_there_after_opening_again() {
    let folder = folder();
    let score = Score::unscored("exact", "2", Mode::V2, "no number");
    {
        let ledger = open(&folder);
        assert_eq!(record(&ledger, key(1), "4", Conflict::Keep), Recorded::New);
        let receipt = ledger.record_score(key(1), &score, Conflict::Keep);
        // Dropping the ledger writes what nobody waited for.
        drop(block_on(receipt).expect("queued"));
    }
    let ledger = open(&folder);
    assert_eq!(ledger.answer(key(1)).expect("read"), Some(answer("4")));
    assert_eq!(ledger.answer(key(2)).expect("read"), None);
    assert_eq!(ledger.score(key(1)).expect("read"), Some(score));
}

#[test]
fn a_key_has_one_row_the_first_or_the_newest() {
    let folder = folder();
    let ledger = open(&folder);
    let text = || ledger.answer(key(1)).expect("read").expect("there").text;
    assert_eq!(record(&ledger, key(1), "a", Conflict::Keep), Recorded::New);
    assert_eq!(record(&ledger, key(1), "b", Conflict::Keep), Recorded::Kept);
    assert_eq!(text(), "a");
    assert_eq!(
        record(&ledger, key(1), "c", Conflict::Replace),
        Recorded::New
    );
    assert_eq!(text(), "c");
    let count = "SELECT count(*) FROM answers";
    let rows: i64 = ledger
        .read(|connection| connection.query_row(count, [], |row| row.get(0)))
        .expect("read");
    assert_eq!(rows, 1);
}

#[test]
fn seen_knows_what_was_there_and_what_another_process_adds() {
    let folder = folder();
    let (ledger, other) = (open(&folder), open(&folder));
    record(&ledger, key(1), "a", Conflict::Keep);
    let mut seen = Seen::load(&ledger, Table::Answers).expect("read");
    assert!(seen.contains(key(1)) && !seen.contains(key(2)));
    record(&other, key(2), "b", Conflict::Keep);
    // It notices when it writes.
    record(&ledger, key(3), "c", Conflict::Keep);
    seen.refresh(&ledger).expect("read");
    assert!(seen.contains(key(2)) && seen.contains(key(3)));
    assert_eq!(seen.loaded(), 3);
    let mut fresh = Seen::nothing(Table::Answers);
    assert!(!fresh.contains(key(1)));
    fresh.insert(key(1));
    assert!(fresh.contains(key(1)) && !fresh.has_loaded(key(1)));
}

#[test]
fn trust_is_kept() {
    let folder = folder();
    let ledger = open(&folder);
    assert_eq!(ledger.trust("j").expect("read"), None);
    for alpha in [0.5, 0.7] {
        block_on(ledger.record_trust("j", &json!({ "alpha": alpha }))).expect("written");
    }
    let newest = ledger.trust("j").expect("read");
    assert_eq!(newest, Some(json!({"alpha": 0.7})));
}

#[test]
fn other_parts_bring_their_own_tables() {
    const FIRST: &str = "CREATE TABLE checkpoints (id INTEGER PRIMARY KEY, name TEXT) STRICT";
    const SECOND: &str = "ALTER TABLE checkpoints ADD COLUMN hash TEXT";
    let folder = folder();
    let path = folder.path().join("ledger.sqlite");
    let part = |steps| Migrations {
        part: "ml-agent",
        steps,
    };
    drop(Ledger::open_with(&path, &[part(&[FIRST])]).expect("a ledger"));
    let ledger = Ledger::open_with(&path, &[part(&[FIRST, SECOND])]).expect("brought up to date");
    let insert = "INSERT INTO checkpoints (name, hash) VALUES ('a', 'b')";
    let added = ledger.transaction(move |transaction| transaction.execute(insert, []));
    assert_eq!(block_on(added).expect("written"), 1);

    let failed = ledger.transaction(move |transaction| {
        transaction.execute(insert, [])?;
        transaction.execute("INSERT INTO nothing VALUES (1)", [])
    });
    assert!(matches!(block_on(failed), Err(LedgerError::Sql { .. })));
    let count = |connection: &Connection| {
        connection.query_row("SELECT count(*) FROM checkpoints", [], |row| row.get(0))
    };
    let rows: i64 = ledger.read(count).expect("read");
    assert_eq!(rows, 1, "what failed was rolled back");
    drop(ledger);

    let older = Ledger::open_with(&path, &[part(&[FIRST])]).expect_err("newer");
    let text = older.to_string();
    assert!(text.contains("version 2 of ml-agent"), "{text}");
    Ledger::open(&path).expect("who does not know the part leaves it alone");
}

#[test]
fn a_transaction_that_panics_harms_nobody() {
    let folder = folder();
    let ledger = open(&folder);
    let panicked = ledger.transaction(|_| -> rusqlite::Result<()> { panic!("on purpose") });
    assert!(matches!(
        block_on(panicked),
        Err(LedgerError::Closed { .. })
    ));
    assert_eq!(record(&ledger, key(1), "a", Conflict::Keep), Recorded::New);
}

#[test]
fn a_file_that_is_no_ledger_is_left_alone() {
    let folder = folder();
    let path = folder.path().join("other.sqlite");
    let other = Connection::open(&path).expect("a database");
    other
        .execute_batch("CREATE TABLE mine (x)")
        .expect("a table");
    drop(other);
    let refused = Ledger::open(&path).expect_err("not ours");
    assert!(
        matches!(refused, LedgerError::NotALedger { .. }),
        "{refused}"
    );

    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "not a database, but long enough to be read as one".repeat(99),
    )
    .expect("written");
    let refused = Ledger::open(&text).expect_err("not ours");
    assert!(
        matches!(refused, LedgerError::NotALedger { .. }),
        "{refused}"
    );
}

#[test]
fn a_full_disk_is_told_and_what_was_durable_stays() {
    let folder = folder();
    let ledger = open(&folder);
    record(&ledger, key(0), "before", Conflict::Keep);
    let limit =
        ledger.transaction(|transaction| transaction.pragma_update(None, "max_page_count", 40));
    block_on(limit).expect("set");
    let long = "x".repeat(4096);
    let full = (1..100).find_map(|number| {
        let recorded = async {
            let record = answer(&long);
            let receipt = ledger
                .record_answer(key(number), &record, Conflict::Keep)
                .await?;
            receipt.await
        };
        block_on(recorded).err()
    });
    let full = full.expect("it fills up");
    assert!(matches!(full, LedgerError::Full { .. }), "{full}");
    assert!(full.to_string().contains("ledger.sqlite"), "{full}");
    let room =
        ledger.transaction(|transaction| transaction.pragma_update(None, "max_page_count", 4000));
    block_on(room).expect("set");
    assert_eq!(
        record(&ledger, key(999), "after", Conflict::Keep),
        Recorded::New
    );
    assert_eq!(ledger.answer(key(0)).expect("read"), Some(answer("before")));
}

#[test]
fn many_tasks_that_write_more_than_fits_wait_and_lose_nothing() {
    let folder = folder();
    let ledger = open(&folder);
    let text = Arc::new("x".repeat(QUEUE_BOUND / 8));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (ledger, text) = (ledger.clone(), Arc::clone(&text));
            std::thread::spawn(move || {
                for number in 0..10 {
                    record(&ledger, key(writer * 10 + number), &text, Conflict::Keep);
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().expect("no panic");
    }
    assert_eq!(
        Seen::load(&ledger, Table::Answers).expect("read").loaded(),
        40
    );
}

#[test]
fn the_filter_forgets_nothing_and_seldom_errs() {
    let mut seen = Seen::nothing(Table::Scores);
    for number in 0..200_000 {
        seen.insert(key(number));
    }
    assert!((0..200_000).all(|number| seen.contains(key(number))));
    let errs = (200_000..300_000).filter(|number| seen.contains(key(*number)));
    let errs = errs.count();
    assert!(errs < 200, "{errs} of 100,000");
}

#[test]
fn a_place_that_cannot_be_written_is_told() {
    let folder = folder();
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    let refused = Ledger::open(file.join("ledger.sqlite")).expect_err("a file is no folder");
    assert!(matches!(refused, LedgerError::Open { .. }), "{refused}");
    assert!(refused.to_string().contains("ledger.sqlite"), "{refused}");

    let ledger = open(&folder);
    record(&ledger, key(1), "before", Conflict::Keep);
    let read_only = |on: bool| {
        let set = ledger
            .transaction(move |transaction| transaction.pragma_update(None, "query_only", on));
        block_on(set)
    };
    read_only(true).expect("set");
    let refused = async {
        let receipt = ledger
            .record_answer(key(2), &answer("x"), Conflict::Keep)
            .await?;
        receipt.await
    };
    let refused = block_on(refused).expect_err("it may not");
    assert!(matches!(refused, LedgerError::ReadOnly { .. }), "{refused}");
    assert_eq!(ledger.answer(key(1)).expect("read"), Some(answer("before")));
}

#[test]
fn a_row_is_durable_within_50_ms() {
    let folder = folder();
    let ledger = open(&folder);
    let mut times: Vec<_> = (0..21)
        .map(|number| {
            let start = std::time::Instant::now();
            record(&ledger, key(number), "text", Conflict::Keep);
            start.elapsed()
        })
        .collect();
    times.sort();
    assert!(times[10].as_millis() < 50, "{times:?}");
}

#[test]
fn all_that_came_by_then_is_taken_at_once() {
    let queue = Queue::new(1000);
    for job in [1, 2] {
        let mut entry = Some(Entry { job, weight: 1 });
        let pushed = std::future::poll_fn(|context| queue.poll_push(&mut entry, context));
        assert!(block_on(pushed), "it is open");
    }
    assert_eq!(queue.take(), Some([1, 2].into()));
}

#[test]
fn the_log_is_moved_into_the_file_while_it_is_written() {
    const MEGABYTES: u64 = 200;
    let folder = folder();
    let ledger = open(&folder);
    let size = |name| folder.path().join(name).metadata().map_or(0, |it| it.len()) >> 20;
    let text = "x".repeat(1 << 20);
    let mut longest = 0;
    for number in 0..MEGABYTES {
        record(&ledger, key(number), &text, Conflict::Keep);
        longest = longest.max(size("ledger.sqlite-wal"));
    }
    assert!((32..140).contains(&longest), "{longest} MB");
    assert!(size("ledger.sqlite") >= 32, "nothing was moved");
    drop(ledger);
    assert_eq!(size("ledger.sqlite-wal"), 0);
    assert!(size("ledger.sqlite") >= MEGABYTES);
    let ledger = open(&folder);
    for number in 0..MEGABYTES {
        assert!(ledger.answer(key(number)).expect("read").is_some());
    }
}
