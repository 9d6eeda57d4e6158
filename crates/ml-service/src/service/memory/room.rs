//! Which models have to go so that another one fits under the ceiling.

/// A model that takes memory, or is about to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Resident {
    pub(super) id: u64,
    pub(super) bytes: u64,
    /// When it was used last: the smaller, the longer ago.
    pub(super) last_use: u64,
    pub(super) standing: Standing,
}

/// Whether a model could be unloaded for another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::service) enum Standing {
    /// Nobody uses it.
    Idle,
    /// It is in use or loading: it can go once it is idle.
    Busy,
    /// It is being unloaded.
    Leaving,
    /// It is pinned.
    Fixed,
}

/// What makes room for a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Room {
    /// There is room.
    Now,
    /// There will be, once these have gone, and those that are leaving already.
    After {
        /// Idle models to unload now. Empty as long as one of `drain` is needed too: nothing is
        /// unloaded for a load that may yet give up.
        unload: Vec<u64>,
        /// Models in use that should take no new requests.
        drain: Vec<u64>,
    },
    /// Pinned models hold too much.
    Never,
}

impl Room {
    /// Makes room for `need` bytes, by as few models as are needed: idle ones before those in
    /// use, and the least recently used first.
    pub(super) fn find(ceiling: u64, need: u64, residents: &[Resident]) -> Self {
        let wanted = need.saturating_add(sum(residents.iter()));
        if wanted <= ceiling {
            return Self::Now;
        }
        let leaving = sum(of(residents, Standing::Leaving));
        let missing = (wanted - leaving).saturating_sub(ceiling);
        let mut candidates: Vec<Resident> = of(residents, Standing::Idle).copied().collect();
        candidates.extend(of(residents, Standing::Busy));
        if sum(candidates.iter()) < missing {
            return Self::Never;
        }
        candidates.sort_by_key(|one| (one.standing == Standing::Busy, one.last_use, one.id));
        let chosen = fewest(candidates, missing);
        let is_idle = |one: &Resident| one.standing == Standing::Idle;
        let all_idle = chosen.iter().all(is_idle);
        let ids = chosen.iter().map(|one| one.id).collect();
        if all_idle {
            Self::After {
                unload: ids,
                drain: Vec::new(),
            }
        } else {
            Self::After {
                unload: Vec::new(),
                drain: ids,
            }
        }
    }
}

/// The first candidates that are enough, without those that are not needed for it.
fn fewest(candidates: Vec<Resident>, missing: u64) -> Vec<Resident> {
    let mut chosen = Vec::new();
    let mut bytes = 0;
    for candidate in candidates {
        if bytes >= missing {
            break;
        }
        bytes += candidate.bytes;
        chosen.push(candidate);
    }
    // A large one at the end may make small ones before it superfluous: keep the latest used.
    for at in (0..chosen.len()).rev() {
        if bytes - chosen[at].bytes >= missing {
            bytes -= chosen.remove(at).bytes;
        }
    }
    chosen
}

fn of(residents: &[Resident], standing: Standing) -> impl Iterator<Item = &Resident> {
    residents.iter().filter(move |one| one.standing == standing)
}

fn sum<'a>(residents: impl Iterator<Item = &'a Resident>) -> u64 {
    residents.map(|one| one.bytes).sum()
}

#[cfg(test)]
mod tests;
