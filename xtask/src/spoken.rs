//! Durations and commands as a person reads them.

use std::process::Command;
use std::time::Duration;

/// `0.4 s`, `12 s`, `3 min 11 s`.
pub(crate) fn duration(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", elapsed.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

/// The command as it could be typed, with only the program's file name.
pub(crate) fn command(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let program = program.file_name().unwrap_or(command.get_program());
    std::iter::once(program)
        .chain(command.get_args())
        .map(|word| quoted(&word.to_string_lossy()))
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=+./,:@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_grow_coarser() {
        let spoken = |seconds| duration(Duration::from_secs_f64(seconds));
        assert_eq!(spoken(0.44), "0.4 s");
        assert_eq!(spoken(12.7), "12 s");
        assert_eq!(spoken(191.0), "3 min 11 s");
    }

    #[test]
    fn commands_can_be_pasted() {
        let mut cargo = Command::new("/somewhere/bin/cargo");
        cargo.args(["test", "-p", "a b", "it's", ""]);
        assert_eq!(command(&cargo), r"cargo test -p 'a b' 'it'\''s' ''");
    }
}
