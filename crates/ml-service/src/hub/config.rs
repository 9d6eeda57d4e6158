//! Which hub, as whom, and into which cache.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use inference_core::Places;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::HubError;

/// Where models come from unless `HF_ENDPOINT` says otherwise.
const ENDPOINT: &str = "https://huggingface.co";

/// Which hub to fetch from, as whom, into which cache, and how patiently.
///
/// What is not set here is as Hugging Face's own client has it, so that both share one cache.
#[derive(Debug, Clone)]
pub struct HubConfig {
    pub(super) endpoint: Url,
    pub(super) token: Option<Token>,
    pub(super) cache: PathBuf,
    pub(super) connect_timeout: Duration,
    pub(super) idle_timeout: Duration,
    pub(super) retry_wait: Duration,
    pub(super) lock_patience: Duration,
}

/// A token, and where it came from.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub(super) secret: SecretString,
    /// As messages name it.
    pub(super) origin: String,
}

impl HubConfig {
    /// The hub, the token and the cache that this process's environment names:
    ///
    /// | what | the first of these that is set |
    /// |---|---|
    /// | hub | `HF_ENDPOINT`, `https://huggingface.co` |
    /// | token | `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, the file `HF_TOKEN_PATH`, the file `$HF_HOME/token`; none where `HF_HUB_DISABLE_IMPLICIT_TOKEN` is true |
    /// | cache | `HF_HUB_CACHE`, `$HF_HOME/hub` |
    ///
    /// `HF_HOME` is by default `huggingface` in `$XDG_CACHE_HOME`, `~/.cache`.
    ///
    /// # Errors
    /// [`HubError::Setting`]: a variable cannot be used; [`HubError::Offline`]: `HF_HUB_OFFLINE`
    /// is true; [`HubError::Cache`]: the token's file cannot be read.
    pub fn from_env() -> Result<Self, HubError> {
        Self::from_vars(|name| env::var_os(name))
    }

    /// The same from another environment; an empty variable is as good as unset.
    ///
    /// # Errors
    /// As [`from_env`](Self::from_env).
    pub fn from_vars(vars: impl Fn(&str) -> Option<OsString>) -> Result<Self, HubError> {
        let var = |name: &str| vars(name).filter(|value| !value.is_empty());
        let is_true = |name| {
            var(name).is_some_and(|value| {
                let yes = ["1", "on", "yes", "true"];
                yes.iter().any(|yes| value.eq_ignore_ascii_case(yes))
            })
        };
        if is_true("HF_HUB_OFFLINE") {
            return Err(HubError::Offline);
        }
        let cache = Places::from_vars(var).hugging_face.ok_or_else(|| {
            let message = "there is no home folder: say where models are kept".to_owned();
            let variable = "HF_HUB_CACHE";
            HubError::Setting { variable, message }
        })?;
        let endpoint = match var("HF_ENDPOINT") {
            Some(value) => text("HF_ENDPOINT", value)?,
            None => ENDPOINT.to_owned(),
        };
        let mut config = Self::new(&endpoint, cache)?;
        if !is_true("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
            config.token = Token::find(var)?;
        }
        Ok(config)
    }

    /// A hub and a cache, without a token.
    ///
    /// # Errors
    /// [`HubError::Setting`]: the endpoint is no URL of HTTP, or holds a password.
    pub fn new(endpoint: &str, cache: impl Into<PathBuf>) -> Result<Self, HubError> {
        Ok(Self {
            endpoint: parse_endpoint(endpoint)?,
            token: None,
            cache: cache.into(),
            connect_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_mins(1),
            retry_wait: Duration::from_secs(1),
            lock_patience: Duration::from_mins(10),
        })
    }

    /// Sets the token.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(Token {
            secret: token.into().into(),
            origin: "the configuration".to_owned(),
        });
        self
    }

    /// Sets the longest wait for the next byte, 60 s by default.
    #[must_use]
    pub fn with_idle_timeout(mut self, time: Duration) -> Self {
        self.idle_timeout = time;
        self
    }

    /// Sets the first wait before something is tried again, 1 s by default; each further one is
    /// about twice as long.
    #[must_use]
    pub fn with_retry_wait(mut self, time: Duration) -> Self {
        self.retry_wait = time;
        self
    }

    /// Sets how long another process may hold a file without getting on with it, 10 min by
    /// default.
    #[must_use]
    pub fn with_lock_patience(mut self, time: Duration) -> Self {
        self.lock_patience = time;
        self
    }
}

