//! What is recorded of a request.

use super::*;

fn work<'a>(task: &'a Task, usage: &'a Usage) -> Work<'a> {
    Work {
        task,
        queued: Some(Duration::from_millis(15)),
        first_token: Some(Duration::from_secs(1)),
        last_token: Some(Duration::from_secs(3)),
        answers: 1,
        counted: 3,
        usage,
    }
}

#[test]
fn time_per_token_is_that_after_the_first_of_a_single_answer() {
    let metrics = Metrics::new();
    let task = metrics.task("chat", "m".to_owned());
    let usage = Usage::new(7, 5);
    let one = work(&task, &usage);
    assert_eq!(one.per_token(), Some(Duration::from_millis(500)));
    let two = Work {
        answers: 2,
        ..work(&task, &usage)
    };
    assert_eq!(two.per_token(), None);
    let failed = Work {
        last_token: None,
        ..work(&task, &usage)
    };
    assert_eq!(failed.per_token(), None);
    for tokens in [0, 1] {
        assert_eq!(work(&task, &Usage::new(7, tokens)).per_token(), None);
    }
}

#[test]
fn tokens_that_did_not_show_are_added_in_the_end() {
    let metrics = Metrics::new();
    let task = metrics.task("chat", "m".to_owned());
    task.generated.inc_by(3);
    let usage = Usage::new(7, 5);
    metrics.record(&Ended {
        method: &Method::POST,
        route: "/v1/chat/completions",
        status: Some(StatusCode::OK),
        elapsed: Duration::from_secs(3),
        error: None,
        work: Some(work(&task, &usage)),
    });
    assert_eq!(task.generated.get(), 5);
    assert_eq!(metrics.prompt.with_label_values(&["m"]).get(), 7);
    let queued = metrics.queued.with_label_values(&["chat", "m"]);
    assert_eq!(queued.get_sample_count(), 1);
}

#[test]
fn a_made_up_method_is_no_label() {
    assert_eq!(method(&Method::GET), "GET");
    assert_eq!(
        method(&Method::from_bytes(b"BREW").expect("valid")),
        "_OTHER"
    );
}
