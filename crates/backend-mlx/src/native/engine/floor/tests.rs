//! What becomes of models that fail, are closed or dropped beside others.

use std::task::Waker;

use futures::{FutureExt as _, StreamExt as _};
use inference_core::{ErrorKind, Event};

use super::*;
use crate::native::engine::link::Link;
use crate::native::engine::outlet::Inlet;
use crate::native::engine::toy::{Asker, Fault, PLENTY, Toy, answer};

fn join(floor: &mut Floor<Toy>, toy: Toy) -> Asker {
    let (link, ending) = Link::new(Waker::noop().clone());
    let status = Arc::clone(&ending.status);
    floor.models.push(Model {
        host: Host::new(toy, PLENTY, ending.tasks, Arc::clone(&status)),
        status,
        share: Share::default(),
        _gone: ending.gone,
    });
    Asker::new(link)
}

/// Turns while somebody reads this answer; its tokens, and the error that ended it.
fn read(floor: &mut Floor<Toy>, mut inlet: Inlet) -> (Vec<u32>, Option<Error>) {
    let mut tokens = Vec::new();
    loop {
        match inlet.next().now_or_never() {
            Some(Some(Ok(Event::Token(token)))) => tokens.extend(token.id),
            Some(Some(Ok(_))) => return (tokens, None),
            Some(Some(Err(error))) => return (tokens, Some(error)),
            Some(None) => panic!("the answer just stopped"),
            None => assert!(floor.turn(), "{tokens:?}"),
        }
    }
}

#[test]
fn a_panic_ends_its_own_model_and_no_other() {
    let mut floor = Floor::default();
    let toy = Toy::default();
    toy.fault.set(Fault::Panics);
    let bad = join(&mut floor, toy);
    let good = join(&mut floor, Toy::default());
    let (first, second) = (bad.ask(&[1], 5), bad.ask(&[2], 5));
    let beside = good.ask(&[3], 5);
    for inlet in [first, second] {
        let error = read(&mut floor, inlet).1.unwrap();
        assert_eq!(error.kind(), ErrorKind::Crashed);
        assert!(error.message().contains("as it was told"), "{error}");
    }
    assert_eq!(read(&mut floor, beside).0, answer(&[3], 5));
    assert_eq!(floor.models.len(), 1);
    let error = bad.link.require_open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Crashed);
    bad.link.close().now_or_never().expect("it is gone already");
}

#[test]
fn a_panic_in_the_middle_of_answers_ends_each_with_the_reason() {
    let mut floor = Floor::default();
    let asker = join(&mut floor, Toy::default());
    let mut inlets = [asker.ask(&[1], 50), asker.ask(&[2], 50)];
    while floor.turn() {}
    floor.models[0].host.compute.fault.set(Fault::Panics);
    for inlet in &mut inlets {
        while let Some(Some(Ok(_))) = inlet.next().now_or_never() {}
    }
    for inlet in inlets {
        let error = read(&mut floor, inlet).1.unwrap();
        assert!(error.message().contains("as it was told"), "{error}");
    }
}

#[test]
fn a_model_goes_with_its_last_handle() {
    let mut floor = Floor::default();
    let dropped = join(&mut floor, Toy::default());
    let kept = join(&mut floor, Toy::default());
    drop(dropped);
    assert!(!floor.turn());
    assert_eq!(floor.models.len(), 1);
    let inlet = kept.ask(&[1], 3);
    assert_eq!(read(&mut floor, inlet).0, answer(&[1], 3));
}

#[test]
fn a_close_ends_answers_and_is_over_when_the_model_is_gone() {
    let mut floor = Floor::default();
    let asker = join(&mut floor, Toy::default());
    let inlet = asker.ask(&[1], 100);
    floor.turn();
    let mut close = Box::pin(asker.link.close());
    assert!(close.as_mut().now_or_never().is_none());
    assert!(!floor.turn());
    let error = read(&mut floor, inlet).1.unwrap();
    assert_eq!(error.kind(), ErrorKind::Closed);
    close.now_or_never().expect("it is gone");
    assert!(floor.models.is_empty());
}

#[test]
fn models_take_turns() {
    let mut floor = Floor::default();
    let one = join(&mut floor, Toy::default());
    let two = join(&mut floor, Toy::default());
    let (mut first, mut second) = (one.ask(&[1], 1000), two.ask(&[2], 1000));
    let (mut came, mut turns) = ([0, 0], 0);
    while came[0] + came[1] < 100 {
        assert!(floor.turn());
        turns += 1;
        for (count, inlet) in came.iter_mut().zip([&mut first, &mut second]) {
            while let Some(Some(Ok(_))) = inlet.next().now_or_never() {
                *count += 1;
            }
        }
    }
    assert!(turns < 150, "{turns}");
    assert!(came[0] > 10 && came[1] > 10, "{came:?}");
}
