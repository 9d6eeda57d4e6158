//! Help, the version, completions and manual pages.

use crate::support::ml;

const COMMANDS: &[&str] = &[
    "generate",
    "chat",
    #[cfg(feature = "server")]
    "serve",
    "models",
    #[cfg(feature = "hub")]
    "pull",
    "expand",
    "score",
    "judge-check",
    "convert",
    "probe",
    "compare",
    #[cfg(feature = "mcp")]
    "mcp",
    "doctor",
    "config",
    "completions",
    "man",
];

#[test]
fn help_lists_the_commands_and_shows_examples() {
    let done = ml(["--help"]).run().code(0);
    for &name in COMMANDS {
        assert!(done.stdout.contains(&format!("\n  {name} ")), "{done:?}");
    }
    assert!(done.stdout.contains("Examples:"), "{done:?}");
    assert_eq!(done.stderr, "");
}

#[test]
fn every_command_has_examples_that_name_it() {
    for &name in COMMANDS {
        let done = ml([name, "--help"]).run().code(0);
        let (_, examples) = done.stdout.split_once("Examples:\n").expect(name);
        assert!(
            examples.contains(&format!("ml {name}")),
            "{name}: {examples}"
        );
    }
}

#[test]
fn lines_of_help_fit_a_terminal() {
    for &name in COMMANDS {
        let done = ml([name, "--help"]).run().code(0);
        let long = done.stdout.lines().find(|line| line.chars().count() > 100);
        assert_eq!(long, None, "{name}");
    }
}

#[test]
fn the_version_tells_the_features() {
    let done = ml(["--version"]).run().code(0);
    let all = [
        ("http", cfg!(feature = "http")),
        ("hub", cfg!(feature = "hub")),
        ("llama", cfg!(feature = "llama")),
        ("mcp", cfg!(feature = "mcp")),
        ("mlx", cfg!(feature = "mlx")),
        ("mlx-cpu", cfg!(feature = "mlx-cpu")),
        ("server", cfg!(feature = "server")),
    ];
    let on = all.into_iter().filter(|(_, on)| *on);
    let mut features: Vec<_> = on.map(|(name, _)| name).collect();
    if features.is_empty() {
        features.push("none");
    }
    let features = features.join(" ");
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(done.stdout, format!("ml {version}\nfeatures: {features}\n"));
    assert_eq!(ml(["-V"]).run().stdout, format!("ml {version}\n"));
}

#[test]
fn wrong_usage_is_said_on_stderr_with_code_2() {
    for args in [
        &[][..],
        &["frobnicate"],
        &["generate"],
        &["generate", "--frob", "hi"],
    ] {
        let done = ml(args).run().code(2).says(["Usage: ml"]);
        assert_eq!(done.stdout, "", "{args:?}");
    }
    ml(["genrate"]).run().code(2).says(["generate"]);
}

#[test]
fn colour_is_for_terminals_and_for_who_asks() {
    let plain = ml(["--help"]).run();
    assert!(!plain.stdout.contains('\u{1b}'), "{plain:?}");
    let coloured = ml(["--color", "always", "--help"]).run();
    assert!(coloured.stdout.contains('\u{1b}'), "{coloured:?}");
    let error = ml(["--color", "always", "generate", "--model", "/nowhere", "hi"]).run();
    assert!(error.stderr.contains('\u{1b}'), "{error:?}");
    let error = ml(["generate", "--model", "/nowhere", "hi"]).run();
    assert!(!error.stderr.contains('\u{1b}'), "{error:?}");
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = ml(["completions", shell]).run().code(0);
        assert!(done.stdout.contains("generate"), "{shell}");
    }
}

#[test]
fn manual_pages_are_printed_or_written() {
    let page = ml(["man"]).run().code(0).stdout;
    assert!(page.contains(".TH ml 1"), "{page}");
    let ml = ml(["man", "--dir", "pages"]);
    let folder = ml.home().join("pages");
    let mut running = ml.start();
    assert!(running.child.wait().expect("it ends").success());
    for &name in COMMANDS {
        let page = std::fs::read_to_string(folder.join(format!("ml-{name}.1")));
        assert!(page.expect(name).contains("EXTRA"), "{name}");
    }
}
