//! Names that several templates use.

/// First names, none of which is another word.
pub(super) const PEOPLE: [&str; 24] = [
    "Anna", "Boris", "Carla", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Irene", "Jamal",
    "Karin", "Lukas", "Maria", "Nadia", "Oscar", "Petra", "Quentin", "Rosa", "Samir", "Tania",
    "Umberto", "Vera", "Walter", "Yusuf",
];

/// "A, B and C".
pub(super) fn listed(parts: &[impl AsRef<str>]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", first.join(", "), last.as_ref())
        }
    }
}

/// "3 apples", "1 apple".
pub(super) fn counted(count: i64, one: &str) -> String {
    if count == 1 {
        format!("1 {one}")
    } else {
        format!("{count} {one}s")
    }
}

/// Dollars of an amount in cents: `$5`, `$5.25`.
pub(super) fn dollars(cents: i64) -> String {
    if cents % 100 == 0 {
        format!("${}", cents / 100)
    } else {
        format!("${}.{:02}", cents / 100, cents % 100)
    }
}
