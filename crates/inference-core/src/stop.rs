//! Stop strings, found across token borders without ever showing a part of one.

use crate::needle::Needle;

/// Cuts text that arrives in pieces before the earliest occurrence of a stop string.
///
/// The result does not depend on how the text is divided into pieces: it is the whole text up to
/// where the first stop string *starts*. Text that may still turn out to be part of a stop string
/// is held back, fewer bytes than the longest stop string has, and so is a stop that is found
/// while one that starts earlier may still be completed.
///
/// Empty stop strings are ignored: they would end every answer before its first character.
///
/// ```
/// use inference_core::StopMatcher;
///
/// let mut stops = StopMatcher::new(["###", "User:"]);
/// assert_eq!(stops.push("Paris.\nUs").text, "Paris.\n");
/// assert_eq!(stops.push("ing #").text, "Using ");
/// let step = stops.push("## and more");
/// assert_eq!((step.text.as_str(), step.stopped), ("", true));
/// assert_eq!(stops.matched(), Some("###"));
/// ```
#[derive(Debug, Clone)]
pub struct StopMatcher {
    needles: Vec<Needle>,
    held: String,
    found: Option<Found>,
    ended: bool,
}

/// What is known after one more piece of text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "the text must be shown, and the generation ended when a stop string was hit"]
pub struct StopStep {
    /// Text that can be shown now; never a part of a stop string. May be empty.
    pub text: String,
    /// A stop string was hit: the generation is over and `text` was the last of it.
    pub stopped: bool,
}

/// A complete stop string: which one, and where in the held text it starts.
#[derive(Debug, Clone, Copy)]
struct Found {
    needle: usize,
    start: usize,
}

impl StopMatcher {
    /// A matcher for these stop strings; without any non-empty one, all text passes through.
    pub fn new<I>(stops: I) -> Self
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let needles = stops
            .into_iter()
            .filter(|stop| !stop.as_ref().is_empty())
            .map(|stop| Needle::new(stop.as_ref()))
            .collect();
        Self {
            needles,
            held: String::new(),
            found: None,
            ended: false,
        }
    }

    /// Takes the next piece of text, of any length, and gives what can surely be shown.
    ///
    /// After a stop, and after [`finish`](Self::finish), further pieces are dropped.
    pub fn push(&mut self, piece: &str) -> StopStep {
        if self.ended {
            return StopStep::default();
        }
        if self.needles.is_empty() {
            return StopStep {
                text: piece.to_owned(),
                stopped: false,
            };
        }
        let old = self.held.len();
        self.held.push_str(piece);
        for (i, &byte) in piece.as_bytes().iter().enumerate() {
            let end = old + i + 1;
            self.advance(byte, end);
            if let Some(found) = self.found
                && self.pending_start(end) >= found.start
            {
                return self.end();
            }
        }
        self.release()
    }

    /// The text has ended by itself: gives what was held back.
    pub fn finish(&mut self) -> StopStep {
        if self.ended {
            return StopStep::default();
        }
        self.end()
    }

    /// The stop string that was hit; of several that start at the same place, the shortest.
    pub fn matched(&self) -> Option<&str> {
        let found = self.found.filter(|_| self.ended)?;
        Some(self.needles[found.needle].as_str())
    }

    /// How many bytes of the text taken so far are held back.
    pub fn held_back(&self) -> usize {
        self.held.len()
    }

    fn advance(&mut self, byte: u8, end: usize) {
        for (needle, search) in self.needles.iter_mut().enumerate() {
            if !search.advance(byte) {
                continue;
            }
            let start = end - search.len();
            if self.found.is_none_or(|found| start < found.start) {
                self.found = Some(Found { needle, start });
            }
        }
    }

    /// Where the earliest stop string that may still be completed starts.
    fn pending_start(&self, end: usize) -> usize {
        let pending = self.needles.iter().map(Needle::pending).max();
        end - pending.unwrap_or(0)
    }

    fn release(&mut self) -> StopStep {
        let sure = self.pending_start(self.held.len());
        let kept = self.held.split_off(sure);
        if let Some(found) = &mut self.found {
            found.start -= sure;
        }
        StopStep {
            text: std::mem::replace(&mut self.held, kept),
            stopped: false,
        }
    }

    fn end(&mut self) -> StopStep {
        self.ended = true;
        let mut text = std::mem::take(&mut self.held);
        if let Some(found) = self.found {
            text.truncate(found.start);
        }
        StopStep {
            text,
            stopped: self.found.is_some(),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
