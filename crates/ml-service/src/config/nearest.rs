//! The known name that somebody probably meant.

/// How alike two names must be, from 0 to 1, for one to be offered in place of the other.
const ALIKE: f64 = 0.5;

/// The known name most like `name`, if any is like it.
pub(crate) fn nearest<'k, S: AsRef<str>>(name: &str, known: &'k [S]) -> Option<&'k str> {
    let name = name.to_lowercase();
    known
        .iter()
        .map(AsRef::as_ref)
        .map(|known| {
            (
                strsim::normalized_damerau_levenshtein(&name, &known.to_lowercase()),
                known,
            )
        })
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_the_name_and_another_word_does_not() {
        let known = ["context_length", "gpu_layers", "threads"];
        assert_eq!(nearest("contxt_lenght", &known), Some("context_length"));
        assert_eq!(nearest("Thread", &known), Some("threads"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest("x", &[] as &[&str]), None);
    }
}
