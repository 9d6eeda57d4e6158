//! Pages in a browser: which may ask, and by which name the server may be called.
//!
//! A page of another site can send requests to a server on its visitor's machine. Browsers name
//! the page's origin in them, so that unknown ones are refused before anything is done. A page
//! whose own name was pointed at this machine (DNS rebinding) is of the same origin as the server;
//! it betrays itself by that name in `Host`.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::cors::{AllowOrigin, CorsLayer, ExposeHeaders};

use super::access::Access;
use super::config::ServerConfig;
use super::failure::Failure;
use super::state::ServerState;

/// Pages of other origins that may ask from a browser.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Origins {
    /// None: only the server's own page.
    #[default]
    None,
    /// These, such as `https://chat.example`.
    These(Vec<HeaderValue>),
    /// All.
    Any,
}

impl Origins {
    /// An origin as browsers write it: a scheme and a host, with a port where it is not the
    /// scheme's own, and nothing behind it.
    pub fn parse(origin: &str) -> Option<HeaderValue> {
        let (scheme, host) = origin.split_once("://")?;
        let is_whole = !scheme.is_empty() && host.parse::<Authority>().is_ok();
        (is_whole && !host.contains('@')).then(|| HeaderValue::from_str(origin).ok())?
    }

    fn holds(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::None => false,
            Self::These(origins) => origins.contains(origin),
            Self::Any => true,
        }
    }

    /// What tells browsers so.
    pub(super) fn cors(&self) -> CorsLayer {
        let allowed = match self {
            Self::None => return CorsLayer::new(),
            Self::These(origins) => AllowOrigin::list(origins.iter().cloned()),
            Self::Any => AllowOrigin::any(),
        };
        CorsLayer::new()
            .allow_origin(allowed)
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([AUTHORIZATION, CONTENT_TYPE])
            .expose_headers(ExposeHeaders::any())
    }
}

pub(super) async fn check(
    State(state): State<Arc<ServerState>>,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let headers = request.headers();
    require_host(state.config(), headers)?;
    require_origin(state.config(), headers)?;
    Ok(next.run(request).await)
}

fn require_host(config: &ServerConfig, headers: &HeaderMap) -> Result<(), Failure> {
    let Some(host) = headers.get(HOST) else {
        return Ok(());
    };
    let authority = host
        .to_str()
        .ok()
        .and_then(|host| host.parse::<Authority>().ok());
    let Some(authority) = authority else {
        return Err(Failure::new(
            StatusCode::BAD_REQUEST,
            "the Host header is no host",
        ));
    };
    // A page of another site has no key.
    if matches!(config.access, Access::Keys(_)) || is_own(authority.host(), &config.hosts) {
        return Ok(());
    }
    let message = format!(
        "this server does not go by the name {:?}; --allow-host {0} lets it",
        authority.host()
    );
    Err(Failure::new(StatusCode::FORBIDDEN, message).with_code("host_not_allowed"))
}

/// Whether a page of another site cannot have this name for its own.
fn is_own(host: &str, hosts: &[String]) -> bool {
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let is_address = bare.unwrap_or(host).parse::<IpAddr>().is_ok();
    let is = |name: &str| host.eq_ignore_ascii_case(name);
    is_address || is("localhost") || hosts.iter().any(|name| is(name))
}

fn require_origin(config: &ServerConfig, headers: &HeaderMap) -> Result<(), Failure> {
    let Some(origin) = headers.get(ORIGIN) else {
        return Ok(());
    };
    if config.origins.holds(origin) || is_same(origin, headers) {
        return Ok(());
    }
    let origin = String::from_utf8_lossy(origin.as_bytes());
    let message =
        format!("pages of {origin:?} may not ask this server; --cors-origin {origin} lets them");
    Err(Failure::new(StatusCode::FORBIDDEN, message).with_code("origin_not_allowed"))
}

fn is_same(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let origin = origin.to_str().ok();
    let origin = origin.and_then(|origin| origin.split_once("://"));
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    origin
        .zip(host)
        .is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(host: &str, origin: Option<&str>) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_str(text).expect("a header");
        let mut headers = HeaderMap::from_iter([(HOST, value(host))]);
        headers.extend(origin.map(|origin| (ORIGIN, value(origin))));
        headers
    }

    #[test]
    fn names_that_a_page_could_have_for_its_own_are_refused() {
        let config = ServerConfig {
            hosts: vec!["box.lan".to_owned()],
            ..ServerConfig::default()
        };
        for (host, allowed) in [
            ("127.0.0.1:8090", true),
            ("192.168.1.7", true),
            ("[::1]:8090", true),
            ("LOCALHOST:8090", true),
            ("Box.lan:8090", true),
            ("evil.example:8090", false),
            ("localhost.evil.example", false),
            ("127.0.0.1.evil.example", false),
            ("a b", false),
        ] {
            let checked = require_host(&config, &headers(host, None));
            assert_eq!(checked.is_ok(), allowed, "{host}");
        }
    }

    #[test]
    fn pages_of_other_origins_are_refused_unless_they_are_listed() {
        let listed = HeaderValue::from_static("https://chat.example");
        let config = ServerConfig {
            origins: Origins::These(vec![listed]),
            ..ServerConfig::default()
        };
        for (origin, allowed) in [
            (None, true),
            (Some("http://localhost:8090"), true),
            (Some("https://chat.example"), true),
            (Some("http://localhost:3000"), false),
            (Some("https://evil.example"), false),
            (Some("null"), false),
        ] {
            let checked = require_origin(&config, &headers("localhost:8090", origin));
            assert_eq!(checked.is_ok(), allowed, "{origin:?}");
        }
    }
}
