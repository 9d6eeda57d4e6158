//! Which requests fit into memory, and when.

use std::cell::Cell;
use std::rc::Rc;

use inference_core::{Error, ErrorKind, Retry};

/// The bytes that keys and values may take, and those that are promised.
///
/// MLX cannot take back an allocation that fails in the middle of a computation, so nothing
/// starts before there is room for all of it.
#[derive(Debug)]
pub(crate) struct Budget {
    total: u64,
    reserved: Rc<Cell<u64>>,
}

/// Bytes that are promised to a request, until this is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    bytes: u64,
    reserved: Rc<Cell<u64>>,
}

/// Whether there is room for a request.
#[derive(Debug)]
pub(crate) enum Admission {
    Admitted(Reservation),
    /// Once others have ended.
    Later,
    /// Not in the whole budget.
    Never,
}

impl Budget {
    pub(crate) fn new(total: u64) -> Self {
        Self {
            total,
            reserved: Rc::default(),
        }
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn reserved(&self) -> u64 {
        self.reserved.get()
    }

    /// What is not promised to anybody.
    pub(crate) fn free(&self) -> u64 {
        self.total - self.reserved()
    }

    /// Reserves room for a request, if there is any.
    pub(crate) fn admit(&self, bytes: u64) -> Admission {
        if bytes > self.total {
            return Admission::Never;
        }
        let mut reservation = Reservation {
            bytes: 0,
            reserved: Rc::clone(&self.reserved),
        };
        if self.grow(&mut reservation, bytes) {
            Admission::Admitted(reservation)
        } else {
            Admission::Later
        }
    }

    /// Enlarges a reservation to `bytes`; `false`, and nothing changes, where there is no room.
    pub(crate) fn grow(&self, reservation: &mut Reservation, bytes: u64) -> bool {
        let more = bytes.saturating_sub(reservation.bytes);
        if more > self.free() {
            return false;
        }
        self.reserved.update(|reserved| reserved + more);
        reservation.bytes += more;
        true
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.reserved.update(|reserved| reserved - self.bytes);
    }
}

/// The error of a request that can never fit.
pub(crate) fn refused(tokens: usize, bytes: u64, total: u64) -> Error {
    let message = format!(
        "keys and values of {tokens} tokens need {}, more than the {} that the model may use: \
         lower max_tokens, shorten the prompt, or raise kv_budget_bytes",
        mebibytes(bytes),
        mebibytes(total),
    );
    Error::new(ErrorKind::OutOfMemory, message).with_retry(Retry::ShrinkContext)
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes.div_ceil(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(budget: &Budget, bytes: u64) -> Reservation {
        match budget.admit(bytes) {
            Admission::Admitted(reservation) => reservation,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_does_not_fit_now_waits_and_what_never_fits_is_told_apart() {
        let budget = Budget::new(100);
        let first = admitted(&budget, 70);
        assert!(matches!(budget.admit(31), Admission::Later));
        assert!(matches!(budget.admit(101), Admission::Never));
        let second = admitted(&budget, 30);
        assert_eq!(budget.free(), 0);
        drop(first);
        assert_eq!((budget.free(), budget.reserved()), (70, 30));
        drop(second);
        assert_eq!(budget.free(), 100);
    }

    #[test]
    fn a_reservation_grows_where_there_is_room() {
        let budget = Budget::new(100);
        let mut first = admitted(&budget, 40);
        let second = admitted(&budget, 40);
        assert!(budget.grow(&mut first, 60));
        assert!(!budget.grow(&mut first, 61));
        assert!(budget.grow(&mut first, 10), "it does not shrink");
        drop(second);
        assert!(budget.grow(&mut first, 100));
        drop(first);
        assert_eq!(budget.reserved(), 0);
    }

    #[test]
    fn a_refusal_has_the_numbers_and_the_way_out() {
        let error = refused(1_400_000, 64 << 30, 4 << 30);
        assert_eq!(error.kind(), ErrorKind::OutOfMemory);
        assert_eq!(error.retry(), Retry::ShrinkContext);
        for part in ["1400000 tokens", "65536 MiB", "4096 MiB", "max_tokens"] {
            assert!(error.message().contains(part), "{error}");
        }
    }
}
