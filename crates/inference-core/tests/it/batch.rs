//! The default `batch_generate` and `classify`.

use std::num::NonZeroUsize;

use futures::StreamExt as _;
use futures::executor::block_on;
use inference_core::{
    BatchOptions, ClassifyOptions, ErrorKind, GenerateOptions, Prompt, TextModel as _,
};

use crate::toy::Toy;

#[test]
fn one_failure_does_not_touch_the_others() {
    let toy = Toy::saying(&["ok"]);
    let prompts = ["one", "fail", "three"].map(Prompt::from).to_vec();
    let batch = BatchOptions::default().with_concurrency(NonZeroUsize::MIN);
    let answers = toy.batch_generate(prompts, GenerateOptions::default(), batch);
    let answers: Vec<_> = block_on(answers.collect());
    assert_eq!(answers.len(), 3);
    for (index, answer) in answers {
        assert_eq!(answer.is_err(), index == 1, "prompt {index}");
    }
}

#[test]
fn classification_is_refused_by_name_where_there_is_none() {
    let toy = Toy::saying(&[]);
    let answer = toy.classify(vec![Prompt::from("x")], ClassifyOptions::default());
    let error = block_on(answer).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(error.to_string(), "toy: classification is not supported");
}
