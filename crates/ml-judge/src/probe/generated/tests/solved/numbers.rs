//! Arithmetic, algebra, sequences and geometry.

use super::*;

pub(super) fn solve(template: &str, prompt: &str, n: &[i64]) -> Option<Found> {
    let number = match template {
        "product" => (0..n[1]).map(|_| n[0]).sum(),
        "change" => return Some(Found::Ratio(change(prompt), 100)),
        "order of operations" => n[0] - n[1] + (0..n[2]).map(|_| n[3]).sum::<i64>(),
        "remainder" => (0..n[0] / n[1]).fold(n[0], |rest, _| rest - n[1]),
        "linear" => {
            let (left, right) = between(prompt, ": ", ".").split_once('=')?;
            only(-99..99, |x| value(left, *x) == value(right, *x))?
        }
        "quadratic value" => {
            let x = between(prompt, "What is f(", ")").parse().ok()?;
            value(between(prompt, "= ", ". What"), x)
        }
        "roots" => {
            let sum = between(prompt, "of ", " = 0");
            let roots: Vec<_> = (-99..99).filter(|x| value(sum, *x) == 0).collect();
            let [_, larger] = roots[..] else { return None };
            larger
        }
        "sum and difference" => {
            let small = only(0..n[0], |small| small + small + n[1] == n[0])?;
            if prompt.contains("larger") {
                n[0] - small
            } else {
                small
            }
        }
        _ => return sequence(template, n).or_else(|| shape(template, n)),
    };
    Some(Found::Number(number))
}

fn sequence(template: &str, n: &[i64]) -> Option<Found> {
    let steps: Vec<_> = n.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let number = match template {
        "arithmetic term" => {
            let step = only(1..99, |step| steps[..3] == [*step; 3])?;
            (4..n[4]).fold(n[3], |term, _| term + step)
        }
        "geometric" => {
            let ratio = only(2..99, |ratio| {
                n[..4].windows(2).all(|pair| pair[1] == pair[0] * ratio)
            })?;
            n[3] * ratio
        }
        "growing steps" => {
            let growth = only(1..99, |growth| {
                steps[..4]
                    .windows(2)
                    .all(|pair| pair[1] - pair[0] == *growth)
            })?;
            n[4] + steps[3] + growth
        }
        "sum of two" => {
            let fits = n.windows(3).all(|three| three[0] + three[1] == three[2]);
            return (fits && n.len() == 6).then(|| Found::Number(n[4] + n[5]));
        }
        _ => return None,
    };
    Some(Found::Number(number))
}

fn shape(template: &str, n: &[i64]) -> Option<Found> {
    let number = match template {
        "rectangle" => n[1] * only(1..n[1], |side| 2 * (side + n[1]) == n[0])?,
        "hypotenuse" => only(1..2_000, |c| c * c == n[0] * n[0] + n[1] * n[1])?,
        "leg" => only(1..2_000, |a| a * a + n[1] * n[1] == n[0] * n[0])?,
        "box surface" => outer_faces(n[0], n[1], n[2]),
        "outer angle" => 180 - only(1..180, |third| third + n[0] + n[1] == 180)?,
        "frame" => {
            // Square by square.
            let (wide, high) = (n[0] + 2 * n[2], n[1] + 2 * n[2]);
            let picture = |at: i64, size: i64| (n[2]..n[2] + size).contains(&at);
            let squares = (0..wide).flat_map(|x| (0..high).map(move |y| (x, y)));
            let frame = squares.filter(|(x, y)| !(picture(*x, n[0]) && picture(*y, n[1])));
            i64::try_from(frame.count()).expect("few")
        }
        _ => return None,
    };
    Some(Found::Number(number))
}

/// The faces of unit cubes at the surface of a box.
fn outer_faces(a: i64, b: i64, c: i64) -> i64 {
    let ends = |at: i64, size: i64| i64::from(at == 0) + i64::from(at == size - 1);
    let mut faces = 0;
    for x in 0..a {
        for y in 0..b {
            for z in 0..c {
                faces += ends(x, a) + ends(y, b) + ends(z, c);
            }
        }
    }
    faces
}

/// Cents of an amount such as `5` or `0.35`.
fn amount(dollars: &str) -> i64 {
    let (dollars, cents) = dollars.split_once('.').unwrap_or((dollars, "00"));
    assert_eq!(cents.len(), 2, "{cents}");
    dollars.parse::<i64>().expect("a number") * 100 + cents.parse::<i64>().expect("a number")
}

fn change(prompt: &str) -> i64 {
    let price = amount(between(prompt, " at $", " each"));
    let paid = amount(between(prompt, "pays with $", ". How"));
    let count = ints(between(prompt, "buys ", " of them"))[0];
    (0..count).fold(paid, |left, _| left - price)
}

/// The value of a sum such as `7x^2 - 11x + 1`.
fn value(sum: &str, x: i64) -> i64 {
    let mut sign = 1;
    let mut total = 0;
    for part in sum.split_whitespace() {
        match part {
            "+" => sign = 1,
            "-" => sign = -1,
            part => {
                let (factor, power) = match part.split_once('x') {
                    None => (part, 0),
                    Some((factor, "")) => (factor, 1),
                    Some((factor, square)) => {
                        assert_eq!(square, "^2");
                        (factor, 2)
                    }
                };
                let factor = if factor.is_empty() { "1" } else { factor };
                total += sign * factor.parse::<i64>().expect("a number") * x.pow(power);
            }
        }
    }
    total
}
