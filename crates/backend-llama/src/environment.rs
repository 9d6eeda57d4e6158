//! The environment of a llama-server: ours without what would steer the server or leak a secret.

use std::ffi::{OsStr, OsString};

use secrecy::{ExposeSecret, SecretString};

/// How often, in seconds, a stream without a token carries a sign of life. A stop in the middle of
/// a stream lasts as long, since the server looks for its client only when it writes.
const PING: (&str, &str) = ("LLAMA_ARG_SSE_PING_INTERVAL", "1");

/// A crash ends at once. Otherwise llama.cpp runs a debugger, where one is installed, whose output
/// would push the reason out of the last lines.
const NO_DEBUGGER: (&str, &str) = ("GGML_NO_BACKTRACE", "1");

/// The variables of a server that asks its clients for `key`.
///
/// The key goes this way because everybody may read a command line; the interval of the pings
/// because a server that does not know it yet would refuse the argument.
pub(crate) fn environment(
    ours: impl IntoIterator<Item = (OsString, OsString)>,
    key: &SecretString,
) -> Vec<(OsString, OsString)> {
    let kept = ours.into_iter().filter(|(name, _)| !is_scrubbed(name));
    let own = [("LLAMA_API_KEY", key.expose_secret()), PING, NO_DEBUGGER];
    kept.chain(own.map(|(name, value)| (name.into(), value.into())))
        .collect()
}

/// Whether a variable is llama-server's own, or by its name a secret.
fn is_scrubbed(name: &OsStr) -> bool {
    const OPTIONS: [&str; 2] = ["LLAMA_", "AIP_"];
    const SECRETS: [&str; 9] = [
        "AUTH",
        "CREDENTIAL",
        "CREDENTIALS",
        "KEY",
        "PASSPHRASE",
        "PASSWD",
        "PASSWORD",
        "SECRET",
        "TOKEN",
    ];
    let name = name.to_string_lossy().to_ascii_uppercase();
    OPTIONS.iter().any(|prefix| name.starts_with(prefix))
        || name.split('_').any(|word| SECRETS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_variables_pass() {
        let ours = [
            ("PATH", "/bin"),
            ("CUDA_VISIBLE_DEVICES", "0"),
            ("GGML_METAL_PATH_RESOURCES", "/x"),
            ("LLAMA_ARG_HOST", "0.0.0.0"),
            ("LLAMA_ARG_SSE_PING_INTERVAL", "30"),
            ("LLAMA_API_KEY", "theirs"),
            ("LLAMA_SERVER", "/x"),
            ("AIP_MODE", "PREDICTION"),
            ("HF_TOKEN", "hf_x"),
            ("OPENAI_API_KEY", "sk-x"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
            ("SSH_AUTH_SOCK", "/x"),
            ("db_password", "x"),
        ];
        let ours = ours.map(|(name, value)| (name.into(), value.into()));
        let theirs = environment(ours, &"ours".into());
        let theirs: Vec<_> = theirs
            .iter()
            .map(|(name, value)| format!("{}={}", name.display(), value.display()))
            .collect();
        assert_eq!(
            theirs,
            [
                "PATH=/bin",
                "CUDA_VISIBLE_DEVICES=0",
                "GGML_METAL_PATH_RESOURCES=/x",
                "LLAMA_API_KEY=ours",
                "LLAMA_ARG_SSE_PING_INTERVAL=1",
                "GGML_NO_BACKTRACE=1",
            ]
        );
    }
}
