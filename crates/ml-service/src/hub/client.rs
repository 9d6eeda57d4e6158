//! Asks the hub, as whoever the token stands for, and follows it to where the files are.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{
    ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderValue, LINK, LOCATION, RANGE,
};
use reqwest::redirect::Policy;
use reqwest::{Response, StatusCode, Url};
use secrecy::ExposeSecret as _;
use serde::de::DeserializeOwned;

use super::HubError;
use super::config::{HubConfig, Token};
use super::progress::Tracker;
use super::refusal::{Asked, Refusal, is_web_page};
use super::retry::Retries;

const MAX_REDIRECTS: usize = 10;
/// The most bytes of a JSON document.
const LARGEST_DOCUMENT: usize = 32 << 20;

/// A connection pool, and who to ask.
pub(super) struct Client {
    http: reqwest::Client,
    endpoint: Url,
    /// What the hub alone is sent, and where the token came from.
    authorization: Option<(HeaderValue, String)>,
    retry_wait: Duration,
    /// Whether any server has ever answered.
    was_reached: AtomicBool,
}

impl Client {
    pub(super) fn new(config: &HubConfig) -> Result<Self, HubError> {
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("ml/", env!("CARGO_PKG_VERSION")))
            // What is checked and counted are the file's own bytes.
            .default_headers(HeaderMap::from_iter([(
                ACCEPT_ENCODING,
                HeaderValue::from_static("identity"),
            )]))
            // Followed by us, who know whom the token is for.
            .redirect(Policy::none())
            .connect_timeout(config.connect_timeout)
            .read_timeout(config.idle_timeout);
        if is_loopback(&config.endpoint) {
            builder = builder.no_proxy();
        }
        let http = builder.build().map_err(|error| HubError::Connection {
            host: host(&config.endpoint),
            was_reached: false,
            source: error.without_url(),
        })?;
        Ok(Self {
            http,
            endpoint: config.endpoint.clone(),
            authorization: config.token.as_ref().map(authorization).transpose()?,
            retry_wait: config.retry_wait,
            was_reached: AtomicBool::new(false),
        })
    }

    /// An address of the hub; each segment is one, whatever is in it.
    pub(super) fn url<'a>(&self, segments: impl IntoIterator<Item = &'a str>) -> Url {
        let mut url = self.endpoint.clone();
        url.path_segments_mut()
            .expect("an address of HTTP has a path")
            .pop_if_empty()
            .extend(segments);
        url
    }

    /// The retries of one request.
    pub(super) fn retries(&self) -> Retries {
        Retries::new(self.retry_wait)
    }

    /// Gets something once, from this byte on, wherever the hub redirects to. A reply is a
    /// success, or says that there is nothing from that byte on.
    pub(super) async fn get(
        &self,
        mut url: Url,
        from: u64,
        asked: &Asked<'_>,
    ) -> Result<Response, HubError> {
        for _ in 0..=MAX_REDIRECTS {
            let response = self.send(&url, from, asked).await?;
            let redirects = |fault| HubError::Redirect {
                host: host(response.url()),
                fault,
            };
            match target(&response).map_err(redirects)? {
                Some(target) => url = target,
                None => return self.accept(response, asked),
            }
        }
        Err(HubError::Redirect {
            host: host(&url),
            fault: "in circles",
        })
    }

    async fn send(&self, url: &Url, from: u64, asked: &Asked<'_>) -> Result<Response, HubError> {
        let mut request = self.http.get(url.clone());
        if let Some((value, _)) = &self.authorization
            && url.origin() == self.endpoint.origin()
        {
            request = request.header(AUTHORIZATION, value.clone());
        }
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        let response = request.send().await;
        let response = response.map_err(|error| self.no_reply(error, url, asked))?;
        self.was_reached.store(true, Ordering::Relaxed);
        Ok(response)
    }

    fn accept(&self, response: Response, asked: &Asked<'_>) -> Result<Response, HubError> {
        let status = response.status();
        if status.is_success() || status == StatusCode::RANGE_NOT_SATISFIABLE {
            return Ok(response);
        }
        let refusal = Refusal {
            status,
            headers: response.headers(),
            host: &host(response.url()),
            by_hub: response.url().origin() == self.endpoint.origin(),
            asked,
            token: self
                .authorization
                .as_ref()
                .map(|(_, origin)| origin.as_str()),
        };
        Err(refusal.into_error())
    }

    /// Gets a JSON document and the address of the next one, where there is one.
    pub(super) async fn document<T: DeserializeOwned>(
        &self,
        url: &Url,
        asked: &Asked<'_>,
        tracker: &Tracker,
    ) -> Result<(T, Option<Url>), HubError> {
        let mut retries = self.retries();
        loop {
            let error = match self.document_once(url, asked).await {
                Ok(document) => return Ok(document),
                Err(error) => error,
            };
            let Some(wait) = retries.wait(&error) else {
                return Err(error);
            };
            tracker.retries(&error, wait);
            tokio::time::sleep(wait).await;
        }
    }

    async fn document_once<T: DeserializeOwned>(
        &self,
        url: &Url,
        asked: &Asked<'_>,
    ) -> Result<(T, Option<Url>), HubError> {
        let mut response = self.get(url.clone(), 0, asked).await?;
        let host = host(response.url());
        if is_web_page(response.headers()) {
            let what = asked.what();
            return Err(HubError::WebPage { host, what });
        }
        let protocol = |message: String| HubError::Protocol {
            host: host.clone(),
            what: asked.what(),
            message,
        };
        let next = next_page(response.url(), response.headers())
            .map_err(|fault| protocol(format!("its next page leads {fault}")))?;
        let mut body = Vec::new();
        while let Some(bytes) = response
            .chunk()
            .await
            .map_err(|error| broken(error, &host, asked))?
        {
            body.extend_from_slice(&bytes);
            if body.len() > LARGEST_DOCUMENT {
                return Err(protocol("it is far too long".to_owned()));
            }
        }
        let document =
            serde_json::from_slice(&body).map_err(|error| protocol(error.to_string()))?;
        Ok((document, next))
    }

    fn no_reply(&self, error: reqwest::Error, url: &Url, asked: &Asked<'_>) -> HubError {
        let host = host(url);
        if !error.is_connect() {
            return broken(error, &host, asked);
        }
        HubError::Connection {
            host,
            was_reached: self.was_reached.load(Ordering::Relaxed),
            source: error.without_url(),
        }
    }
}

