//! Turns, order, room and places of a line, in any order of events.

use std::collections::{BTreeSet, HashMap};

use proptest::prelude::*;

use super::*;

fn arrive(line: &mut Line, client: &str, id: u64) -> Arrival {
    line.arrive(client, id, Instant::now())
}

#[test]
fn clients_take_turns_and_each_keeps_its_order() {
    let mut line = Line::new(1, 10);
    assert_eq!(arrive(&mut line, "a", 0), Arrival::Runs);
    for (client, id) in [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 6)] {
        assert_eq!(arrive(&mut line, client, id), Arrival::Waits);
    }
    assert!(line.leave(2));
    assert!(!line.leave(2));
    let order: Vec<_> = std::iter::from_fn(|| line.end()).collect();
    assert_eq!(order, [1, 4, 5, 3, 6]);
    assert_eq!((line.running(), line.waiting()), (0, 0));
}

#[test]
fn a_full_line_makes_the_greediest_client_give_way() {
    let mut line = Line::new(1, 3);
    for id in 0..4 {
        arrive(&mut line, "greedy", id);
    }
    assert_eq!(arrive(&mut line, "greedy", 4), Arrival::Refused);
    assert_eq!(arrive(&mut line, "a", 5), Arrival::Displaces(3));
    // With one more it would have as many as the other.
    assert_eq!(arrive(&mut line, "a", 6), Arrival::Refused);
    assert_eq!(arrive(&mut line, "b", 7), Arrival::Displaces(2));
    assert_eq!(arrive(&mut line, "c", 8), Arrival::Refused);
    assert_eq!(line.waiting(), 3);
}

#[test]
fn a_line_without_room_runs_or_refuses() {
    let mut line = Line::new(1, 0);
    assert_eq!(arrive(&mut line, "a", 0), Arrival::Runs);
    assert_eq!(arrive(&mut line, "b", 1), Arrival::Refused);
    assert_eq!(line.end(), None);
    assert_eq!(arrive(&mut line, "b", 2), Arrival::Runs);
}

#[test]
fn more_places_admit_and_fewer_wait_for_ends() {
    let mut line = Line::new(1, 10);
    for id in 0..5 {
        arrive(&mut line, "a", id);
    }
    assert_eq!(line.set_places(3), [1, 2]);
    assert!(line.set_places(1).is_empty());
    assert_eq!((line.end(), line.end(), line.running()), (None, None, 1));
    assert_eq!(line.end(), Some(3));
}

#[derive(Debug, Clone)]
enum Step {
    Arrive(u8),
    Leave(usize),
    End,
    Places(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0_u8..4).prop_map(Step::Arrive),
        1 => (0_usize..8).prop_map(Step::Leave),
        3 => Just(Step::End),
        1 => (1_usize..4).prop_map(Step::Places),
    ];
    proptest::collection::vec(step, 0..200)
}

/// What a line must have done, kept in the plainest way.
#[derive(Default)]
struct Model {
    waiting: Vec<(String, u64)>,
    /// Who was admitted since each client began to wait.
    passed: HashMap<String, Vec<String>>,
}

impl Model {
    fn admitted(&mut self, id: u64) {
        let at = self.waiting.iter().position(|(_, other)| *other == id);
        let (client, _) = self.waiting.remove(at.expect("it waited"));
        let first = self.waiting.iter().find(|(other, _)| *other == client);
        assert!(
            first.is_none_or(|(_, other)| *other > id),
            "order of {client}"
        );
        for (other, _) in &self.waiting {
            if *other != client {
                self.passed.entry(other.clone()).or_default();
            }
        }
        for passed in self.passed.values_mut() {
            passed.push(client.clone());
        }
        self.passed.remove(&client);
        self.forget();
    }

    fn removed(&mut self, id: u64) {
        self.waiting.retain(|(_, other)| *other != id);
        self.forget();
    }

    fn forget(&mut self) {
        let left: BTreeSet<_> = self.waiting.iter().map(|(client, _)| client).collect();
        self.passed.retain(|client, _| left.contains(client));
    }

    /// Nobody was admitted twice while another waited all the time.
    fn is_fair(&self) -> bool {
        self.passed.values().all(|passed| {
            let once: BTreeSet<_> = passed.iter().collect();
            once.len() == passed.len()
        })
    }
}

proptest! {
    #[test]
    fn places_room_turns_and_order_hold_in_any_order_of_events(
        places in 1_usize..4,
        room in 0_usize..6,
        steps in steps(),
    ) {
        let mut line = Line::new(places, room);
        let mut model = Model::default();
        let mut running = 0;
        for (id, step) in (0..).zip(steps) {
            match step {
                Step::Arrive(client) => {
                    let client = format!("client {client}");
                    match arrive(&mut line, &client, id) {
                        Arrival::Runs => running += 1,
                        Arrival::Refused => prop_assert_eq!(model.waiting.len(), room),
                        Arrival::Waits => model.waiting.push((client, id)),
                        Arrival::Displaces(other) => {
                            model.removed(other);
                            model.waiting.push((client, id));
                        }
                    }
                }
                Step::Leave(at) => {
                    let meant = model.waiting.get(at).map(|(_, id)| *id);
                    prop_assert_eq!(line.leave(meant.unwrap_or(u64::MAX)), meant.is_some());
                    if let Some(id) = meant {
                        model.removed(id);
                    }
                }
                Step::End if running > 0 => {
                    running -= 1;
                    if let Some(id) = line.end() {
                        running += 1;
                        model.admitted(id);
                    }
                }
                Step::End => {}
                Step::Places(places) => for id in line.set_places(places) {
                    running += 1;
                    model.admitted(id);
                },
            }
            prop_assert_eq!(line.running(), running);
            prop_assert_eq!(line.waiting(), model.waiting.len());
            prop_assert!(line.waiting() <= room);
            prop_assert!(line.waiting() == 0 || line.running() >= line.places());
            prop_assert!(model.is_fair(), "{:?}", model.passed);
        }
    }
}
