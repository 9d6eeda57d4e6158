//! Deduction, puzzles, and causes and effects.

use super::*;

pub(super) fn solve(template: &str, prompt: &str, n: &[i64]) -> Option<Found> {
    let found = match template {
        "order" => Found::Text(order(prompt)?),
        "syllogism" => Found::Yes(syllogism(prompt)),
        "conditional" => Found::Yes(conditional(prompt)),
        "pigeonhole" => Found::Number(taken_at_worst(n[0], n[1], n[2])),
        "one truthful" => Found::Text(one_truthful(prompt)?),
        "heads and legs" => Found::Number(only(0..=n[0], |large| {
            (n[0] - large) * n[1] + large * n[2] == n[3]
        })?),
        "row" => Found::Text(row(prompt)?),
        "jugs" => Found::Number(jugs(n[0], n[1], n[2])?),
        "broken link" => Found::Number(moved_parts(prompt)),
        "circuit" => Found::Yes(circuit(prompt)?),
        "counterfactual" => Found::Yes(counterfactual(prompt)?),
        "diagnosis" => Found::Text(diagnosis(prompt)?),
        _ => return None,
    };
    Some(found)
}

/// The one order of all people that fits.
fn order(prompt: &str) -> Option<String> {
    let (facts, question) = prompt.split_once(" Who of ")?;
    let people = listed(question.split_once(" is the ")?.0);
    let facts: Vec<_> = facts.split_terminator('.').map(words).collect();
    let order = only(orders(&people), |order| {
        let place = |who: &str| order.iter().position(|one| *one == who);
        facts
            .iter()
            .all(|fact| place(fact[0]) < place(fact[fact.len() - 1]))
    })?;
    let asked = question.split_once(" is the ")?.1;
    let place = match asked.trim_end_matches('?') {
        "tallest" | "oldest" | "heaviest" | "fastest" | "richest" => 0,
        "shortest" | "youngest" | "lightest" | "slowest" | "poorest" => people.len() - 1,
        asked => {
            assert!(asked.starts_with("second "), "{asked}");
            1
        }
    };
    Some(order[place].into())
}

