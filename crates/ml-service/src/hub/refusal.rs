//! What a refused request means: status and headers → an error that says what to do.

use std::time::{Duration, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};

use super::HubError;

/// A reply with a status that is no success.
pub(super) struct Refusal<'a> {
    pub(super) status: StatusCode,
    pub(super) headers: &'a HeaderMap,
    /// Who sent it.
    pub(super) host: &'a str,
    /// Whether that is the hub itself, and not where it redirects to.
    pub(super) by_hub: bool,
    pub(super) asked: &'a Asked<'a>,
    /// Where the token that was sent came from.
    pub(super) token: Option<&'a str>,
}

/// What was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) repository: &'a str,
    pub(super) revision: &'a str,
    /// The file, where it was one.
    pub(super) file: Option<&'a str>,
    /// The repository's page.
    pub(super) page: &'a str,
}

impl Asked<'_> {
    /// As messages name it.
    pub(super) fn what(&self) -> String {
        match self.file {
            Some(file) => file.to_owned(),
            None => format!("the files of {}", self.repository),
        }
    }
}

impl Refusal<'_> {
    /// The error it means. The hub says more in `X-Error-Code`.
    pub(super) fn into_error(self) -> HubError {
        let code = self.headers.get("x-error-code");
        let code = code.and_then(|code| code.to_str().ok()).unwrap_or_default();
        let after = retry_after(self.headers, SystemTime::now());
        let host = self.host.to_owned();
        let status = self.status.as_u16();
        match status {
            429 => HubError::RateLimited { host, after },
            408 | 500.. => HubError::Unavailable {
                host,
                status,
                after,
            },
            // A signed address that has expired; the hub gives a new one.
            _ if !self.by_hub => HubError::Unavailable {
                host,
                status,
                after,
            },
            401 | 403 | 404 => self.no_access(code),
            _ => HubError::Protocol {
                host,
                what: self.asked.what(),
                message: format!("status {status}"),
            },
        }
    }

    fn no_access(&self, code: &str) -> HubError {
        let repository = self.asked.repository.to_owned();
        let token = self.token.map(str::to_owned);
        match (code, self.asked.file, self.status.as_u16(), token) {
            ("GatedRepo", _, _, token) => HubError::Gated {
                repository,
                page: self.asked.page.to_owned(),
                token,
            },
            ("RevisionNotFound", ..) => HubError::RevisionNotFound {
                repository,
                revision: self.asked.revision.to_owned(),
            },
            ("RepoNotFound", _, _, token) => HubError::RepositoryNotFound { repository, token },
            ("EntryNotFound", Some(file), ..) | (_, Some(file), 404, _) => HubError::FileNotFound {
                repository,
                file: file.to_owned(),
                there: Vec::new(),
            },
            (_, _, 401, Some(origin)) => HubError::TokenRefused { origin },
            (_, _, 403, _) => HubError::Forbidden {
                host: self.host.to_owned(),
                repository,
                status: 403,
            },
            (_, _, _, token) => HubError::RepositoryNotFound { repository, token },
        }
    }
}

/// How long the server asks to wait: `Retry-After` in seconds or as a date, else the time until
/// its window begins anew, from `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let header = |name| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(value) = header(RETRY_AFTER.as_str()) {
        if let Ok(seconds) = value.parse() {
            return Duration::try_from_secs_f64(seconds).ok();
        }
        let date = httpdate::parse_http_date(value).ok()?;
        return Some(date.duration_since(now).unwrap_or_default());
    }
    let mut parameters = header("ratelimit")?.split(';').map(str::trim);
    let seconds = parameters.find_map(|parameter| parameter.strip_prefix("t="))?;
    seconds.parse().ok().map(Duration::from_secs)
}

/// Whether a reply says that it is a web page.
pub(super) fn is_web_page(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let page: &[u8] = b"text/html";
    kind.and_then(|kind| kind.get(..page.len()))
        .is_some_and(|kind| kind.eq_ignore_ascii_case(page))
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderName;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &'static str)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        };
        pairs.iter().map(pair).collect()
    }

    fn refuse(
        status: u16,
        code: &'static str,
        file: Option<&str>,
        token: Option<&str>,
    ) -> HubError {
        Refusal {
            status: StatusCode::from_u16(status).expect("a status"),
            headers: &headers(&[("x-error-code", code)]),
            host: "hub",
            by_hub: true,
            asked: &Asked {
                repository: "o/n",
                revision: "main",
                file,
                page: "https://hub/o/n",
            },
            token,
        }
        .into_error()
    }

    #[test]
    fn a_refusal_says_what_to_do() {
        let token = Some("HF_TOKEN");
        for (status, code, file, token, name, way_out) in [
            (
                401,
                "RepoNotFound",
                None,
                None,
                "repository_not_found",
                "set HF_TOKEN",
            ),
            (
                401,
                "",
                None,
                None,
                "repository_not_found",
                "check the name",
            ),
            (
                404,
                "RepoNotFound",
                None,
                token,
                "repository_not_found",
                "of HF_TOKEN may not",
            ),
            (401, "", None, token, "token_refused", "replace it"),
            (
                403,
                "GatedRepo",
                Some("f"),
                None,
                "gated",
                "https://hub/o/n, then set HF_TOKEN",
            ),
            (
                401,
                "GatedRepo",
                Some("f"),
                token,
                "gated",
                "token of that account",
            ),
            (403, "", Some("f"), token, "forbidden", "that may read it"),
            (
                404,
                "RevisionNotFound",
                None,
                None,
                "revision_not_found",
                "\"main\"",
            ),
            (
                404,
                "EntryNotFound",
                Some("f"),
                None,
                "file_not_found",
                "\"f\"",
            ),
            (
                404,
                "",
                None,
                None,
                "repository_not_found",
                "check the name",
            ),
            (429, "", None, None, "rate_limited", "again later"),
            (500, "", None, None, "unavailable", "again later"),
            (418, "", None, None, "protocol", "HF_ENDPOINT"),
        ] {
            let error = refuse(status, code, file, token);
            assert_eq!(error.code(), name, "{status} {code}: {error}");
            assert!(
                error.to_string().contains(way_out),
                "{status} {code}: {error}"
            );
        }
    }

    #[test]
    fn the_servers_wait_is_read_in_all_its_forms() {
        let now = httpdate::parse_http_date("Tue, 03 Nov 2026 10:00:00 GMT").expect("a date");
        for (name, value, expected) in [
            ("retry-after", "7", Some(7)),
            ("retry-after", "Tue, 03 Nov 2026 10:00:30 GMT", Some(30)),
            ("retry-after", "Tue, 03 Nov 2026 09:00:00 GMT", Some(0)),
            ("retry-after", "soon", None),
            ("retry-after", "-1", None),
            ("ratelimit", "\"api\";r=0;t=55", Some(55)),
            ("ratelimit", "\"api\";r=0", None),
        ] {
            let wait = retry_after(&headers(&[(name, value)]), now);
            assert_eq!(wait, expected.map(Duration::from_secs), "{name}: {value}");
        }
    }

    #[test]
    fn a_web_page_is_known_by_its_type() {
        assert!(is_web_page(&headers(&[(
            "content-type",
            "Text/HTML; charset=utf-8"
        )])));
        assert!(!is_web_page(&headers(&[("content-type", "text/plain")])));
        assert!(!is_web_page(&headers(&[])));
    }
}
