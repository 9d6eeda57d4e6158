//! The behaviour every inference backend must show, as checks to run in its tests.
//!
//! A backend gives a [`Subject`]: its model, and as much as it can of the faults it can provoke and
//! the activity it can show. [`check_all`] runs every [`Check`] on it, and the [`Report`] says
//! what passed, what failed and what could not be exercised.
//!
//! ```
//! use inference_conformance::{Kind, ScriptedSubject, check_all};
//!
//! # futures::executor::block_on(async {
//! let report = check_all(&ScriptedSubject::new()).await;
//! report.require(Kind::Http); // panics with what failed, or what was not exercised
//! # });
//! ```
//!
//! [`ScriptedModel`], the model behind that subject, is also of use where a test needs a model
//! that says what it is told to. With the feature `fake-server` there is a server that misbehaves
//! on purpose, `fake_server`.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod check;
mod checks;
#[cfg(feature = "fake-server")]
pub mod fake_server;
mod kind;
mod report;
mod scripted;
mod subject;
mod timer;

pub use check::{Check, Outcome};
pub use kind::Kind;
pub use report::{NotConformant, Report, check_all};
pub use scripted::{Script, ScriptedModel, ScriptedSubject};
pub use subject::{Activity, Fault, Limits, PlainSubject, Provoked, Scenario, Subject};
