//! Words and sentences of texts that are easily taken apart wrongly.

use super::*;

/// Words separated by spaces, `,` for a break, `"` for a quotation mark, `|` for a sentence's end.
fn show(text: &str) -> String {
    let shown = Tokens::new(text).map(|token| match token {
        Token::Word(word) => {
            assert_eq!(&text[word.start..word.start + word.text.len()], word.text);
            let folded: String = word.text.chars().map(fold).collect();
            assert!(word.is(&folded));
            word.text
        }
        Token::Break => ",",
        Token::Quote => "\"",
        Token::End => "|",
    });
    shown.collect::<Vec<_>>().join(" ")
}

#[test]
fn words_and_sentences_are_found() {
    for (text, expected) in [
        ("", ""),
        ("It is 3.5 m. Or 1,234.5?", "It is 3.5 m | Or 1,234.5 |"),
        ("I can’t, I can't.", "I can’t , I can't |"),
        ("Wait... what? Yes… no.", "Wait , what | Yes , no |"),
        (
            "Dr. Smith met J. R. Jones.",
            "Dr , Smith met J , R , Jones |",
        ),
        (
            "So do I. Then, e.g. this.",
            "So do I | Then , e , g , this |",
        ),
        ("Solve for x. Then stop.", "Solve for x | Then stop |"),
        (
            "Nuts, etc. and more, etc. The end",
            "Nuts , etc , and more , etc | The end",
        ),
        ("He said \"no.\" She left.", "He said \" no | She left |"),
        ("‘x’ and “y”", "x and \" y \""),
        ("self-determination, p2p", "self determination , p2p"),
        ("**No.** Really?!", "No | Really |"),
        ("例えば。はい！", "例 え ば | は い |"),
        ("naïve nai\u{308}ve", "naïve nai\u{308}ve"),
        ("see example.com now", "see example , com now"),
        ("(A żx) . Then", ", A żx , | Then"),
        ("At nine (etc) . and so on", "At nine , etc , | and so on"),
        ("rust 🦀 it", "rust , it"),
    ] {
        assert_eq!(show(text), expected, "{text:?}");
    }
}

#[test]
fn words_that_fold_alike_hash_alike() {
    let hash = |text| match Tokens::new(text).next() {
        Some(Token::Word(word)) => word.hash,
        other => panic!("{other:?}"),
    };
    assert_eq!(hash("Can’T"), Word::hash_of("can't"));
    assert_eq!(hash("ŻÓŁW"), Word::hash_of("żółw"));
    assert_ne!(hash("cant"), Word::hash_of("can't"));
}
