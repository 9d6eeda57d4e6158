//! Small pictures of numbers, each with its words.

use std::fmt::{self, Write as _};

use super::escape::Text;
use crate::stats::{Estimate, Interval};

/// Width of a picture, in pixels.
const WIDTH: f64 = 170.0;
/// Room at either end.
const MARGIN: f64 = 6.0;

/// The numbers that a picture is from and to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// From 0 to 1.
    pub(super) const UNIT: Self = Self {
        low: 0.0,
        high: 1.0,
    };

    /// All these numbers.
    pub(super) fn over(numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut axis = Self {
            low: f64::INFINITY,
            high: f64::NEG_INFINITY,
        };
        for number in numbers {
            axis.low = axis.low.min(number);
            axis.high = axis.high.max(number);
        }
        if axis.low < axis.high {
            return axis;
        }
        let middle = if axis.low.is_finite() { axis.low } else { 0.0 };
        Self {
            low: middle - 0.5,
            high: middle + 0.5,
        }
    }

    /// Zero in the middle, and all these numbers.
    pub(super) fn around_zero(numbers: impl IntoIterator<Item = f64>) -> Self {
        let size = numbers
            .into_iter()
            .fold(0.0_f64, |size, number| size.max(number.abs()));
        Self::over([-size, size])
    }

    fn x(self, number: f64) -> f64 {
        let share = (number - self.low) / (self.high - self.low);
        MARGIN + share.clamp(0.0, 1.0) * (WIDTH - 2.0 * MARGIN)
    }
}

fn begin(out: &mut String, height: u32, words: &str) -> fmt::Result {
    write!(
        out,
        "<svg width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"{}\">",
        Text(words)
    )
}

/// A value and its interval.
pub(super) fn interval(
    out: &mut String,
    estimate: &Estimate,
    axis: Axis,
    words: &str,
) -> fmt::Result {
    begin(out, 20, words)?;
    let (from, to) = (MARGIN, WIDTH - MARGIN);
    write!(out, "<path class=\"track\" d=\"M{from} 10H{to}\"/>")?;
    if axis.low < 0.0 && axis.high > 0.0 {
        write!(out, "<path class=\"zero\" d=\"M{:.1} 1V19\"/>", axis.x(0.0))?;
    }
    if let Some(Interval { low, high }) = estimate.interval {
        let (low, high) = (axis.x(low), axis.x(high));
        write!(out, "<path class=\"span\" d=\"M{low:.1} 10H{high:.1}\"/>")?;
    }
    let x = axis.x(estimate.value);
    write!(
        out,
        "<circle class=\"dot\" cx=\"{x:.1}\" cy=\"10\" r=\"4\"/></svg>"
    )
}

/// How many values there are of each size.
#[derive(Debug)]
struct Histogram {
    low: f64,
    high: f64,
    counts: Vec<u32>,
}

impl Histogram {
    const BINS: usize = 17;

    fn of(values: &[f64]) -> Self {
        let Axis { low, high } = Axis::over(values.iter().copied());
        let mut counts = vec![0; Self::BINS];
        for value in values {
            let share = (value - low) / (high - low);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a share is from 0 to 1"
            )]
            let bin = (share * Self::BINS as f64) as usize;
            counts[bin.min(Self::BINS - 1)] += 1;
        }
        Self { low, high, counts }
    }
}

/// The distribution of numbers.
pub(super) fn distribution(out: &mut String, values: &[f64]) -> fmt::Result {
    const HEIGHT: f64 = 30.0;
    let histogram = Histogram::of(values);
    let most = histogram.counts.iter().copied().max().unwrap_or(1).max(1);
    let words = format!(
        "{} values from {:.2} to {:.2}; from low to high: {:?}",
        values.len(),
        histogram.low,
        histogram.high,
        histogram.counts
    );
    begin(out, 32, &words)?;
    let mut x = 0.0;
    for count in &histogram.counts {
        let height = f64::from(*count) / f64::from(most) * HEIGHT;
        // What is there is seen.
        let height = if *count > 0 { height.max(1.5) } else { 0.0 };
        let y = HEIGHT - height;
        write!(
            out,
            "<rect class=\"bar\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"9\" height=\"{height:.1}\"/>"
        )?;
        x += 10.0;
    }
    write!(out, "<path class=\"track\" d=\"M0 31H{x:.0}\"/></svg>")
}

/// How many verdicts are yes.
pub(super) fn verdicts(out: &mut String, values: &[f64]) -> fmt::Result {
    let yes = values.iter().filter(|value| **value > 0.5).count();
    begin(out, 20, &format!("{yes} yes of {}", values.len()))?;
    #[expect(clippy::cast_precision_loss, reason = "a picture needs no more")]
    let width = WIDTH * yes as f64 / values.len().max(1) as f64;
    write!(
        out,
        "<rect class=\"rest\" y=\"5\" width=\"{WIDTH}\" height=\"10\" rx=\"3\"/>\
         <rect class=\"bar\" y=\"5\" width=\"{width:.1}\" height=\"10\" rx=\"3\"/></svg>"
    )
}
