//! The sampler beside one that sorts everything and adds floats.

use proptest::prelude::*;

use super::*;

/// What is left to choose from and with which probability, likeliest first.
struct Reference {
    kept: Vec<(u32, f64)>,
    /// A sum or a quotient was so near to its limit that rounding decides.
    undecided: bool,
}

/// The chain of llama.cpp (src/llama-sampler.cpp), step by step.
fn reference(logits: &[f32], options: &GenerateOptions) -> Reference {
    let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
    let mut undecided = false;
    let mut kept: Vec<(u32, f64)> = (0..).zip(logits.iter().copied().map(f64::from)).collect();
    kept.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    if let Some(k @ 1..) = options.top_k {
        kept.truncate(k as usize);
    }
    if let Some(p) = options.top_p.filter(|p| *p < 1.0) {
        let mut sum = 0.0;
        let mut enough = 0;
        for (_, probability) in softmax(&kept, 1.0) {
            sum += probability;
            enough += 1;
            undecided |= near(sum, p);
            if sum >= p {
                break;
            }
        }
        kept.truncate(enough);
    }
    if let Some(p) = options.min_p.filter(|p| *p > 0.0) {
        let least = kept[0].1 + p.ln();
        undecided |= kept.iter().any(|(_, logit)| near(*logit, least));
        kept.retain(|(_, logit)| *logit >= least);
    }
    Reference {
        kept: softmax(&kept, options.temperature.expect("a temperature")),
        undecided,
    }
}

fn softmax(logits: &[(u32, f64)], temperature: f64) -> Vec<(u32, f64)> {
    let exp = |(id, logit): &(u32, f64)| (*id, ((logit - logits[0].1) / temperature).exp());
    let sum: f64 = logits.iter().map(exp).map(|(_, exp)| exp).sum();
    let normalised = logits.iter().map(exp).map(|(id, exp)| (id, exp / sum));
    normalised.collect()
}

fn warm() -> GenerateOptions {
    GenerateOptions::default().temperature(1.0).seed(0)
}

fn greedy() -> GenerateOptions {
    GenerateOptions::default().temperature(0.0)
}

#[track_caller]
fn sampler(options: &GenerateOptions, logits: &[f32]) -> Sampler {
    Sampler::new(options, logits.len()).expect("a sampler")
}

#[track_caller]
fn sample(options: &GenerateOptions, logits: &[f32], history: &[u32]) -> Sampled {
    sampler(options, logits)
        .sample(logits, history, &mut Scratch::default())
        .expect("a token")
}

fn draws(options: &GenerateOptions, logits: &[f32], count: usize) -> Vec<u32> {
    let mut sampler = sampler(options, logits);
    let mut scratch = Scratch::default();
    let mut draw = || {
        sampler
            .sample(logits, &[], &mut scratch)
            .expect("a token")
            .id
    };
    (0..count).map(|_| draw()).collect()
}

/// Logits as models give them, with equal ones and excluded ones among them.
fn logits() -> impl Strategy<Value = Vec<f32>> {
    let one = prop_oneof![
        6 => -12.0_f32..12.0,
        2 => (-8_i8..8).prop_map(f32::from),
        1 => Just(f32::NEG_INFINITY),
    ];
    (prop::collection::vec(one, 1..700), -5.0_f32..5.0).prop_map(|(mut logits, first)| {
        logits[0] = first;
        logits
    })
}

fn filters() -> impl Strategy<Value = GenerateOptions> {
    let top_k = prop::option::of(0_u32..800);
    let top_p = prop::option::of(prop_oneof![1e-6_f64..1.0, Just(1.0), 0.9_f64..0.999]);
    let min_p = prop::option::of(prop_oneof![0.0_f64..1.0, Just(1.0), 0.0_f64..0.01]);
    (top_k, top_p, min_p, 0.05_f64..3.0).prop_map(|(top_k, top_p, min_p, temperature)| {
        let mut options = warm().temperature(temperature);
        (options.top_k, options.top_p, options.min_p) = (top_k, top_p, min_p);
        options
    })
}

