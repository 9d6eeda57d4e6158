//! Prompts that begin alike: what was computed for one serves the others.

use super::adapters::AdapterId;

/// What was computed for token sequences, found again by their beginnings. Bounded in bytes;
/// what was not used for longest goes first.
#[derive(Debug)]
pub(crate) struct Prefixes<V> {
    limit: u64,
    bytes: u64,
    /// The least recently used first.
    entries: Vec<Entry<V>>,
}

#[derive(Debug)]
struct Entry<V> {
    adapter: AdapterId,
    tokens: Vec<u32>,
    bytes: u64,
    value: V,
}

impl<V> Prefixes<V> {
    /// An empty cache that holds at most so many bytes.
    pub(crate) fn new(limit: u64) -> Self {
        Self {
            limit,
            bytes: 0,
            entries: Vec::new(),
        }
    }

    /// Bytes that it holds.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The most that `take` can make of what begins like `tokens`, and how many tokens that is.
    ///
    /// `take` is asked with an entry and how many tokens it has in common with `tokens`, the
    /// longest first, until it gives something.
    pub(crate) fn longest<T>(
        &mut self,
        adapter: AdapterId,
        tokens: &[u32],
        take: impl Fn(&V, usize) -> Option<T>,
    ) -> Option<(usize, T)> {
        let mut candidates: Vec<(usize, usize)> = (0..self.entries.len())
            .filter(|index| self.entries[*index].adapter == adapter)
            .map(|index| (common(&self.entries[index].tokens, tokens), index))
            .filter(|(length, _)| *length > 0)
            .collect();
        candidates.sort_unstable_by(|a, b| b.cmp(a));
        let (length, index, taken) = candidates.into_iter().find_map(|(length, index)| {
            let taken = take(&self.entries[index].value, length)?;
            Some((length, index, taken))
        })?;
        let used = self.entries.remove(index);
        self.entries.push(used);
        Some((length, taken))
    }

    /// Keeps what was computed for `tokens`, in place of entries that it begins with and `serves`
    /// as well. What is too large for the whole cache, or is served already, is not kept.
    pub(crate) fn insert(
        &mut self,
        adapter: AdapterId,
        tokens: Vec<u32>,
        bytes: u64,
        value: V,
        serves: impl Fn(&V, usize) -> bool,
    ) {
        if bytes > self.limit || tokens.is_empty() {
            return;
        }
        let known = self.entries.iter().any(|entry| {
            entry.adapter == adapter
                && entry.tokens.starts_with(&tokens)
                && serves(&entry.value, tokens.len())
        });
        if known {
            return;
        }
        self.remove_where(|entry| {
            entry.adapter == adapter
                && tokens.starts_with(&entry.tokens)
                && serves(&value, entry.tokens.len())
        });
        self.shrink_to(self.limit - bytes);
        self.bytes += bytes;
        self.entries.push(Entry {
            adapter,
            tokens,
            bytes,
            value,
        });
    }

    /// Drops entries until it holds at most so many bytes.
    pub(crate) fn shrink_to(&mut self, bytes: u64) {
        while self.bytes > bytes {
            let oldest = self.entries.remove(0);
            self.bytes -= oldest.bytes;
        }
    }

    /// Drops what was computed with an adapter that is no longer loaded.
    pub(crate) fn forget(&mut self, adapter: AdapterId) {
        self.remove_where(|entry| entry.adapter == adapter);
    }

    fn remove_where(&mut self, unwanted: impl Fn(&Entry<V>) -> bool) {
        self.entries.retain(|entry| !unwanted(entry));
        self.bytes = self.entries.iter().map(|entry| entry.bytes).sum();
    }
}

