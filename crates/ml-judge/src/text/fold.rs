//! What counts as the same letter.

/// Whether the character is used as an apostrophe: `'`, its typographic forms, and the accents and
/// primes that stand for it.
pub(crate) fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '´' | 'ʹ' | 'ʼ' | 'ˈ' | '‘' | '’' | '‛' | '′' | '＇'
    )
}

/// The character as words are compared: in lower case, every apostrophe as `'`. Where the lower
/// case takes several characters, the first stands for all.
pub(crate) fn fold(c: char) -> char {
    if c.is_ascii() {
        c.to_ascii_lowercase()
    } else if is_apostrophe(c) {
        '\''
    } else {
        c.to_lowercase().next().unwrap_or(c)
    }
}

/// Whether the character goes on a word that another began: accents that stand apart from their
/// letter, joiners, and marks of voiced kana.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5BD}'
        | '\u{64B}'..='\u{65F}' | '\u{900}'..='\u{903}' | '\u{93A}'..='\u{94F}'
        | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{200C}' | '\u{200D}'
        | '\u{20D0}'..='\u{20FF}' | '\u{3099}' | '\u{309A}' | '\u{FE00}'..='\u{FE0F}'
        | '\u{FE20}'..='\u{FE2F}')
}

/// Whether the character is a word of its own, as scripts without spaces are counted: Han,
/// Hiragana, Katakana.
pub(super) fn stands_alone(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_and_apostrophes_fold() {
        let folded: String = "CAN’T Żółw ʼ ´".chars().map(fold).collect();
        assert_eq!(folded, "can't żółw ' '");
    }
}
