//! Single scores and small batches by name, and how much text the heuristics read a second:
//! `cargo bench -p ml-judge --bench cases`. Aim: legacy heuristics at least 100 MB/s on one core
//! over the golden texts, which have 117,128 bytes, and those of mode v2 at least 50 MB/s over them
//! and over English prose.

#[path = "cases/gate.rs"]
mod gate;
#[path = "cases/judge.rs"]
mod judge;
#[path = "cases/text.rs"]
mod text;

use std::num::NonZeroUsize;

use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use futures::executor::block_on;
use futures::{StreamExt as _, future, stream};
use ml_judge::{Engine, Order, Response, legacy, refusal};

use judge::Judged;
use text::Case;

fn main() {
    gate::check();
    divan::main();
}

#[divan::bench(name = "golden texts, legacy")]
fn golden_texts(bencher: Bencher<'_, '_>) {
    each(bencher, &text::golden(), legacy::heuristics);
}

#[divan::bench(name = "golden texts, v2")]
fn golden_texts_v2(bencher: Bencher<'_, '_>) {
    each(bencher, &text::golden(), ml_judge::heuristics);
}

#[divan::bench(name = "prose, v2")]
fn prose_v2(bencher: Bencher<'_, '_>) {
    each(bencher, &text::prose(), ml_judge::heuristics);
}

#[divan::bench(name = "prose, refusal")]
fn prose_refusal(bencher: Bencher<'_, '_>) {
    each(bencher, &text::prose(), |text| {
        refusal::detect("How is a score made?", text)
    });
}

/// Every text once.
fn each<T>(bencher: Bencher<'_, '_>, texts: &[String], score: impl Fn(&str) -> T) {
    let bytes: usize = texts.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        for text in texts {
            black_box(score(black_box(text)));
        }
    });
}

#[divan::bench(name = "HeuristicScore", args = text::HEURISTIC_SCORE)]
fn heuristic_score(bencher: Bencher<'_, '_>, case: &Case) {
    heuristics(bencher, &case.text());
}

/// All sub-scores are found together, so each case is the whole on a text that has much of one.
#[divan::bench(name = "SubScore", args = text::SUB_SCORE)]
fn sub_score(bencher: Bencher<'_, '_>, case: &Case) {
    heuristics(bencher, &case.text());
}

fn heuristics(bencher: Bencher<'_, '_>, text: &str) {
    let bytes = BytesCount::of_str(text);
    bencher
        .counter(bytes)
        .bench_local(|| legacy::heuristics(black_box(text)));
}

#[divan::bench(name = "ExactMatch", args = text::EXACT_MATCH)]
fn exact_match(bencher: Bencher<'_, '_>, case: &Case) {
    let text = case.text();
    bencher.bench_local(|| legacy::exact(black_box(&text), "42"));
}

#[divan::bench(name = "JudgeExtractJSON", args = text::JUDGE_EXTRACT_JSON)]
fn judge_extract_json(bencher: Bencher<'_, '_>, case: &Case) {
    let text = case.text();
    bencher.bench_local(|| legacy::json_object(black_box(&text)).map(str::len));
}

/// From the evidence through prompt and reply of a model in memory to a score.
#[divan::bench(name = "Judge", args = Judged::ALL)]
fn round_trip(bencher: Bencher<'_, '_>, judged: Judged) {
    bencher
        .with_inputs(|| judged.court())
        .bench_local_refs(|court| judge::score(court));
}

/// A hundred responses through the engine, four at a time.
#[divan::bench(name = "ScoreAll", args = text::SCORE_ALL)]
fn score_all(bencher: Bencher<'_, '_>, case: &Case) {
    let response = |id: usize| Response::new(id.to_string(), "How many are left?", case.text());
    let responses: Vec<_> = (0..100).map(response).collect();
    let engine = Engine::new(NonZeroUsize::new(4).expect("4 is not 0")).order(Order::Kept);
    let score = |response: &Response| match case.name {
        "HeuristicOnly" => legacy::heuristics(&response.response).lek_score,
        _ => f64::from(u8::from(legacy::exact(&response.response, "42").correct)),
    };
    bencher
        .counter(ItemsCount::new(responses.len()))
        .bench_local(|| {
            let scores = engine.run(stream::iter(&responses), |r| future::ready(score(r)));
            block_on(
                scores
                    .map(|score| score.expect("nothing interrupts"))
                    .collect::<Vec<_>>(),
            )
        });
}
