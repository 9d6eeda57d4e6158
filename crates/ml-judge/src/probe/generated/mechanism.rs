//! Causes and effects in small made-up mechanisms.

use super::names::listed;
use super::random::Random;
use super::{Item, Template};

pub(super) const CAUSAL: &[Template] = &[broken_link, circuit, counterfactual, diagnosis];

const PARTS: [&str; 16] = [
    "lever", "wheel", "belt", "pump", "valve", "hammer", "bell", "fan", "crank", "spring", "drum",
    "piston", "roller", "pulley", "turbine", "blade",
];

fn broken_link(random: &mut Random) -> Item {
    let parts = random.some(&PARTS, 6);
    let broken = random.between(1, 4);
    let broken = usize::try_from(broken).expect("positive");
    let mut facts: Vec<_> = parts
        .windows(2)
        .map(|pair| format!("The {} moves the {}.", pair[0], pair[1]))
        .collect();
    random.shuffle(&mut facts);
    let prompt = format!(
        "In a machine each part moves the next one, and nothing else does. {} Now the connection from the {} to the {} is cut, and the {} is moved. How many of the six parts move, the {} included?",
        facts.join(" "),
        parts[broken],
        parts[broken + 1],
        parts[0],
        parts[0]
    );
    Item::number(
        "broken link",
        prompt,
        i64::try_from(broken + 1).expect("at most 5"),
    )
}

const COLOURS: [&str; 9] = [
    "red", "blue", "green", "yellow", "white", "black", "brown", "grey", "orange",
];

fn circuit(random: &mut Random) -> Item {
    let colours = random.some(&COLOURS, 3);
    let [a, b, c] = [(); 3].map(|()| random.chance());
    let (rule, lit) = match random.index(4) {
        0 => (
            "the {a} switch is on and at least one of the {b} and the {c} switches is on",
            a && (b || c),
        ),
        1 => (
            "the {a} switch is on, or both the {b} and the {c} switches are on, or all three are",
            a || (b && c),
        ),
        2 => (
            "exactly one of the {a}, the {b} and the {c} switches is on",
            [a, b, c].iter().filter(|on| **on).count() == 1,
        ),
        _ => (
            "the {a} switch is off, and the {b} and the {c} switches are both on or both off",
            !a && b == c,
        ),
    };
    let rule = rule
        .replace("{a}", colours[0])
        .replace("{b}", colours[1])
        .replace("{c}", colours[2]);
    let thing = random.pick(&["lamp", "siren", "heater", "motor", "radio"]);
    let state = |on: bool| if on { "on" } else { "off" };
    let prompt = format!(
        "A {thing} works if {rule}, and otherwise it does not. The {} switch is {}, the {} switch is {}, and the {} switch is {}. Does the {thing} work? Say yes or no.",
        colours[0],
        state(a),
        colours[1],
        state(b),
        colours[2],
        state(c)
    );
    Item::yes_no("circuit", prompt, lit)
}

/// Something that happens, happened, had not happened.
const CAUSES: [(&str, &str, &str); 10] = [
    (
        "the smoke sensor fires",
        "the smoke sensor fired",
        "the smoke sensor had not fired",
    ),
    (
        "the guard presses the button",
        "the guard pressed the button",
        "the guard had not pressed the button",
    ),
    (
        "the window breaks",
        "the window broke",
        "the window had not broken",
    ),
    (
        "the door is forced",
        "the door was forced",
        "the door had not been forced",
    ),
    (
        "the timer runs out",
        "the timer ran out",
        "the timer had not run out",
    ),
    (
        "the water rises above the mark",
        "the water rose above the mark",
        "the water had not risen above the mark",
    ),
    (
        "the power fails",
        "the power failed",
        "the power had not failed",
    ),
    (
        "the cable is cut",
        "the cable was cut",
        "the cable had not been cut",
    ),
    (
        "the tank runs dry",
        "the tank ran dry",
        "the tank had not run dry",
    ),
    ("the fuse blows", "the fuse blew", "the fuse had not blown"),
];

fn counterfactual(random: &mut Random) -> Item {
    let three = random.some(&CAUSES, 3);
    let (does, did, would) = random.pick(&[
        (
            "The alarm goes off",
            "the alarm went off",
            "the alarm have gone off",
        ),
        (
            "The machine stops",
            "the machine stopped",
            "the machine have stopped",
        ),
        ("The gate shuts", "the gate shut", "the gate have shut"),
    ]);
    let needed = 1 + random.index(3);
    let happened = needed + random.index(4 - needed);
    let rule = [
        "at least one of these three things happens",
        "at least two of these three things happen",
        "all three of these things happen",
    ][needed - 1];
    let kinds: Vec<_> = three.iter().map(|(happens, ..)| *happens).collect();
    let mut past: Vec<_> = three[..happened].iter().map(|(_, past, _)| *past).collect();
    random.shuffle(&mut past);
    let rest = match happened {
        1 => ", but neither of the other two things happened",
        2 => ", but the third thing did not happen",
        _ => "",
    };
    let prompt = format!(
        "{does} if {rule}, and never otherwise: {}. Last night {}{rest}. So {did}. If {} and all else had been the same, would {would}? Say yes or no.",
        kinds.join("; "),
        listed(&past),
        three[0].2
    );
    Item::yes_no("counterfactual", prompt, happened > needed)
}

const STAGES: [&str; 12] = [
    "filter",
    "cooler",
    "mixer",
    "press",
    "dryer",
    "heater",
    "separator",
    "compressor",
    "sorter",
    "grinder",
    "washer",
    "blender",
];

fn diagnosis(random: &mut Random) -> Item {
    let stages = random.some(&STAGES, 5);
    let broken = random.between(1, 3);
    let broken = usize::try_from(broken).expect("positive");
    let path: Vec<_> = stages.iter().map(|stage| format!("the {stage}")).collect();
    let prompt = format!(
        "A liquid runs through {} in this order. Exactly one of these five machines is blocked and lets nothing through; the pipes between them are sound. Liquid still comes out of the {}, but none arrives at the {}. Which machine is blocked?",
        listed(&path),
        stages[broken - 1],
        stages[broken + 1]
    );
    Item::option("diagnosis", prompt, stages[broken], &stages)
}
