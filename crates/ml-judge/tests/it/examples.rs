//! The examples do what they say.

use std::fs;

#[expect(dead_code, reason = "its `main` is for the command line")]
#[path = "../../examples/score_answers.rs"]
mod score_answers;

#[tokio::test]
async fn a_file_of_answers_is_scored() {
    let folder = tempfile::tempdir().expect("a folder");
    let (answers, ledger) = (
        folder.path().join("a.jsonl"),
        folder.path().join("l.sqlite"),
    );
    let line = |id: &str, text: &str| {
        format!("{{\"id\": \"{id}\", \"response\": \"{text}\", \"correct_answer\": \"4\"}}\n")
    };
    let lines = line("a", "It is 4.") + &line("b", "I cannot help with that.");
    fs::write(&answers, lines).expect("written");
    for _ in 0..2 {
        let report = score_answers::score(&answers, &ledger)
            .await
            .expect("scored");
        let rows = report.rows();
        let cells: Vec<_> = rows.iter().map(|row| (&*row.label, &*row.value)).collect();
        let expected = [("exact.correct", "50.0 %"), ("refusal.refused", "50.0 %")];
        assert_eq!(cells, expected);
    }
}
