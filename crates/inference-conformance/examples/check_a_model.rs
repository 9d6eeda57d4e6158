//! Checks a model of one's own: here a scripted one that a wrapper has broken.
//!
//! Run it with `cargo run -p inference-conformance --example check_a_model`.
#![expect(clippy::print_stdout, reason = "an example prints")]

use std::sync::Arc;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use inference_conformance::{PlainSubject, ScriptedModel, ScriptedSubject, check_all};
use inference_core::{
    Error, Event, GenerateOptions, ModelInfo, OptionKind, Prompt, TextModel, TokenStream,
};

/// Takes characters apart: a common mistake of backends that decode tokens one by one.
struct Careless(ScriptedModel);

impl TextModel for Careless {
    fn info(&self) -> &ModelInfo {
        self.0.info()
    }

    fn supports(&self, option: OptionKind) -> bool {
        self.0.supports(option)
    }

    fn generate(&self, prompt: Prompt, options: GenerateOptions) -> TokenStream {
        let events = self.0.generate(prompt, options).map(|event| {
            let mut event = event?;
            if let Event::Token(token) = &mut event {
                let bytes = token.text.bytes();
                token.text = bytes
                    .map(|byte| String::from_utf8_lossy(&[byte]).into_owned())
                    .collect();
            }
            Ok(event)
        });
        TokenStream::new(&self.info().backend, events)
    }

    fn close(&self) -> BoxFuture<'_, Result<(), Error>> {
        self.0.close()
    }
}

fn main() {
    let model = Arc::new(Careless(ScriptedSubject::scripted()));
    let report = futures::executor::block_on(check_all(&PlainSubject::new(model)));
    println!("{report}");
}