/// How many tokens two sequences have in common from the beginning.
pub(crate) fn common(one: &[u32], other: &[u32]) -> usize {
    let pairs = one.iter().zip(other);
    pairs.take_while(|(one, other)| one == other).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BASE: AdapterId = AdapterId::NONE;

    /// Entries whose value is their own length; all can be cut anywhere.
    fn filled(limit: u64, sequences: &[&[u32]]) -> Prefixes<usize> {
        let mut prefixes = Prefixes::new(limit);
        for tokens in sequences {
            insert(&mut prefixes, tokens);
        }
        prefixes
    }

    /// Ten bytes for each token.
    fn insert(prefixes: &mut Prefixes<usize>, tokens: &[u32]) {
        let bytes = 10 * tokens.len() as u64;
        prefixes.insert(
            BASE,
            tokens.to_vec(),
            bytes,
            tokens.len(),
            |value, length| *value >= length,
        );
    }

    fn found(prefixes: &mut Prefixes<usize>, tokens: &[u32]) -> Option<(usize, usize)> {
        prefixes.longest(BASE, tokens, |value, length| {
            (*value >= length).then_some(*value)
        })
    }

    #[test]
    fn the_longest_common_beginning_is_found() {
        let mut prefixes = filled(1000, &[&[1, 2, 3, 4], &[1, 2, 9], &[7]]);
        assert_eq!(found(&mut prefixes, &[1, 2, 3, 5]), Some((3, 4)));
        assert_eq!(found(&mut prefixes, &[1, 2, 9, 9, 9]), Some((3, 3)));
        assert_eq!(found(&mut prefixes, &[1]), Some((1, 3)));
        assert_eq!(found(&mut prefixes, &[8]), None);
    }

    #[test]
    fn what_cannot_be_cut_gives_way_to_the_next_best() {
        let mut prefixes = filled(1000, &[&[1, 2, 3, 4], &[1, 2]]);
        assert_eq!(prefixes.entries.len(), 1, "one serves both");
        prefixes.insert(BASE, vec![1, 2], 20, 2, |_, _| false);
        let uncut = |value: &usize, length: usize| (*value == length).then_some(());
        assert_eq!(prefixes.longest(BASE, &[1, 2, 3, 9], uncut), Some((2, ())));
    }

    #[test]
    fn adapters_do_not_mix() {
        let mut prefixes = filled(1000, &[&[1, 2, 3]]);
        let other = AdapterId::for_test(1);
        let any = |_: &usize, _: usize| Some(());
        assert_eq!(prefixes.longest(other, &[1, 2, 3], any), None);
        prefixes.insert(other, vec![1], 10, 1, |_, _| true);
        assert_eq!(prefixes.longest(other, &[1, 2, 3], any), Some((1, ())));
        prefixes.forget(other);
        assert_eq!(prefixes.longest(other, &[1, 2, 3], any), None);
        assert_eq!(prefixes.bytes(), 30);
    }

    #[test]
    fn bytes_are_bounded_and_the_longest_unused_goes_first() {
        let mut prefixes = filled(60, &[&[1, 1], &[2, 2], &[3, 3]]);
        assert!(found(&mut prefixes, &[1, 1]).is_some());
        insert(&mut prefixes, &[4, 4]);
        assert_eq!(found(&mut prefixes, &[2, 2]), None);
        assert!(found(&mut prefixes, &[1, 1]).is_some());
        assert_eq!(prefixes.bytes(), 60);
        insert(&mut prefixes, &[5; 7]);
        assert_eq!(found(&mut prefixes, &[5]), None, "too large to be kept");
        prefixes.shrink_to(20);
        assert_eq!(prefixes.bytes(), 20);
        assert!(found(&mut prefixes, &[1, 1]).is_some());
        prefixes.shrink_to(0);
        assert_eq!(prefixes.bytes(), 0);
    }

    #[test]
    fn a_longer_sequence_replaces_those_it_begins_with() {
        let mut prefixes = filled(1000, &[&[1, 2], &[1, 2, 3, 4], &[1, 2, 3]]);
        assert_eq!(prefixes.entries.len(), 1);
        assert_eq!(prefixes.bytes(), 40);
        assert_eq!(found(&mut prefixes, &[1, 2, 3]), Some((3, 4)));
    }
}