impl Token {
    fn find(var: impl Fn(&str) -> Option<OsString>) -> Result<Option<Self>, HubError> {
        for name in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"] {
            if let Some(value) = var(name)
                && let Some(token) = Self::clean(text(name, value)?, name.to_owned())
            {
                return Ok(Some(token));
            }
        }
        let path = |name| var(name).map(PathBuf::from);
        let home = || {
            let cache = path("XDG_CACHE_HOME").or_else(|| Some(path("HOME")?.join(".cache")));
            path("HF_HOME").or_else(|| Some(cache?.join("huggingface")))
        };
        let file = path("HF_TOKEN_PATH").or_else(|| Some(home()?.join("token")));
        let Some(file) = file else {
            return Ok(None);
        };
        match fs::read_to_string(&file) {
            Ok(token) => Ok(Self::clean(token, file.display().to_string())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(HubError::cache("read the token's file", &file, error)),
        }
    }

    /// Takes white space off the ends; nothing is left of some.
    fn clean(token: String, origin: String) -> Option<Self> {
        let secret = SecretString::from(token);
        let cleaned = secret.expose_secret().trim();
        (!cleaned.is_empty()).then(|| Self {
            secret: cleaned.into(),
            origin,
        })
    }
}

fn parse_endpoint(text: &str) -> Result<Url, HubError> {
    let wrong = |message: &str| HubError::Setting {
        variable: "HF_ENDPOINT",
        message: message.to_owned(),
    };
    let url = Url::parse(text.trim_end_matches('/'))
        .map_err(|_| wrong("it is no URL: write https://HOST"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("it is no address of HTTP: write https://HOST"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "it may not hold a name or password: put the token into HF_TOKEN",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("it may not have a query: write https://HOST"));
    }
    Ok(url)
}

fn text(variable: &'static str, value: OsString) -> Result<String, HubError> {
    value.into_string().map_err(|_| HubError::Setting {
        variable,
        message: "it is not valid UTF-8".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<HubConfig, HubError> {
        HubConfig::from_vars(|name| {
            let found = vars.iter().find(|(set, _)| *set == name);
            found.map(|(_, value)| value.into())
        })
    }

    /// The token and its origin.
    fn token(vars: &[(&str, &str)]) -> Option<(String, String)> {
        let token = read(vars).expect("a configuration").token?;
        Some((token.secret.expose_secret().to_owned(), token.origin))
    }

    #[test]
    fn the_hub_and_the_cache_are_those_of_hugging_faces_client() {
        let config = read(&[("HOME", "/h")]).expect("a configuration");
        assert_eq!(config.endpoint.as_str(), "https://huggingface.co/");
        assert_eq!(config.cache, PathBuf::from("/h/.cache/huggingface/hub"));
        let vars = [("HF_ENDPOINT", "http://mirror/hf/"), ("HF_HUB_CACHE", "/c")];
        let config = read(&vars).expect("a configuration");
        assert_eq!(config.endpoint.as_str(), "http://mirror/hf");
        assert_eq!(config.cache, PathBuf::from("/c"));
    }

    #[test]
    fn the_token_is_looked_for_where_hugging_faces_client_does() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().to_str().expect("UTF-8");
        assert_eq!(token(&[("HF_HOME", folder)]), None);
        fs::write(home.path().join("token"), "\nhf_file \n").expect("written");
        let (found, origin) = token(&[("HF_HOME", folder)]).expect("the file's");
        assert_eq!(found, "hf_file");
        assert!(origin.ends_with("/token"), "{origin}");

        let older = ("HUGGING_FACE_HUB_TOKEN", "hf_old");
        let vars = [("HF_HOME", folder), ("HF_TOKEN", " hf_new\n"), older];
        let expected = |token: &str, origin: &str| Some((token.into(), origin.into()));
        assert_eq!(token(&vars), expected("hf_new", "HF_TOKEN"));
        assert_eq!(
            token(&[("HF_HOME", folder), older]),
            expected("hf_old", older.0)
        );
        let file = format!("{folder}/token");
        let vars = [("HOME", "/nowhere"), ("HF_TOKEN_PATH", &file)];
        assert_eq!(token(&vars).expect("the file's").0, "hf_file");
        let disabled = ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "YES");
        assert_eq!(token(&[("HF_HOME", folder), disabled]), None);
    }

    #[test]
    fn a_setting_that_cannot_be_used_is_named_and_never_shown() {
        for endpoint in [
            "hub",
            "ftp://hub",
            "https://me:hf_secret@hub",
            "https://hub?x=hf_secret",
        ] {
            let error = read(&[("HOME", "/h"), ("HF_ENDPOINT", endpoint)]).expect_err(endpoint);
            let said = format!("{error} {error:?}");
            assert!(said.contains("HF_ENDPOINT"), "{said}");
            assert!(!said.contains("hf_secret"), "{said}");
        }
        let error = read(&[]).expect_err("no home");
        assert!(error.to_string().contains("HF_HUB_CACHE"), "{error}");
        let error = read(&[("HF_HUB_OFFLINE", "1")]).expect_err("offline");
        assert!(matches!(error, HubError::Offline), "{error}");
        let secret = read(&[("HOME", "/h"), ("HF_TOKEN", "hf_secret")]);
        assert!(!format!("{secret:?}").contains("hf_secret"));
    }
}
