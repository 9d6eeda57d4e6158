//! Percentages, sets, probability and problems told in sentences.

use super::*;

pub(super) fn solve(template: &str, prompt: &str, n: &[i64]) -> Option<Found> {
    let number = match template {
        "discounts" => {
            // In hundredths of cents.
            let cut = |price: i64, percent: &i64| price - price * percent / 100;
            let price = n[1..3].iter().fold(n[0] * 10_000, cut);
            return (price % 100 == 0).then_some(Found::Ratio(price, 10_000));
        }
        "growth" => only(1..100, |p| (n[1] - n[0]).abs() * 100 == p * n[0])?,
        "whole" => only(1..10_000, |whole| whole * n[1] == n[0] * 100)?,
        "share" => only(1..10_000, |left| (n[0] - left) * 100 == n[0] * n[1])?,
        "neither" => two_groups(n, 0),
        "exactly one" => two_groups(n, 1),
        // By inclusion and exclusion: each club, each pair of clubs, all three.
        "three clubs" => n[0] + n[1] + n[2] - n[3] - n[4] - n[5] + n[6],
        "difference" => {
            let not = ints(between(prompt, "B = {", "}"));
            let mut left = ints(between(prompt, "A = {", "}"));
            left.retain(|number| !not.contains(number));
            return (!left.is_empty()).then(|| Found::Number(left.iter().sum()));
        }
        "marble" | "two dice" | "two drawn" => return Some(chance(template, prompt, n)),
        "catching up" => only(1..100, |hours| n[0] * (n[1] + hours) == n[2] * hours)?,
        "ages" => only(1..500, |years| n[0] * n[1] + years == n[2] * (n[1] + years))?,
        "together" => only(1..200, |t| t * n[1] + t * n[0] == n[0] * n[1])?,
        "tickets" => {
            let paid = |adults: &i64| adults * n[0] + (n[2] - adults) * n[1];
            let adults = only(0..=n[2], |adults| paid(adults) == n[3])?;
            if prompt.contains("were adults?") {
                adults
            } else {
                n[2] - adults
            }
        }
        _ => return None,
    };
    Some(Found::Number(number))
}

/// How many do so many of two things. The people stand in a row: the first do the one, a stretch
/// that overlaps does the other.
fn two_groups(n: &[i64], things: i64) -> i64 {
    let (all, first, second, both) = (n[0], n[1], n[2], n[3]);
    let done = |person: i64| {
        let other = first - both..first - both + second;
        i64::from(person < first) + i64::from(other.contains(&person))
    };
    let count = (0..all).filter(|person| done(*person) == things).count();
    i64::try_from(count).expect("few")
}

/// The part of all cases that are hits.
fn chance(template: &str, prompt: &str, n: &[i64]) -> Found {
    let cases: Vec<bool> = match template {
        "marble" => {
            let asked = between(prompt, "that it is ", "?");
            let bag = words(between(prompt, "holds ", " marbles"));
            let colours = bag.iter().filter(|word| word.parse::<i64>().is_err());
            let colours = colours.filter(|word| **word != "and");
            let marbles = colours
                .zip(n)
                .flat_map(|(colour, count)| (0..*count).map(move |_| colour));
            marbles.map(|colour| *colour == asked).collect()
        }
        "two dice" => {
            let thrown = (1..=n[1]).flat_map(|i| (1..=n[3]).map(move |j| i + j));
            thrown.map(|sum| sum == n[4]).collect()
        }
        _ => {
            // The first balls have the colour that is asked for.
            let asked = between(prompt, "both are ", "?");
            assert_eq!(words(prompt)[4], asked, "{prompt}");
            let balls = n[0] + n[1];
            let drawn = (0..balls).flat_map(|i| (0..balls).map(move |j| (i, j)));
            let drawn = drawn.filter(|(i, j)| i != j);
            drawn.map(|(i, j)| i.max(j) < n[0]).collect()
        }
    };
    let count = |hits: usize| i64::try_from(hits).expect("few");
    let hits = cases.iter().filter(|hit| **hit).count();
    Found::Ratio(count(hits), count(cases.len()))
}
