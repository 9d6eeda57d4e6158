//! Rooms that are found, and that what goes is enough and not too much.

use proptest::prelude::*;

use super::Standing::{Busy, Fixed, Idle, Leaving};
use super::*;

fn resident(id: u64, bytes: u64, standing: Standing) -> Resident {
    Resident {
        id,
        bytes,
        last_use: id,
        standing,
    }
}

fn after<const U: usize, const D: usize>(unload: [u64; U], drain: [u64; D]) -> Room {
    Room::After {
        unload: unload.to_vec(),
        drain: drain.to_vec(),
    }
}

#[test]
fn the_least_recently_used_idle_models_go_first() {
    for (what, need, residents, room) in [
        ("room", 4, vec![resident(1, 6, Idle)], Room::Now),
        (
            "the older",
            4,
            vec![resident(2, 5, Idle), resident(1, 5, Idle)],
            after([1], []),
        ),
        (
            "the idle one, though it was used later",
            4,
            vec![resident(1, 5, Busy), resident(2, 5, Idle)],
            after([2], []),
        ),
        (
            "the one in use runs empty",
            4,
            vec![resident(1, 5, Fixed), resident(2, 5, Busy)],
            after([], [2]),
        ),
        (
            "nothing goes before all can go",
            10,
            vec![resident(1, 5, Idle), resident(2, 5, Busy)],
            after([], [1, 2]),
        ),
        (
            "the small one stays where the large one is enough",
            8,
            vec![resident(1, 1, Idle), resident(2, 9, Idle)],
            after([2], []),
        ),
        (
            "what leaves is enough",
            4,
            vec![resident(1, 5, Leaving), resident(2, 5, Idle)],
            after([], []),
        ),
        (
            "pinned",
            6,
            vec![resident(1, 5, Fixed), resident(2, 5, Idle)],
            Room::Never,
        ),
    ] {
        assert_eq!(Room::find(10, need, &residents), room, "{what}");
    }
}

fn residents() -> impl Strategy<Value = Vec<Resident>> {
    let standing = prop_oneof![Just(Idle), Just(Busy), Just(Leaving), Just(Fixed)];
    let one = (0_u64..20, 0_u64..5, standing);
    proptest::collection::vec(one, 0..8).prop_map(|all| {
        let resident = |(id, (bytes, last_use, standing)): (usize, _)| Resident {
            id: id as u64,
            bytes,
            last_use,
            standing,
        };
        all.into_iter().enumerate().map(resident).collect()
    })
}

proptest! {
    #[test]
    fn what_goes_is_enough_and_none_of_it_too_much(
        ceiling in 1_u64..60,
        need in 1_u64..60,
        residents in residents(),
    ) {
        let need = need.min(ceiling);
        let left = |gone: &[u64]| -> u64 {
            let stays = |one: &&Resident| one.standing != Leaving && !gone.contains(&one.id);
            residents.iter().filter(stays).map(|one| one.bytes).sum()
        };
        let standing = |id: &u64| residents.iter().find(|one| one.id == *id).unwrap().standing;
        match Room::find(ceiling, need, &residents) {
            Room::Now => {
                let taken: u64 = residents.iter().map(|one| one.bytes).sum();
                prop_assert!(taken + need <= ceiling);
            }
            Room::After { unload, drain } => {
                prop_assert!(unload.is_empty() || drain.is_empty());
                prop_assert!(unload.iter().all(|id| standing(id) == Idle));
                prop_assert!(drain.iter().all(|id| matches!(standing(id), Idle | Busy)));
                let gone = [unload, drain].concat();
                prop_assert!(left(&gone) + need <= ceiling);
                for id in &gone {
                    let fewer: Vec<u64> = gone.iter().copied().filter(|other| other != id).collect();
                    prop_assert!(left(&fewer) + need > ceiling, "{} need not go", id);
                }
            }
            Room::Never => {
                let fixed: u64 = residents
                    .iter()
                    .filter(|one| one.standing == Fixed)
                    .map(|one| one.bytes)
                    .sum();
                prop_assert!(fixed + need > ceiling);
            }
        }
    }
}