/// Whether a conclusion holds in every world; a world says of each kind of thing (in or out of
/// each of three classes) whether there are such things.
fn syllogism(prompt: &str) -> bool {
    let lower = prompt.to_lowercase();
    let claims: Vec<Vec<&str>> = between(&lower, "true: ", " is it certain")
        .split_terminator('.')
        .chain([between(&lower, "certain that ", "?")])
        .map(words)
        .collect();
    let mut classes: Vec<&str> = Vec::new();
    for class in claims
        .iter()
        .flat_map(|claim| [claim[1], claim[claim.len() - 1]])
    {
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    assert_eq!(classes.len(), 3, "{prompt}");
    let holds = |claim: &[&str], world: u32| {
        let among = |word: &str, kind: u32| {
            let class = classes.iter().position(|class| *class == word);
            kind >> class.expect("listed") & 1 == 1
        };
        let mut things = (0..8).filter(|kind| world >> kind & 1 == 1 && among(claim[1], *kind));
        let in_second = |kind: u32| among(claim[claim.len() - 1], kind);
        match (claim[0], claim.contains(&"not")) {
            ("all", false) => things.all(in_second),
            ("no", false) => !things.any(in_second),
            ("some", true) => things.any(|kind| !in_second(kind)),
            ("some", false) => things.any(in_second),
            _ => panic!("{claim:?}"),
        }
    };
    let (conclusion, premises) = claims.split_last().expect("claims");
    (0..256)
        .filter(|world| premises.iter().all(|claim| holds(claim, *world)))
        .all(|world| holds(conclusion, world))
}

/// Whether what is asked for holds in every world where the rules and the fact do; a world says
/// what is so.
fn conditional(prompt: &str) -> bool {
    // The first word after "the" tells one thing from the others.
    let claim = |text: &str| (words(text)[1].to_owned(), !words(text).contains(&"not"));
    let rules: Vec<_> = between(prompt, "Whenever ", ". Nothing")
        .split(". Whenever ")
        .map(|rule| rule.split_once(", ").expect("two parts"))
        .map(|(cause, effect)| (claim(cause), claim(effect)))
        .collect();
    let fact = claim(between(prompt, "that now ", "."));
    let asked = claim(between(prompt, "certain that ", "?"));
    let things: Vec<_> = [&rules[0].0, &rules[0].1, &rules[1].1]
        .map(|thing| thing.0.clone())
        .into();
    (0..8u32)
        .filter_map(|world| {
            let is = |(name, so): &(String, bool)| {
                let thing = things.iter().position(|thing| thing == name);
                (world >> thing.expect("one of the three") & 1 == 1) == *so
            };
            let possible = rules.iter().all(|(cause, effect)| !is(cause) || is(effect));
            (possible && is(&fact)).then(|| is(&asked))
        })
        .all(|asked| asked)
}

/// How many are taken until so many have the same colour, if each is the worst to be taken.
fn taken_at_worst(colours: i64, each: i64, same: i64) -> i64 {
    assert!(each >= same);
    let mut taken = vec![0; usize::try_from(colours).expect("few")];
    while !taken.contains(&same) {
        *taken.iter_mut().min().expect("colours") += 1;
    }
    taken.iter().sum()
}

fn one_truthful(prompt: &str) -> Option<String> {
    let people = listed(between(prompt, "Of ", ", one always"));
    let said = |who: &str| between(prompt, &format!(" {who} says: \""), ".\"");
    let holds = |claim: &str, truthful: &str| {
        let claimed = words(claim);
        match claim.split_once(' ').expect("words").1 {
            "is a liar" => claimed[0] != truthful,
            "tells the truth" => claimed[0] == truthful,
            _ => {
                assert!(
                    claim.ends_with("are either both truthful or both liars"),
                    "{claim}"
                );
                (claimed[0] == truthful) == (claimed[2] == truthful)
            }
        }
    };
    let one = only(&people, |truthful| {
        people
            .iter()
            .all(|speaker| holds(said(speaker), truthful) == (speaker == *truthful))
    })?;
    Some((*one).into())
}

fn row(prompt: &str) -> Option<String> {
    const SEATS: [&str; 4] = ["first", "second", "third", "fourth"];
    let people = listed(prompt.split_once(" sit in a row")?.0);
    let seat = |word: &str| SEATS.iter().position(|seat| *seat == word);
    let clues: Vec<_> = between(prompt, "four seats. ", " Who sits")
        .split_terminator('.')
        .map(words)
        .collect();
    let order = only(orders(&people), |order| {
        clues.iter().all(|clue| {
            let place = |who: &str| order.iter().position(|one| *one == who).expect("seated");
            let last = clue[clue.len() - 1];
            match clue[1..clue.len() - 1] {
                ["sits", "in", "the", at, "seat", "from", "the"] => {
                    Some(place(clue[0])) == seat(at)
                }
                ["sits", "somewhere", "to", "the", "left", "of"] => place(clue[0]) < place(last),
                ["sits", "next", "to"] => place(clue[0]).abs_diff(place(last)) == 1,
                ["does", "not", "sit", "next", "to"] => place(clue[0]).abs_diff(place(last)) != 1,
                _ => panic!("{clue:?}"),
            }
        })
    })?;
    let asked = seat(between(prompt, "Who sits in the ", " seat"))?;
    Some(order[asked].into())
}

/// Filling one jug again and again and emptying the other one, either way round: from a state with
/// a jug that is empty or full all other moves go back.
fn jugs(a: i64, b: i64, target: i64) -> Option<i64> {
    let steps = |from: i64, into: i64| {
        let (mut x, mut y) = (0, 0);
        for steps in 0..10_000 {
            if x == target || y == target {
                return Some(steps);
            }
            (x, y) = match (x, y) {
                (0, _) => (from, y),
                (_, full) if full == into => (x, 0),
                _ if x + y > into => (x + y - into, into),
                _ => (0, x + y),
            };
        }
        None
    };
    steps(a, b).into_iter().chain(steps(b, a)).min()
}

/// The parts that the first one moves, itself included.
fn moved_parts(prompt: &str) -> i64 {
    let cut = listed(between(prompt, "connection from ", " is cut"));
    let facts = between(prompt, "nothing else does. ", " Now the");
    let links: Vec<_> = facts.split_terminator('.').map(words).collect();
    let mut moved = vec![between(prompt, "is cut, and the ", " is moved")];
    for _ in 0..links.len() {
        for link in &links {
            let linked = link[1] != cut[0] || link[4] != cut[2];
            if linked && moved.contains(&link[1]) && !moved.contains(&link[4]) {
                moved.push(link[4]);
            }
        }
    }
    i64::try_from(moved.len()).expect("few")
}

/// Whether the thing works.
fn circuit(prompt: &str) -> Option<bool> {
    let rule = between(prompt, " works if ", ", and otherwise");
    let states = between(prompt, "it does not. ", " Does the");
    let states: HashMap<_, _> = states
        .split(", ")
        .map(|state| words(state.trim_start_matches("and ")))
        .map(|state| (state[1], state[4] == "on"))
        .collect();
    let on: Vec<_> = words(rule)
        .into_iter()
        .filter_map(|word| states.get(word).copied())
        .collect();
    let [a, b, c] = on[..] else { return None };
    let count = [a, b, c].into_iter().filter(|on| *on).count();
    if rule.starts_with("exactly one of ") {
        Some(count == 1)
    } else if rule.contains(" is on and at least one of ") {
        Some(a && count > 1)
    } else if rule.contains(" is on, or both ") {
        Some(a || count > 1)
    } else if rule.contains(" is off, and ") {
        Some(!a && count != 1)
    } else {
        None
    }
}

/// Whether the effect would still have come without one of its causes.
fn counterfactual(prompt: &str) -> Option<bool> {
    let needed = match between(prompt, " if ", " of the") {
        "at least one" => 1,
        "at least two" => 2,
        "all three" => 3,
        _ => return None,
    };
    // A thing and its past begin with the same two words.
    let named = |text: &str| text.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let possible: Vec<_> = between(prompt, "otherwise: ", ".")
        .split("; ")
        .map(named)
        .collect();
    let night = between(prompt, "Last night ", ". So");
    let happened = night.split(", but").next()?.replace(" and ", ", ");
    let mut happened: Vec<_> = happened.split(", ").map(named).collect();
    let consistent = happened.iter().all(|thing| possible.contains(thing))
        && possible.len() == 3
        && happened.len() >= needed;
    let without = named(between(prompt, ". If ", " and all else"));
    let before = happened.len();
    happened.retain(|thing| *thing != without);
    (consistent && happened.len() + 1 == before).then_some(happened.len() >= needed)
}

/// The one machine that explains what is seen.
fn diagnosis(prompt: &str) -> Option<String> {
    let machines = listed(between(prompt, "runs through ", " in this order"));
    let seen = |machine: &str| machines.iter().position(|one| *one == machine);
    let comes_out_of = seen(between(prompt, "comes out of the ", ", but"))?;
    let missing_at = seen(between(prompt, "arrives at the ", ". Which"))?;
    let blocked = only(0..machines.len(), |blocked| {
        let comes_out = comes_out_of < *blocked;
        let arrives = missing_at <= *blocked;
        comes_out && !arrives
    })?;
    Some(machines[blocked].into())
}
