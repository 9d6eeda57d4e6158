//! The contract between language models and the programs that use them.
//!
//! A backend implements [`TextModel`]: a prompt and options in, a [`TokenStream`] out. Programs
//! hold an `Arc<dyn TextModel>` and never know which backend it is. [`Backend`] is the older
//! interface of plain strings, which every text model also has through [`InferenceAdapter`].
//! A [`Registry`] of [`ModelLoader`]s decides which backend loads a model.
//!
//! This crate has no runtime, no HTTP and no process in it.
//!
//! ```
//! use futures::StreamExt;
//! use inference_core::{Event, GenerateOptions, Prompt, TextModel};
//!
//! async fn answer(model: &dyn TextModel) -> Result<String, inference_core::Error> {
//!     let options = GenerateOptions::default().max_tokens(64);
//!     let mut stream = model.generate(Prompt::user("What is the capital of France?"), options);
//!     let mut text = String::new();
//!     while let Some(event) = stream.next().await {
//!         match event? {
//!             Event::Token(token) => text.push_str(&token.text),
//!             Event::Finished(summary) => println!("{:?}", summary.finish_reason),
//!             _ => {}
//!         }
//!     }
//!     Ok(text)
//! }
//! ```

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/backends.md")]
struct GuideToBackends;

mod adapter;
mod attention;
mod availability;
mod backend;
mod backend_model;
mod classify;
mod discovery;
mod error;
mod event;
mod generation;
mod gguf;
mod info;
mod load;
mod message;
mod needle;
mod options;
mod registry;
mod stop;
mod stream;
mod streaming_backend;
mod text_model;
mod think;

pub use adapter::InferenceAdapter;
pub use attention::{AttentionInspector, AttentionSnapshot};
pub use availability::Availability;
pub use backend::Backend;
pub use backend_model::BackendModel;
pub use classify::{Classification, ClassifyOptions};
pub use discovery::{DiscoveredModel, DiscoverySource, ModelFormat, Places, discover};
pub use error::{BoxError, Error, ErrorKind, Retry};
pub use event::{Alternative, Event, FinishReason, Metrics, Summary, Token, Usage};
pub use generation::{Generation, GenerationError, Partial};
pub use gguf::{
    GgufError, GgufFileType, GgufHeader, GgufPreamble, GgufReader, GgufScalar, GgufScalarType,
    GgufType,
};
pub use info::ModelInfo;
pub use load::{LoadOptionKind, LoadOptions, LoadProgress, ModelSource, ProgressCallback};
pub use message::{Message, Prompt, Role, ToolCall};
pub use options::{EntryPoint, GenerateOptions, OptionKind, Tool, ToolChoice};
pub use registry::{ModelLoader, Registry};
pub use stop::{StopMatcher, StopStep};
pub use stream::{ForEachError, TokenStream};
#[expect(deprecated, reason = "kept for callers that still stream by callback")]
pub use streaming_backend::StreamingBackend;
pub use streaming_backend::TokenCallback;
pub use text_model::{BatchOptions, TextModel};
pub use think::{ThinkPart, ThinkSplitter};