proptest! {
    #[test]
    fn filters_keep_what_a_full_sort_keeps(logits in logits(), options in filters()) {
        let expected = reference(&logits, &options);
        prop_assume!(!expected.undecided);
        let highest = scan::highest(&logits).expect("numbers");
        let mut scratch = Scratch::default();
        sampler(&options, &logits).filter(&logits, highest, &mut scratch);
        let mut expected: Vec<u32> = expected.kept.iter().map(|(id, _)| *id).collect();
        expected.sort_unstable();
        let kept: Vec<u32> = scratch.kept.iter().map(|key| key.id()).collect();
        prop_assert_eq!(kept, expected);
    }

    #[test]
    fn greedy_takes_the_first_of_the_likeliest(logits in logits()) {
        let expected = reference(&logits, &warm()).kept[0].0;
        prop_assert_eq!(sample(&greedy(), &logits, &[]).id, expected);
        // What is greedy draws nothing, whatever else is set.
        let filtered = greedy().top_k(1).top_p(0.1).min_p(0.5);
        prop_assert_eq!(sample(&filtered, &logits, &[]).id, expected);
    }

    #[test]
    fn log_probabilities_are_those_of_the_raw_logits(
        logits in logits(),
        options in filters(),
        count in 0_u8..40,
    ) {
        let all = reference(&logits, &warm()).kept;
        let penalised = options.repeat_penalty(1.7).logprobs(count);
        let sampled = sample(&penalised, &logits, &[0, 1, 2]);
        let logprob = |id: u32| all.iter().find(|(other, _)| *other == id).expect("an id").1.ln();
        let close = |found: f32, id| (f64::from(found) - logprob(id)).abs() < 1e-5;
        prop_assert!(close(sampled.logprob.expect("asked for"), sampled.id));
        let listed = all.iter().filter(|(_, p)| *p > 0.0).take(count.into());
        let listed: Vec<u32> = listed.map(|(id, _)| *id).collect();
        let ids: Vec<u32> = sampled.alternatives.iter().map(|(id, _)| *id).collect();
        prop_assert_eq!(ids, listed);
        prop_assert!(sampled.alternatives.iter().all(|(id, found)| close(*found, *id)));
    }

    #[test]
    fn no_bits_make_it_panic(bits in prop::collection::vec(any::<u32>(), 1..300), seed: u64) {
        let logits: Vec<f32> = bits.iter().copied().map(f32::from_bits).collect();
        let options = warm().seed(seed).top_p(0.5).repeat_penalty(1e-300).logprobs(3);
        let mut sampler = sampler(&options, &logits);
        let numbers = logits.iter().all(|logit| !logit.is_nan() && *logit < f32::INFINITY)
            && logits.iter().any(|logit| logit.is_finite());
        let sampled = sampler.sample(&logits, &[], &mut Scratch::default());
        prop_assert_eq!(sampled.is_ok(), numbers);
        sampler.sample(&logits, &bits, &mut Scratch::default()).ok();
    }
}

#[test]
fn the_token_that_reaches_p_exactly_is_the_last() {
    let kept = |p| {
        let logits = [1.0; 8];
        let highest = scan::highest(&logits).expect("numbers");
        let mut scratch = Scratch::default();
        sampler(&warm().top_p(p), &logits).filter(&logits, highest, &mut scratch);
        scratch.kept.iter().map(|key| key.id()).collect::<Vec<_>>()
    };
    assert_eq!(kept(0.5), [0, 1, 2, 3]);
    assert_eq!(kept(0.51), [0, 1, 2, 3, 4]);
    assert_eq!(kept(1e-9), [0]);
}

#[test]
fn draws_come_as_often_as_they_are_likely() {
    let logits = [2.0, -1.0, 0.5, 0.5, f32::NEG_INFINITY, 1.5, -3.0, 0.0];
    let count = 100_000;
    for (seed, options) in (0..).zip([
        warm(),
        warm().temperature(0.3),
        warm().temperature(5.0),
        warm().top_k(3),
        warm().top_p(0.8).temperature(2.0),
        warm().min_p(0.2),
        warm().top_k(6).top_p(0.95).min_p(0.05).temperature(0.7),
    ]) {
        let drawn = draws(&options.clone().seed(seed), &logits, count);
        let expected = reference(&logits, &options).kept;
        for id in 0..8 {
            let probability = expected.iter().find(|(other, _)| *other == id);
            let probability = probability.map_or(0.0, |(_, p)| *p);
            let found = drawn.iter().filter(|other| **other == id).count();
            #[expect(clippy::cast_precision_loss, reason = "small counts")]
            let (found, count) = (found as f64, count as f64);
            let spread = (count * probability * (1.0 - probability)).sqrt();
            assert!(
                (found - count * probability).abs() <= 4.5 * spread,
                "token {id} of {options:?} came {found} times, not {}",
                count * probability
            );
        }
    }
}