/// The error of a reply that broke off, or never began.
pub(super) fn broken(error: reqwest::Error, host: &str, asked: &Asked<'_>) -> HubError {
    let (host, timed_out) = (host.to_owned(), error.is_timeout());
    // The address may be a signed one.
    let source = error.without_url();
    if timed_out {
        return HubError::TimedOut { host, source };
    }
    HubError::Broken {
        host,
        what: asked.what(),
        source: Some(source),
    }
}

/// Host and port, as messages name a server.
pub(super) fn host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn authorization(token: &Token) -> Result<(HeaderValue, String), HubError> {
    let text = format!("Bearer {}", token.secret.expose_secret());
    let mut value = HeaderValue::from_str(&text).map_err(|_| HubError::Setting {
        variable: "HF_TOKEN",
        message: format!(
            "the token of {} has characters that no token has",
            token.origin
        ),
    })?;
    value.set_sensitive(true);
    Ok((value, token.origin.clone()))
}

/// Where a reply redirects to, if it does.
fn target(response: &Response) -> Result<Option<Url>, &'static str> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let target = response.headers().get(LOCATION);
    let target = target.and_then(|target| target.to_str().ok());
    go_on(response.url(), target.unwrap_or_default()).map(Some)
}

/// The address that a server names for what comes next.
fn go_on(url: &Url, target: &str) -> Result<Url, &'static str> {
    match url.join(target) {
        Ok(next) if !target.is_empty() && matches!(next.scheme(), "http" | "https") => {
            if url.scheme() == "https" && next.scheme() != "https" {
                Err("to an unencrypted address")
            } else {
                Ok(next)
            }
        }
        _ => Err("to what is no address"),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host
            .parse()
            .is_ok_and(|address: std::net::Ipv4Addr| address.is_loopback()),
        None => false,
    }
}

