//! Who is next: among the models, and within one.

use std::time::Duration;

/// What a model does in one turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// A slice of a prefill.
    Prefill,
    /// The next token of every answer.
    Decode,
}

impl Turn {
    /// What comes after this turn: the other one where it can be, so that answers go on while a
    /// prompt is read and neither starves.
    pub(crate) fn then(self, can_prefill: bool, can_decode: bool) -> Option<Self> {
        match (can_prefill, can_decode) {
            (true, true) if self == Self::Prefill => Some(Self::Decode),
            (true, _) => Some(Self::Prefill),
            (false, true) => Some(Self::Decode),
            (false, false) => None,
        }
    }
}

/// The time that a model has had on the thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// Counted from where the clock of [`Fairness`] was when the model last came out of idleness.
    pub(crate) used: Duration,
}

/// Gives each turn to the model that has had the least time, so that many short turns of one
/// weigh as much as few long ones of another. Time spent idle is not saved up.
#[derive(Debug, Default)]
pub(crate) struct Fairness {
    clock: Duration,
}

impl Fairness {
    /// Which of the models is next, of those that are ready.
    pub(crate) fn next<'a>(
        &mut self,
        models: impl Iterator<Item = (bool, &'a mut Share)>,
    ) -> Option<usize> {
        let mut first: Option<(usize, Duration)> = None;
        for (index, (ready, share)) in models.enumerate() {
            if !ready {
                share.used = share.used.max(self.clock);
            } else if first.is_none_or(|(_, least)| share.used < least) {
                first = Some((index, share.used));
            }
        }
        let (index, used) = first?;
        self.clock = used;
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use Turn::{Decode, Prefill};

    use super::*;

    #[test]
    fn prefill_and_decode_take_turns_while_both_can() {
        let mut turn = Decode;
        let mut seen = Vec::new();
        for _ in 0..4 {
            turn = turn.then(true, true).unwrap();
            seen.push(turn);
        }
        assert_eq!(seen, [Prefill, Decode, Prefill, Decode]);
        assert_eq!(Prefill.then(true, false), Some(Prefill));
        assert_eq!(Decode.then(false, true), Some(Decode));
        assert_eq!(Decode.then(false, false), None);
    }

    /// How often each model is served in 90 ms, with turns of so many milliseconds.
    fn serve(turns: &[u64]) -> Vec<u32> {
        let mut fairness = Fairness::default();
        let mut shares = vec![Share::default(); turns.len()];
        let mut served = vec![0; turns.len()];
        let mut now = 0;
        while now < 90 {
            let models = shares.iter_mut().map(|share| (true, share));
            let next = fairness.next(models).unwrap();
            shares[next].used += Duration::from_millis(turns[next]);
            served[next] += 1;
            now += turns[next];
        }
        served
    }

    #[test]
    fn models_get_the_same_time_and_not_the_same_turns() {
        assert_eq!(serve(&[1, 1, 1]), [30, 30, 30]);
        assert_eq!(serve(&[10, 5]), [5, 8]);
    }

    #[test]
    fn an_idle_model_saves_no_time_up() {
        let mut fairness = Fairness::default();
        let (mut busy, mut idle) = (Share::default(), Share::default());
        for _ in 0..100 {
            let models = [(true, &mut busy), (false, &mut idle)];
            assert_eq!(fairness.next(models.into_iter()), Some(0));
            busy.used += Duration::from_millis(10);
        }
        let mut served = [0, 0];
        for _ in 0..10 {
            let models = [(true, &mut busy), (true, &mut idle)];
            let next = fairness.next(models.into_iter()).unwrap();
            served[next] += 1;
            let share = if next == 0 { &mut busy } else { &mut idle };
            share.used += Duration::from_millis(10);
        }
        assert!(served[0] >= 4, "{served:?}");
    }

    #[test]
    fn nobody_is_next_where_nobody_is_ready() {
        let mut share = Share::default();
        let models = [(false, &mut share)];
        assert_eq!(Fairness::default().next(models.into_iter()), None);
    }
}
