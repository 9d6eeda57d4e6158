//! The table: what was measured, what is aimed at, and how far one is from the other.

/// What a figure is held against.
#[derive(Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
    /// The same of a peer, in the same run.
    Peer(f64),
    /// Nothing; it is there to be seen.
    Unset,
}

pub(crate) fn head() {
    let empty = "";
    println!(
        "{empty:<64} {:>9} {empty:<5}{:>16} {:>7}",
        "figure", "goal", "ratio"
    );
}

/// Prints a row: the figure, its goal, how many times its goal it is, and whether it missed it.
pub(crate) fn row(what: &str, figure: f64, unit: &str, goal: Goal) {
    let (word, against, is_missed) = match goal {
        Goal::AtLeast(goal) => ("at least", goal, figure < goal),
        Goal::AtMost(goal) => ("at most", goal, figure > goal),
        Goal::Peer(peer) => ("peer:", peer, false),
        Goal::Unset => {
            println!("{what:<64} {:>9} {unit}", short(figure));
            return;
        }
    };
    println!(
        "{what:<64} {:>9} {unit:<5}{:>16} {:>7}{}",
        short(figure),
        format!("{word} {}", short(against)),
        short(figure / against),
        if is_missed { "  missed" } else { "" },
    );
}

/// About three digits.
fn short(figure: f64) -> String {
    let digits = match figure.abs() {
        large if large >= 99.5 => 0,
        middle if middle >= 9.95 => 1,
        _ => 2,
    };
    format!("{figure:.digits$}")
}
