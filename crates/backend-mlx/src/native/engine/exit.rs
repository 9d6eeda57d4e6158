//! The end of the process, which must not come in the middle of a computation.
//!
//! When a program returns from `main` or calls `exit`, MLX destroys what its threads work with.
//! So the process waits until the MLX thread has ended its turn, and then it makes no other.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

/// The longest wait: beyond it the process ends all the same.
const PATIENCE: Duration = Duration::from_secs(5);

thread_local! {
    /// Whether this is the MLX thread.
    static IS_IT: Cell<bool> = const { Cell::new(false) };
}

static STATE: Mutex<State> = Mutex::new(State {
    thread: None,
    phase: Phase::Working,
});
static CHANGED: Condvar = Condvar::new();

struct State {
    /// The MLX thread.
    thread: Option<Thread>,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Working,
    /// The process is about to end.
    Ending,
    /// The MLX thread does nothing any more.
    Stopped,
}

/// Makes the end of the process wait for this thread. What MLX creates later is destroyed before
/// that wait, so that this is to be called again when it has created more.
#[expect(
    unsafe_code,
    reason = "the standard library does not tell of the end of a process"
)]
pub(super) fn wait_for_this_thread() {
    IS_IT.set(true);
    state().thread = Some(thread::current());
    // SAFETY: `atexit` may be called at any time, from any thread. The function that it gets
    // lives as long as the program, takes no argument and does not unwind: it only takes a lock
    // whose poison it ignores, and waits. Where there is no room for it, which is told, the end
    // just does not wait.
    let _ = unsafe { libc::atexit(wait) };
}

/// Whether the process is about to end. The thread must then call [`stop`].
pub(super) fn is_near() -> bool {
    state().phase != Phase::Working
}

/// Lets the process end, and never returns.
pub(super) fn stop() -> ! {
    state().phase = Phase::Stopped;
    CHANGED.notify_all();
    loop {
        thread::park();
    }
}

extern "C" fn wait() {
    let mut state = state();
    let Some(thread) = state.thread.clone() else {
        return;
    };
    if IS_IT.get() || state.phase != Phase::Working {
        return;
    }
    state.phase = Phase::Ending;
    thread.unpark();
    let ending = |state: &mut State| state.phase == Phase::Ending;
    drop(CHANGED.wait_timeout_while(state, PATIENCE, ending));
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}
