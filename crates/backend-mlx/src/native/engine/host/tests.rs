//! The engine's policy, on a network that is exact and needs no time.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use futures::{FutureExt as _, StreamExt as _};
use inference_core::{ErrorKind, Event, GenerateOptions, Retry};
use tokio::sync::oneshot;

use super::{Limits, Readiness};
use crate::native::engine::outlet::Inlet;
use crate::native::engine::task::{Classify, Observe, Work};
use crate::native::engine::toy::{Fault, PLENTY, Stage, VOCABULARY, answer, next};
use crate::native::sampler::Sampler;

/// What has come of an answer so far, and has not been read.
fn unread(answer: &mut Inlet) -> Vec<u32> {
    let mut tokens = Vec::new();
    while let Some(Some(Ok(Event::Token(token)))) = answer.next().now_or_never() {
        tokens.extend(token.id);
    }
    tokens
}

#[test]
fn requests_join_and_leave_between_tokens_and_answer_as_they_would_alone() {
    let mut stage = Stage::new(PLENTY);
    let prompts: [&[u32]; 3] = [&[5, 6], &[7], &[9, 8, 7, 6]];
    let lengths = [20, 8, 3];
    let mut answers = Vec::new();
    for turn in 0.. {
        // One more after every third turn.
        if turn % 3 == 0 && answers.len() < prompts.len() {
            let next = answers.len();
            answers.push((stage.ask(prompts[next], lengths[next]), Vec::new()));
        }
        if stage.turn() != Readiness::Ready {
            break;
        }
        for (inlet, tokens) in &mut answers {
            tokens.extend(unread(inlet));
        }
    }
    for ((_, tokens), (prompt, length)) in answers.iter().zip(prompts.iter().zip(lengths)) {
        assert_eq!(*tokens, answer(prompt, length), "{prompt:?}");
    }
    let mut steps = stage.host.compute.steps.borrow().clone();
    steps.dedup();
    assert_eq!(steps, [1, 2, 3, 2, 1]);
}

#[test]
fn an_answer_of_one_token_ends_with_its_prefill() {
    let mut stage = Stage::new(PLENTY);
    let inlet = stage.ask(&[1, 2, 3], 1);
    assert_eq!(stage.tokens(inlet), answer(&[1, 2, 3], 1));
    assert!(stage.host.compute.steps.borrow().is_empty());
    assert_eq!(stage.link.status().kv_bytes.get(), 0);
}

#[test]
fn answers_go_on_while_a_prompt_is_read() {
    let mut stage = Stage::new(PLENTY);
    // Six slices and more for 300 tokens in 4 layers.
    stage.host.compute.work.set(Duration::from_millis(1));
    let mut first = stage.ask(&[1], 1000);
    while stage.host.running.is_empty() {
        stage.turn();
    }
    let long: Vec<u32> = (0..300).map(|n| n % 60 + 1).collect();
    let mut second = stage.ask(&long, 1);
    let (mut came, mut turns, mut longest) = (0, 0, Duration::ZERO);
    while unread(&mut second).is_empty() {
        came += unread(&mut first).len();
        let start = Instant::now();
        assert_eq!(stage.turn(), Readiness::Ready);
        longest = longest.max(start.elapsed());
        turns += 1;
    }
    assert!(turns > 12, "{turns}");
    assert!(came >= turns / 2 - 1, "{came} tokens in {turns} turns");
    assert!(longest < Duration::from_millis(250), "{longest:?}");
}

#[test]
fn prompts_that_are_short_are_read_together() {
    let mut stage = Stage::new(PLENTY);
    let answers: Vec<_> = (1..5).map(|n| stage.ask(&[n, 2, 3], 5)).collect();
    stage.turn();
    assert_eq!(stage.link.status().generating.get(), 4);
    for (n, inlet) in (1..5).zip(answers) {
        assert_eq!(stage.tokens(inlet), answer(&[n, 2, 3], 5));
    }
}

#[test]
fn the_same_prompt_is_computed_once() {
    let mut stage = Stage::new(PLENTY);
    let prompt = [3, 1, 4, 1, 5, 9, 2, 6];
    for (cached, computed) in [(0, 8), (7, 1)] {
        stage.host.compute.chunks.borrow_mut().clear();
        let inlet = stage.ask(&prompt, 4);
        let (tokens, end) = stage.read(inlet);
        assert_eq!(tokens, answer(&prompt, 4));
        let usage = end.unwrap().usage;
        assert_eq!(usage.cached_tokens, Some(cached));
        assert_eq!(usage.prompt_tokens, Some(8));
        let chunks = stage.host.compute.chunks.borrow();
        assert_eq!(chunks.iter().sum::<usize>(), computed);
    }
    // The answer was computed as well, but for its last token.
    let longer = [&prompt[..], &answer(&prompt, 4), &[7]].concat();
    let inlet = stage.ask(&longer, 2);
    let (tokens, end) = stage.read(inlet);
    assert_eq!(tokens, answer(&longer, 2));
    assert_eq!(end.unwrap().usage.cached_tokens, Some(11));
}

