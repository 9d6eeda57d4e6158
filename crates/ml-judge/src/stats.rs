//! Intervals, tests and agreement: how sure a number is, and whether two differ.
//!
//! Functions are pure and never panic: what cannot be computed is a [`StatsError`]. What is
//! resampled is seeded and gives the same on every system, up to the last digits in which the
//! systems' exponential functions differ. Every function is checked against scipy, statsmodels or
//! krippendorff.
//!
//! ```
//! use ml_judge::stats::{Bootstrap, Confidence, McNemar, wilson};
//!
//! let right = wilson(81, 100, Confidence::default())?;
//! assert!(right.low > 0.72 && right.high < 0.88);
//!
//! let mean = Bootstrap::default().mean(&[0.5, 0.75, 1.0, 0.25, 0.75])?;
//! assert_eq!(mean.value, 0.65);
//!
//! let pairs = [(true, false), (true, true), (false, true), (false, true)];
//! let test = McNemar::of(pairs)?;
//! assert_eq!((test.only_first, test.only_second), (1, 2));
//! assert_eq!(test.exact_p, 1.0);
//! # Ok::<(), ml_judge::stats::StatsError>(())
//! ```

mod agreement;
mod alpha;
mod bca;
mod bootstrap;
mod classification;
mod effect;
mod error;
mod estimate;
mod holm;
mod kappa;
mod mcnemar;
mod normal;
mod permutation;
mod power;
mod proportion;
mod random;

pub use agreement::mean_absolute_error;
pub use alpha::{Level, alpha};
pub use bootstrap::{Bootstrap, PairedDifference};
pub use classification::Confusion;
pub use effect::{cliffs_delta, cohens_d_paired, cohens_h};
pub use error::StatsError;
pub use estimate::{Confidence, Estimate, Interval};
pub use holm::holm;
pub use kappa::{Weights, kappa};
pub use mcnemar::McNemar;
pub use permutation::{Permutation, PermutationTest, Resampling};
pub use power::{Design, detectable_mean_difference, detectable_proportion_difference};
pub use proportion::wilson;
pub use random::Random;

#[cfg(test)]
mod tests;
