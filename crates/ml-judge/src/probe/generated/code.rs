//! What small Python programs print, computed here.

use super::pattern::WORDS;
use super::random::Random;
use super::{Item, Template};
use crate::Check;

pub(super) const CODE: &[Template] = &[slice, filtered_sum, text, steps, recursion, filtered_list];

fn prompt(program: &str) -> String {
    format!("What does this Python program print?\n\n```python\n{program}\n```\n")
}

fn python_list(numbers: &[i64]) -> String {
    let numbers: Vec<_> = numbers.iter().map(i64::to_string).collect();
    format!("[{}]", numbers.join(", "))
}

fn list(template: &'static str, program: &str, answer: &[i64]) -> Item {
    let items = answer.iter().map(i64::to_string).collect();
    Item::check(template, prompt(program), Check::List(items))
}

fn numbers(random: &mut Random, count: usize) -> Vec<i64> {
    (0..count).map(|_| random.between(2, 60)).collect()
}

fn slice(random: &mut Random) -> Item {
    let numbers = numbers(random, 8);
    let start = random.index(4);
    let stop = start + 2 + random.index(4);
    let (index, answer) = match random.index(3) {
        0 => (format!("{start}:{stop}"), numbers[start..stop].to_vec()),
        1 => {
            let every = numbers[start..].iter().step_by(2).copied();
            (format!("{start}::2"), every.collect())
        }
        _ => {
            let end = 1 + start;
            (
                format!("-{}:", end + 1),
                numbers[numbers.len() - end - 1..].to_vec(),
            )
        }
    };
    let program = format!(
        "numbers = {}\nprint(numbers[{index}])",
        python_list(&numbers)
    );
    list("slice", &program, &answer)
}

fn filtered_sum(random: &mut Random) -> Item {
    let (start, stop, step) = (
        random.between(1, 9),
        random.between(20, 45),
        random.between(1, 4),
    );
    let (divisor, factor) = (random.between(2, 5), random.between(2, 9));
    let rest = random.between(0, divisor - 1);
    let (mut total, mut i) = (0, start);
    while i < stop {
        total += if i % divisor == rest { i * factor } else { 1 };
        i += step;
    }
    let program = format!(
        "total = 0\nfor i in range({start}, {stop}, {step}):\n    if i % {divisor} == {rest}:\n        total += i * {factor}\n    else:\n        total += 1\nprint(total)"
    );
    Item::number("filtered sum", prompt(&program), total)
}

fn text(random: &mut Random) -> Item {
    let two = random.some(&WORDS, 2);
    let (start, length) = (random.index(3), 2 + random.index(3));
    let part = &two[0][start..start + length];
    let stop = start + length;
    let tail = &two[1][..2 + random.index(3)];
    let cut = tail.len();
    let reversed = |text: &str| text.chars().rev().collect::<String>();
    let (expression, answer) = match random.index(3) {
        0 => (
            format!("a[{start}:{stop}] + b[:{cut}] * 2"),
            format!("{part}{tail}{tail}"),
        ),
        1 => (
            format!("a[{start}:{stop}][::-1] + b[:{cut}]"),
            format!("{}{tail}", reversed(part)),
        ),
        _ => {
            let joined = format!("{part}{tail}");
            (
                format!("(a[{start}:{stop}] + b[:{cut}])[::-1]"),
                reversed(&joined),
            )
        }
    };
    let program = format!(
        "a = \"{}\"\nb = \"{}\"\nprint({expression})",
        two[0], two[1]
    );
    let wrong = [two[0], two[1], part, tail];
    Item::option("text", prompt(&program), &answer, &wrong)
}

fn steps(random: &mut Random) -> Item {
    let start = random.between(6, 90);
    let add = random.pick(&[1, 3, 5]);
    // Half if even, plus an odd number if odd, until small: it always ends.
    let (mut n, mut count) = (start, 0);
    while n > add {
        n = if n % 2 == 0 { n / 2 } else { n + add };
        count += 1;
    }
    let (name, answer) = if random.chance() {
        ("count", count)
    } else {
        ("n + count", n + count)
    };
    let program = format!(
        "n = {start}\ncount = 0\nwhile n > {add}:\n    if n % 2 == 0:\n        n = n // 2\n    else:\n        n = n + {add}\n    count += 1\nprint({name})"
    );
    Item::number("steps", prompt(&program), answer)
}

fn recursion(random: &mut Random) -> Item {
    let (factor, add, base) = (
        random.between(2, 4),
        random.between(1, 9),
        random.between(1, 6),
    );
    let depth = random.between(3, 5);
    let mut value = base;
    for n in 1..=depth {
        value = factor * value + add - n;
    }
    let program = format!(
        "def f(n):\n    if n == 0:\n        return {base}\n    return {factor} * f(n - 1) + {add} - n\n\nprint(f({depth}))"
    );
    Item::number("recursion", prompt(&program), value)
}

fn filtered_list(random: &mut Random) -> Item {
    let numbers = numbers(random, 7);
    let (divisor, add) = (random.between(2, 4), random.between(1, 20));
    let kept = numbers.iter().filter(|number| *number % divisor != 0);
    let answer: Vec<_> = kept.map(|number| number + add).collect();
    let program = format!(
        "numbers = {}\nprint([x + {add} for x in numbers if x % {divisor} != 0])",
        python_list(&numbers)
    );
    if answer.len() < 2 {
        filtered_list(random)
    } else {
        list("filtered list", &program, &answer)
    }
}