#[test]
fn a_prompt_begins_where_a_running_one_does() {
    let mut stage = Stage::new(PLENTY);
    let mut first = stage.ask(&[1, 2, 3, 4, 5], 100);
    while unread(&mut first).is_empty() {
        stage.turn();
    }
    let inlet = stage.ask(&[1, 2, 3, 9], 2);
    let (tokens, end) = stage.read(inlet);
    assert_eq!(tokens, answer(&[1, 2, 3, 9], 2));
    assert_eq!(end.unwrap().usage.cached_tokens, Some(3));
}

#[test]
fn the_prefix_cache_keeps_to_its_bounds_and_gives_way_to_requests() {
    let mut stage = Stage::new(Limits {
        slots: 1,
        kv_bytes: 40,
        prefix_bytes: 25,
    });
    for start in [10, 20, 30] {
        let prompt: Vec<u32> = (start..start + 10).collect();
        let inlet = stage.ask(&prompt, 2);
        stage.tokens(inlet);
    }
    stage.run();
    assert_eq!(stage.link.status().prefix_bytes.get(), 22);
    let mut inlet = stage.ask(&[7; 20], 10);
    while unread(&mut inlet).is_empty() {
        stage.turn();
    }
    let status = stage.link.status();
    assert_eq!((status.kv_bytes.get(), status.prefix_bytes.get()), (30, 0));
}

#[test]
fn a_reader_who_waits_stops_its_own_answer_alone() {
    let mut stage = Stage::new(PLENTY);
    let slow = stage.ask(&[1, 2], 50);
    stage.run();
    assert_eq!(stage.link.status().tokens.get(), 2);
    let quick = stage.ask(&[3, 4], 20);
    assert_eq!(stage.tokens(quick), answer(&[3, 4], 20));
    assert_eq!(stage.link.status().tokens.get(), 22);
    assert_eq!(stage.tokens(slow), answer(&[1, 2], 50));
}

#[test]
fn what_nobody_waits_for_is_dropped_at_once_wherever_it_is() {
    let mut stage = Stage::new(Limits { slots: 1, ..PLENTY });
    let mut running = stage.ask(&[1], 100);
    while unread(&mut running).is_empty() {
        stage.turn();
    }
    let waiting = stage.ask(&[2], 100);
    stage.host.look();
    let status = |stage: &Stage| {
        let status = stage.link.status();
        (
            status.generating.get(),
            status.waiting.get(),
            status.kv_bytes.get(),
        )
    };
    assert_eq!(status(&stage), (1, 1, 101));
    drop(waiting);
    stage.host.look();
    assert_eq!(status(&stage), (1, 0, 101));
    drop(running);
    assert_eq!(stage.host.look(), Readiness::Waiting);
    assert_eq!(status(&stage), (0, 0, 0));

    let reading = stage.ask(&[3; 100], 10);
    stage.turn();
    assert_eq!(status(&stage), (1, 0, 110));
    drop(reading);
    assert_eq!(stage.host.look(), Readiness::Waiting);
    assert_eq!(status(&stage), (0, 0, 0));
    let inlet = stage.ask(&[4], 3);
    assert_eq!(stage.tokens(inlet), answer(&[4], 3));
}

#[test]
fn what_never_fits_is_refused_and_what_fits_later_waits_in_line() {
    let mut stage = Stage::new(Limits {
        slots: 4,
        kv_bytes: 100,
        prefix_bytes: 0,
    });
    let inlet = stage.ask(&[1; 20], 81);
    let error = stage.read(inlet).1.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfMemory);
    assert_eq!(error.retry(), Retry::ShrinkContext);

    let mut first = stage.ask(&[1; 20], 60);
    let mut second = stage.ask(&[2; 20], 60);
    let mut third = stage.ask(&[3], 1);
    while unread(&mut first).is_empty() {
        stage.turn();
    }
    stage.run();
    assert!(unread(&mut second).is_empty() && unread(&mut third).is_empty());
    assert_eq!(stage.link.status().waiting.get(), 2);
    drop(first);
    assert_eq!(stage.tokens(second), answer(&[2; 20], 60));
    assert_eq!(stage.tokens(third), answer(&[3], 1));
}

#[test]
fn an_open_answer_gets_memory_as_it_goes_and_ends_where_there_is_no_more() {
    let mut stage = Stage::new(Limits {
        slots: 2,
        kv_bytes: 2000,
        prefix_bytes: 0,
    });
    let inlet = stage.ask_open(&[1; 10], 1_000_000);
    let tokens = stage.tokens(inlet);
    // 1024 tokens at first, then 256 at a time; the last token needs no room.
    assert_eq!(tokens.len(), 1024 + 3 * 256 + 1);
    assert_eq!(tokens, answer(&[1; 10], tokens.len()));
    assert_eq!(stage.link.status().kv_bytes.get(), 0);
    let inlet = stage.ask_open(&[1; 10], 5);
    assert_eq!(stage.tokens(inlet).len(), 5);
}