#[test]
fn the_ids_of_a_seed_are_the_same_on_every_platform() {
    let logits: Vec<f32> = (0..5000_u16)
        .map(|id| f32::from(id.wrapping_mul(40_503) >> 4) / 400.0)
        .collect();
    // Computed in Python, with a full sort and its own exponential.
    let sampled = |options: GenerateOptions| draws(&options, &logits, 8);
    let seed = warm().seed(42);
    assert_eq!(
        sampled(seed.clone()),
        [3715, 812, 1414, 1741, 194, 4338, 1105, 4006]
    );
    assert_eq!(
        sampled(seed.clone().temperature(0.7).top_p(0.9)),
        [3715, 820, 1419, 1752, 199, 4338, 1118, 4006]
    );
    assert_eq!(
        sampled(seed.clone().top_k(40)),
        [3550, 843, 1453, 1686, 288, 4105, 1076, 3872]
    );
    assert_eq!(
        sampled(seed.clone().min_p(0.1)),
        [3715, 817, 1419, 1744, 194, 4338, 1105, 4006]
    );
    assert_eq!(sampled(seed.clone()), sampled(seed));
    assert_ne!(sampled(warm().seed(43)), sampled(warm().seed(42)));
}

#[test]
fn without_a_seed_answers_differ() {
    let logits = vec![0.0; 1000];
    let mut unseeded = warm();
    unseeded.seed = None;
    assert_ne!(draws(&unseeded, &logits, 16), draws(&unseeded, &logits, 16));
}

#[test]
fn the_penalty_takes_each_token_of_the_window_once() {
    let logits = [4.0, 3.0, -1.0, -1.5];
    let penalty = greedy().repeat_penalty(2.0);
    let id = |options: &GenerateOptions, history: &[u32]| sample(options, &logits, history).id;
    assert_eq!(id(&greedy(), &[0, 0, 0]), 0, "off");
    assert_eq!(id(&penalty, &[]), 0);
    assert_eq!(id(&penalty, &[0]), 1, "4 / 2 is below 3");
    assert_eq!(
        id(&penalty, &[0, 1, 0, 0]),
        0,
        "4 / 2 is above 3 / 2, once each"
    );
    assert_eq!(id(&penalty.clone().repeat_window(2), &[0, 2, 3]), 0);
    assert_eq!(id(&penalty.clone().repeat_window(3), &[0, 2, 3]), 1);
    assert_eq!(
        id(&penalty.clone().repeat_window(0), &[0]),
        0,
        "looks at none"
    );
    assert_eq!(id(&penalty, &[0, 4, u32::MAX]), 1, "ids of no token");

    let negative = [-1.0, -1.5];
    assert_eq!(
        sample(&penalty, &negative, &[0]).id,
        1,
        "-1 x 2 is below -1.5"
    );
    let encouraged = greedy().repeat_penalty(0.25);
    assert_eq!(
        sample(&encouraged, &logits, &[1]).id,
        1,
        "3 / 0.25 is above 4"
    );
    let many = vec![1; 65];
    assert_eq!(
        id(&penalty, &[&[0], &many[..63]].concat()),
        0,
        "both are in the 64"
    );
    assert_eq!(id(&penalty, &[&[0], &many[..]].concat()), 0, "only 1 is");
    assert_eq!(id(&penalty, &[&[1], &vec![0; 64][..]].concat()), 1);
}

#[test]
fn what_cannot_be_chosen_by_is_an_error() {
    let mut scratch = Scratch::default();
    let mut sampler = Sampler::new(&warm().repeat_penalty(1e-300), 2).expect("a sampler");
    let mut error = |logits: &[f32], history: &[u32]| {
        let error = sampler.sample(logits, history, &mut scratch);
        error.expect_err("refused").to_string()
    };
    let shown = "the logits of the next token are not numbers to choose by (NaN or infinite)";
    assert_eq!(error(&[f32::NAN, 0.0], &[]), shown);
    assert_eq!(error(&[f32::NEG_INFINITY; 2], &[]), shown);
    assert!(error(&[1.0, 0.0], &[0]).contains("after the repeat penalty"));
    assert_eq!(
        error(&[1.0; 3], &[]),
        "3 logits for a vocabulary of 2 entries"
    );
    for size in [0, MAX_VOCABULARY + 1] {
        let error = Sampler::new(&warm(), size).expect_err("refused");
        assert!(error.to_string().contains(&size.to_string()));
        assert_eq!(Error::from(error).kind(), ErrorKind::InvalidModel);
    }
}

#[test]
fn a_step_leaves_nothing_behind_for_the_next() {
    let sets = [[3.0, 2.0, 1.0, 0.0], [0.0, 1.0, 2.0, 3.0]];
    let options = warm().repeat_penalty(1.5).top_k(3).top_p(0.9).logprobs(2);
    let mut scratch = Scratch::default();
    let mut shared = sampler(&options, &sets[0]);
    let mut alone = sampler(&options, &sets[0]);
    for step in 0..50 {
        let logits = &sets[step % 2];
        let history = [u32::try_from(step % 4).expect("small")];
        assert_eq!(
            shared
                .sample(logits, &history, &mut scratch)
                .expect("a token"),
            alone
                .sample(logits, &history, &mut Scratch::default())
                .expect("a token"),
        );
    }
}
