//! The table is complete, and the documentation shows it.

use super::*;

#[test]
fn every_option_has_a_row() {
    let rows: Vec<_> = SPELLINGS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(rows, OptionKind::ALL);
}

#[test]
fn columns_are_in_the_order_of_the_dialects() {
    for (column, dialect) in Dialect::ALL.into_iter().enumerate() {
        assert_eq!(dialect as usize, column);
    }
}

#[test]
fn names_round_trip_in_both_spellings() {
    for dialect in Dialect::ALL {
        assert_eq!(dialect.name().parse(), Ok(dialect));
        let json = serde_json::to_value(dialect).expect("writes");
        assert_eq!(json, dialect.name());
        assert_eq!(
            serde_json::from_value::<Dialect>(json).expect("reads"),
            dialect
        );
    }
    let error = "lmstudio".parse::<Dialect>().expect_err("unknown");
    assert!(error.to_string().contains("llama-server"), "{error}");
}

#[test]
fn the_documented_table_is_the_one_in_use() {
    let source = include_str!("../dialect.rs");
    for (option, _) in SPELLINGS {
        for (endpoint, label) in [(Endpoint::Chat, "chat"), (Endpoint::Text, "raw")] {
            let name = option.name();
            let row = source
                .lines()
                .filter_map(|line| line.strip_prefix("/// | `"))
                .find(|line| {
                    line.starts_with(&format!("{name}` |"))
                        || line.starts_with(&format!("{name}`, {label} |"))
                        || line.starts_with(&format!("{name}`, {label} only |"))
                });
            let Some(row) = row else {
                let chat_only = [OptionKind::Tools, OptionKind::ToolChoice];
                assert!(chat_only.contains(&option), "{name}");
                assert_eq!(endpoint, Endpoint::Text, "{name}");
                continue;
            };
            let cells: Vec<_> = row.split('|').skip(1).map(str::trim).collect();
            for dialect in Dialect::ALL {
                let shown = dialect
                    .field(option, endpoint)
                    .map_or_else(|| "–".to_owned(), |field| format!("`{field}`"));
                assert_eq!(
                    cells[dialect as usize], shown,
                    "{name} of {dialect}, {label}"
                );
            }
        }
    }
}

#[test]
fn strict_openai_has_no_names_of_others() {
    for option in [
        OptionKind::TopK,
        OptionKind::MinP,
        OptionKind::RepeatPenalty,
        OptionKind::StopTokens,
        OptionKind::Adapter,
    ] {
        assert!(!Dialect::OpenAi.supports(option), "{}", option.name());
    }
    assert_eq!(Dialect::OpenAi.neutral(), json!({}));
}