#[test]
fn a_step_that_fails_ends_its_answers_and_nothing_else() {
    let mut stage = Stage::new(PLENTY);
    let mut first = stage.ask(&[1], 100);
    let mut second = stage.ask(&[2], 100);
    while unread(&mut second).is_empty() {
        unread(&mut first);
        stage.turn();
    }
    unread(&mut first);
    stage.host.turn = super::Turn::Prefill;
    stage.host.compute.fault.set(Fault::Fails);
    stage.turn();
    for inlet in [first, second] {
        let error = stage.read(inlet).1.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Backend);
    }
    stage.host.compute.fault.set(Fault::Fails);
    let reading = stage.ask(&[3], 5);
    assert!(stage.read(reading).1.is_err());
    assert_eq!(stage.link.status().kv_bytes.get(), 0);
    let inlet = stage.ask(&[4], 5);
    assert_eq!(stage.tokens(inlet), answer(&[4], 5));
}

#[test]
fn slots_bound_the_batch() {
    let mut stage = Stage::new(Limits { slots: 2, ..PLENTY });
    let mut answers: Vec<_> = (1..6)
        .map(|n| (n, stage.ask(&[n], 7), Vec::new()))
        .collect();
    while stage.turn() == Readiness::Ready {
        for (_, inlet, tokens) in &mut answers {
            tokens.extend(unread(inlet));
        }
    }
    for (n, _, tokens) in &answers {
        assert_eq!(*tokens, answer(&[*n], 7));
    }
    assert_eq!(stage.host.compute.steps.borrow().iter().max(), Some(&2));
}

#[test]
fn each_request_has_its_own_adapter() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| {
        let path = folder.path().join(name);
        fs::write(&path, "").unwrap();
        path
    };
    let adapters = [None, Some(path("1")), None, Some(path("2"))];
    let mut stage = Stage::new(PLENTY);
    let inlets: Vec<_> = adapters
        .iter()
        .map(|adapter| stage.ask_with(&[1, 2, 3], 1, adapter.as_deref()))
        .collect();
    let mut said = Vec::new();
    for inlet in inlets {
        let (tokens, end) = stage.read(inlet);
        said.push((tokens[0], end.unwrap().usage.cached_tokens.unwrap()));
    }
    let alone = |adapter| next(&[1, 2, 3], adapter);
    let expected = [(alone(0), 0), (alone(1), 0), (alone(0), 2), (alone(2), 0)];
    assert_eq!(said, expected, "what one adapter computed serves no other");

    let inlet = stage.ask_with(&[1], 1, Some(Path::new("/nowhere/none")));
    let error = stage.read(inlet).1.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(stage.link.status().kv_bytes.get(), 0);
}

#[test]
fn many_prompts_are_classified_together() {
    let mut stage = Stage::new(PLENTY);
    let prompts: Vec<Vec<u32>> = (1..40).map(|n| vec![n; n as usize]).collect();
    let (reply, mut classified) = oneshot::channel();
    let options = GenerateOptions::default().temperature(0.0).logprobs(2);
    let classify = Classify {
        prompts: prompts.clone(),
        sampler: Sampler::new(&options, VOCABULARY as usize).unwrap(),
        logits: true,
        reply,
    };
    stage.link.submit(None, Work::Classify(classify)).unwrap();
    stage.run();
    let classified = classified.try_recv().unwrap().unwrap();
    assert_eq!(classified.len(), prompts.len());
    for ((sampled, logits), prompt) in classified.iter().zip(&prompts) {
        assert_eq!(sampled.id, next(prompt, 0));
        assert_eq!(logits.as_ref().unwrap().len(), VOCABULARY as usize);
        assert_eq!(sampled.alternatives.len(), 2);
    }
    assert!(stage.host.compute.chunks.borrow().len() < 8);
    assert_eq!(stage.link.status().kv_bytes.get(), 0);
}

#[test]
fn a_close_ends_everything_with_closed() {
    let mut stage = Stage::new(Limits { slots: 1, ..PLENTY });
    let mut running = stage.ask(&[1], 100);
    while unread(&mut running).is_empty() {
        stage.turn();
    }
    let waiting = stage.ask(&[2], 100);
    stage.link.status().close();
    assert_eq!(stage.host.look(), Readiness::Gone);
    let error = stage.link.status().ending();
    stage.host.end(&error);
    for inlet in [running, waiting] {
        let error = stage.read(inlet).1.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed);
    }
    assert_eq!(stage.link.status().kv_bytes.get(), 0);
}

#[test]
fn an_observation_waits_its_turn() {
    let mut stage = Stage::new(PLENTY);
    let (reply, mut observed) = oneshot::channel();
    let prompt = vec![1, 2, 3];
    let work = Work::Observe(Observe { prompt, reply });
    stage.link.submit(None, work).unwrap();
    stage.run();
    assert_eq!(observed.try_recv().unwrap().unwrap().seq_len, 3);
}
