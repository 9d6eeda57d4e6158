//! Who runs and who waits at one model, and whose turn is next.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use tokio::time::Instant;

/// The requests of one model: so many run at once, so many more may wait.
///
/// Clients take turns, whatever each of them has waiting; the requests of one client keep their
/// order. Where the line is full, the client with the most waiting gives up its last one for a
/// client that has fewer, so that nobody can keep others out by filling the line.
///
/// Nobody waits while there is a place.
#[derive(Debug)]
pub(super) struct Line {
    places: usize,
    room: usize,
    running: usize,
    /// The clients that wait, the next one in front.
    turns: VecDeque<Arc<str>>,
    /// What each of them has waiting, the oldest in front; never empty.
    waiting: BTreeMap<Arc<str>, VecDeque<Waiter>>,
}

#[derive(Debug, Clone, Copy)]
struct Waiter {
    id: u64,
    since: Instant,
}

/// What becomes of a request that comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    Runs,
    Waits,
    /// It waits in the place of this one, which has to go.
    Displaces(u64),
    Refused,
}

impl Line {
    pub(super) fn new(places: usize, room: usize) -> Self {
        Self {
            places,
            room,
            running: 0,
            turns: VecDeque::new(),
            waiting: BTreeMap::new(),
        }
    }

    /// A request comes, under an id that no other has.
    pub(super) fn arrive(&mut self, client: &str, id: u64, now: Instant) -> Arrival {
        if self.running < self.places {
            self.running += 1;
            return Arrival::Runs;
        }
        let arrival = if self.waiting() < self.room {
            Arrival::Waits
        } else {
            match self.displace(client) {
                Some(displaced) => Arrival::Displaces(displaced),
                None => return Arrival::Refused,
            }
        };
        let waiter = Waiter { id, since: now };
        if let Some(waiters) = self.waiting.get_mut(client) {
            waiters.push_back(waiter);
        } else {
            let client: Arc<str> = client.into();
            self.turns.push_back(Arc::clone(&client));
            self.waiting.insert(client, VecDeque::from([waiter]));
        }
        arrival
    }

    /// A request runs beside another one of its client, if there is a place; it never waits.
    pub(super) fn join(&mut self) -> bool {
        let is_free = self.running < self.places;
        self.running += usize::from(is_free);
        is_free
    }

    /// One that waits goes away; `false` where it did not wait.
    pub(super) fn leave(&mut self, id: u64) -> bool {
        let is_meant = |waiter: &Waiter| waiter.id == id;
        let found = self.waiting.iter_mut().find_map(|(client, waiters)| {
            let at = waiters.iter().position(is_meant)?;
            waiters.remove(at);
            Some(Arc::clone(client))
        });
        match found {
            Some(client) => {
                self.tidy(&client);
                true
            }
            None => false,
        }
    }

    /// One that ran has ended. Returns who runs in its place.
    pub(super) fn end(&mut self) -> Option<u64> {
        self.running -= 1;
        self.admit()
    }

    /// Changes the number of places. Returns who runs now too; those that run already go on.
    pub(super) fn set_places(&mut self, places: usize) -> Vec<u64> {
        self.places = places;
        std::iter::from_fn(|| self.admit()).collect()
    }

    pub(super) fn places(&self) -> usize {
        self.places
    }

    pub(super) fn room(&self) -> usize {
        self.room
    }

    pub(super) fn running(&self) -> usize {
        self.running
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.values().map(VecDeque::len).sum()
    }

    /// When the one came that has waited longest.
    pub(super) fn oldest(&self) -> Option<Instant> {
        let firsts = self.waiting.values().filter_map(VecDeque::front);
        firsts.map(|waiter| waiter.since).min()
    }

    fn admit(&mut self) -> Option<u64> {
        if self.running >= self.places {
            return None;
        }
        let client = self.turns.pop_front()?;
        let waiter = self.waiting.get_mut(&client)?.pop_front()?;
        self.turns.push_back(Arc::clone(&client));
        self.tidy(&client);
        self.running += 1;
        Some(waiter.id)
    }

    /// Takes the last request out of the longest part of the line, for a client whose own part
    /// stays shorter even with one more.
    fn displace(&mut self, client: &str) -> Option<u64> {
        let own = self.waiting.get(client).map_or(0, VecDeque::len);
        let longest = self.waiting.iter().max_by_key(|(_, waiters)| waiters.len());
        let (longest, waiters) = longest.filter(|(_, waiters)| waiters.len() > own + 1)?;
        let id = waiters.back()?.id;
        let longest = Arc::clone(longest);
        self.waiting.get_mut(&longest)?.pop_back();
        self.tidy(&longest);
        Some(id)
    }

    /// Forgets a client that has nothing waiting.
    fn tidy(&mut self, client: &str) {
        if self.waiting.get(client).is_some_and(VecDeque::is_empty) {
            self.waiting.remove(client);
            self.turns.retain(|other| &**other != client);
        }
    }
}

#[cfg(test)]
mod tests;