/// The address of `Link: <…>; rel="next"` (RFC 8288).
fn next_page(url: &Url, headers: &HeaderMap) -> Result<Option<Url>, &'static str> {
    let Some(link) = headers.get(LINK).and_then(|link| link.to_str().ok()) else {
        return Ok(None);
    };
    let next = link.split(',').find(|link| link.contains("rel=\"next\""));
    let target = next.and_then(|link| {
        let (_, rest) = link.split_once('<')?;
        Some(rest.split_once('>')?.0)
    });
    let Some(target) = target else {
        return Ok(None);
    };
    go_on(url, target).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(endpoint: &str) -> Client {
        let config = HubConfig::new(endpoint, "/cache").expect("an endpoint");
        Client::new(&config).expect("a client")
    }

    #[test]
    fn addresses_keep_the_endpoints_path_and_encode_what_is_in_a_segment() {
        let segments = ["o", "n", "resolve", "refs/pr/1", "a b?.json"];
        let url = client("http://hub/hf/").url(segments);
        assert_eq!(
            url.as_str(),
            "http://hub/hf/o/n/resolve/refs%2Fpr%2F1/a%20b%3F.json"
        );
        let url = client("http://hub").url(["api"]);
        assert_eq!(url.as_str(), "http://hub/api");
    }

    #[track_caller]
    fn check_redirect(from: &str, target: &str, expected: Result<&str, &str>) {
        let url = Url::parse(from).expect("a URL");
        let next = go_on(&url, target).map(String::from);
        assert_eq!(next, expected.map(str::to_owned), "{target}");
    }

    #[test]
    fn redirects_stay_on_the_web_and_keep_encryption() {
        check_redirect("https://hub/a", "https://cdn/b?c", Ok("https://cdn/b?c"));
        check_redirect("https://hub/a/b", "/c", Ok("https://hub/c"));
        check_redirect("http://hub/a", "http://cdn/b", Ok("http://cdn/b"));
        check_redirect("http://hub/a", "https://cdn/b", Ok("https://cdn/b"));
        check_redirect(
            "https://hub/a",
            "http://cdn/b",
            Err("to an unencrypted address"),
        );
        for target in ["", "file:///etc/passwd", "http://"] {
            check_redirect("http://hub/a", target, Err("to what is no address"));
        }
    }

    #[track_caller]
    fn check_next(link: &str, expected: Result<Option<&str>, ()>) {
        let url = Url::parse("https://hub/api/tree?x=1").expect("a URL");
        let headers = HeaderMap::from_iter([(LINK, link.parse().expect("a header"))]);
        let next = next_page(&url, &headers).map_err(drop);
        let next = next.map(|next| next.map(String::from));
        assert_eq!(next, expected.map(|next| next.map(str::to_owned)), "{link}");
    }

    #[test]
    fn the_next_page_is_where_the_link_says() {
        check_next(
            "<https://hub/p?cursor=2>; rel=\"next\"",
            Ok(Some("https://hub/p?cursor=2")),
        );
        check_next(
            "</p>; rel=\"prev\", </q>; rel=\"next\"",
            Ok(Some("https://hub/q")),
        );
        check_next("<https://hub/p>; rel=\"prev\"", Ok(None));
        check_next("rel=\"next\"", Ok(None));
        check_next("<http://hub/p>; rel=\"next\"", Err(()));
    }
}
