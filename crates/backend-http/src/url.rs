//! The address of a server: checked once, with every spelling of the base meaning the same.

use std::fmt;

use inference_core::{Error, ErrorKind};
use reqwest::Url;

/// A server's address without `/v1`.
#[derive(Clone)]
pub(crate) struct BaseUrl(Url);

impl BaseUrl {
    /// Reads an address with or without a trailing slash or `/v1`.
    pub(crate) fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| {
            let shown = without_secrets(text);
            let message = format!("the URL {shown:?} {why}, such as http://localhost:8080");
            Err(Error::new(ErrorKind::InvalidRequest, message))
        };
        let Ok(mut url) = Url::parse(text.trim()) else {
            return refuse("is not an address: give scheme, host and port");
        };
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("does not start with http:// or https://: give the whole address");
        }
        if url.host_str().is_none_or(str::is_empty) {
            return refuse("has no host: give the whole address");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("has a query or fragment: give the address alone");
        }
        let path = url.path().trim_end_matches('/');
        let path = path.strip_suffix("/v1").unwrap_or(path);
        let path = path.trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self(url))
    }

    /// The address of a path such as `/v1/models`.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path().trim_end_matches('/')));
        url
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether the server is on this machine.
    pub(crate) fn is_local(&self) -> bool {
        match self.0.host_str() {
            Some("localhost" | "[::1]") => true,
            Some(host) => host
                .parse()
                .is_ok_and(|address: std::net::Ipv4Addr| address.is_loopback()),
            None => false,
        }
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(without_secrets(self.0.as_str()).trim_end_matches('/'))
    }
}

/// An address as it may be shown: without user, password, query and fragment.
pub(crate) fn without_secrets(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let text = &text[..end];
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let host_end = rest.find('/').unwrap_or(rest.len());
    match rest[..host_end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_base_means_the_same() {
        for text in [
            "http://h:1",
            "http://h:1/",
            "http://h:1/v1",
            "http://h:1/v1/",
            " http://h:1/v1// ",
        ] {
            let base = BaseUrl::parse(text).expect("an address");
            assert_eq!(
                base.join("/v1/models").as_str(),
                "http://h:1/v1/models",
                "{text}"
            );
        }
        let nested = BaseUrl::parse("https://api.example.com/openai/v1/").expect("an address");
        assert_eq!(
            nested.join("/v1/chat/completions").as_str(),
            "https://api.example.com/openai/v1/chat/completions"
        );
    }

    #[test]
    fn an_absurd_url_is_refused_with_the_way_out() {
        for text in [
            "",
            "localhost:8080",
            "ftp://host",
            "http://",
            "http://:80",
            "not a url",
            "http://h/v1?key=k",
            "http://[::1",
            "/v1",
        ] {
            let error = BaseUrl::parse(text)
                .err()
                .unwrap_or_else(|| panic!("{text}"));
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(error.message().contains("http://localhost:8080"), "{error}");
        }
    }

    #[test]
    fn secrets_in_an_address_are_not_shown() {
        let base = BaseUrl::parse("https://user:pass@host/v1").expect("an address");
        assert_eq!(base.to_string(), "https://host");
        assert_eq!(without_secrets("http://a:b@c/p?q=1#f"), "http://c/p");
        assert_eq!(without_secrets("http://host/user@x"), "http://host/user@x");
    }

    #[test]
    fn local_servers_are_told_from_others() {
        for (text, local) in [
            ("http://localhost:1", true),
            ("http://127.0.0.1", true),
            ("http://127.8.0.1", true),
            ("http://[::1]:80", true),
            ("http://10.0.0.1", false),
            ("https://localhost.example.com", false),
        ] {
            assert_eq!(
                BaseUrl::parse(text).expect("an address").is_local(),
                local,
                "{text}"
            );
        }
    }
}
