//! Geometry in whole numbers.

use super::random::Random;
use super::{Item, Template};

pub(super) const GEOMETRY: &[Template] = &[rectangle, hypotenuse, box_surface, outer_angle, frame];

/// Pythagorean triples without a common factor.
const TRIPLES: [(i64, i64, i64); 8] = [
    (3, 4, 5),
    (5, 12, 13),
    (8, 15, 17),
    (7, 24, 25),
    (20, 21, 29),
    (12, 35, 37),
    (9, 40, 41),
    (28, 45, 53),
];

fn unit(random: &mut Random) -> (&'static str, &'static str) {
    random.pick(&[
        ("cm", "square centimetres"),
        ("m", "square metres"),
        ("mm", "square millimetres"),
    ])
}

fn rectangle(random: &mut Random) -> Item {
    let (width, length) = (random.between(4, 40), random.between(41, 90));
    let (unit, area) = unit(random);
    let prompt = format!(
        "A rectangle has a perimeter of {} {unit}, and its longer side is {length} {unit} long. What is its area in {area}?",
        2 * (width + length)
    );
    Item::number("rectangle", prompt, width * length)
}

fn hypotenuse(random: &mut Random) -> Item {
    let (a, b, c) = random.pick(&TRIPLES);
    let scale = random.between(1, 12);
    let (unit, _) = unit(random);
    let prompt = if random.chance() {
        format!(
            "The two sides of a triangle that enclose its right angle measure {} {unit} and {} {unit}. How long is the third side, in {unit}?",
            a * scale,
            b * scale
        )
    } else {
        let prompt = format!(
            "The longest side of a right-angled triangle measures {} {unit}, and another of its sides {} {unit}. How long is the remaining side, in {unit}?",
            c * scale,
            b * scale
        );
        return Item::number("leg", prompt, a * scale);
    };
    Item::number("hypotenuse", prompt, c * scale)
}

fn box_surface(random: &mut Random) -> Item {
    let [a, b, c] = [(); 3].map(|()| random.between(2, 25));
    let (unit, area) = unit(random);
    let prompt = format!(
        "A closed box is {a} {unit} long, {b} {unit} wide and {c} {unit} high. What is its whole outer surface in {area}?"
    );
    Item::number("box surface", prompt, 2 * (a * b + a * c + b * c))
}

fn outer_angle(random: &mut Random) -> Item {
    let a = random.between(15, 110);
    let b = random.between(10, 165 - a);
    let prompt = format!(
        "Two angles of a triangle measure {a} and {b} degrees. One side is extended beyond the third corner. How large is the angle between that extension and the other side at this corner, in degrees?"
    );
    Item::number("outer angle", prompt, a + b)
}

fn frame(random: &mut Random) -> Item {
    let (width, height, border) = (
        random.between(10, 60),
        random.between(10, 60),
        random.between(2, 9),
    );
    let (unit, area) = unit(random);
    let outer = (width + 2 * border) * (height + 2 * border);
    let prompt = format!(
        "A picture of {width} {unit} by {height} {unit} has a frame around it that is {border} {unit} wide on every side. What is the area of the frame alone, in {area}?"
    );
    Item::number("frame", prompt, outer - width * height)
}
