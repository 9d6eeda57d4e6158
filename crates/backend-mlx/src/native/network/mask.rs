//! Which tokens a token may see.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use mlx_rs::Array;

use super::rope::size;

/// The masks of one pass: layers that are alike share one.
#[derive(Debug, Default)]
pub(crate) struct Masks(HashMap<(i32, i32, Option<usize>), Array>);

impl Masks {
    /// `[new, seen]`: whether each of the `new` last of `seen` tokens sees each of them; only what
    /// is not after it, and at most `window` tokens, itself included.
    pub(crate) fn get(&mut self, new: i32, seen: i32, window: Option<usize>) -> &Array {
        match self.0.entry((new, seen, window)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let mask: Vec<bool> = (0..new)
                    .flat_map(|row| sees(row, new, seen, window))
                    .collect();
                entry.insert(Array::from_slice(&mask, &[new, seen]))
            }
        }
    }
}

fn sees(row: i32, new: i32, seen: i32, window: Option<usize>) -> impl Iterator<Item = bool> {
    let own = seen - new + row;
    let first = window.map_or(0, |window| own + 1 - size(window));
    (0..seen).map(move |token| (first..=own).contains(&token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(new: i32, seen: i32, window: Option<usize>, expected: &[&str]) {
        let rows = (0..new).map(|row| {
            sees(row, new, seen, window)
                .map(|sees| if sees { 'x' } else { '.' })
                .collect::<String>()
        });
        assert_eq!(rows.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_token_sees_itself_and_what_is_before_it() {
        check(3, 3, None, &["x..", "xx.", "xxx"]);
        check(2, 4, None, &["xxx.", "xxxx"]);
    }

    #[test]
    fn a_window_counts_the_token_itself() {
        check(3, 3, Some(2), &["x..", "xx.", ".xx"]);
        check(2, 4, Some(1), &["..x.", "...x"]);
        check(1, 4, Some(9), &["xxxx"]);
    }
}
