//! Who may ask: keys, and what may be served without one.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::{Choice, ConstantTimeEq as _};

use super::failure::Failure;
use super::state::ServerState;

/// Who may ask a server.
#[derive(Debug, Clone, Default)]
pub enum Access {
    /// Programs of this machine, without a key: only loopback addresses are served. A key that a
    /// request carries anyway is ignored.
    #[default]
    Local,
    /// Whoever has one of these keys, from anywhere.
    Keys(Vec<ApiKey>),
    /// Anybody who can reach the server, from anywhere.
    Anyone,
}

impl Access {
    /// Whether a server at this address lets in only whom it is meant for.
    pub fn allows_address(&self, address: IpAddr) -> bool {
        match self {
            Self::Local => address.to_canonical().is_loopback(),
            Self::Keys(keys) => !keys.is_empty(),
            Self::Anyone => true,
        }
    }

    fn admits(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::Local | Self::Anyone => true,
            Self::Keys(keys) => bearer(headers).is_some_and(|given| {
                // All of them, so that the time does not tell which one came close.
                let none = Choice::from(0);
                let found = keys.iter().fold(none, |found, key| found | key.is(given));
                found.into()
            }),
        }
    }
}

/// A secret that lets in whoever knows it. It does not print.
#[derive(Debug, Clone)]
pub struct ApiKey(SecretString);

impl ApiKey {
    /// A key, without the white space around it; `None` where there is nothing else, or what
    /// cannot stand in a header.
    pub fn new(key: &str) -> Option<Self> {
        let key = key.trim();
        let fits = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(key.into()))
    }

    /// Compares in a time that depends on the lengths alone.
    fn is(&self, given: &[u8]) -> Choice {
        self.0.expose_secret().as_bytes().ct_eq(given)
    }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, key) = value.split_at_checked(b"Bearer ".len())?;
    scheme
        .eq_ignore_ascii_case(b"Bearer ")
        .then(|| key.trim_ascii())
}

pub(super) async fn require_key(
    State(state): State<Arc<ServerState>>,
    request: Request,
    next: Next,
) -> Response {
    if state.config().access.admits(request.headers()) {
        return next.run(request).await;
    }
    let message = match request.headers().get(AUTHORIZATION) {
        None => "this server asks for an API key: send it as \"Authorization: Bearer KEY\"",
        Some(_) => "the API key is wrong",
    };
    let failure = Failure::new(StatusCode::UNAUTHORIZED, message).with_code("invalid_api_key");
    let mut response = failure.into_response();
    let bearer = HeaderValue::from_static("Bearer");
    response.headers_mut().insert(WWW_AUTHENTICATE, bearer);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(authorization: &str) -> HeaderMap {
        let value = HeaderValue::from_str(authorization).expect("a header");
        HeaderMap::from_iter([(AUTHORIZATION, value)])
    }

    fn keys() -> Access {
        Access::Keys(
            ["first", "second"]
                .iter()
                .filter_map(|key| ApiKey::new(key))
                .collect(),
        )
    }

    #[test]
    fn any_of_the_keys_opens_and_nothing_else() {
        for (authorization, opens) in [
            ("Bearer first", true),
            ("bearer  second ", true),
            ("Bearer", false),
            ("Bearer ", false),
            ("Bearer firs", false),
            ("Bearer first second", false),
            ("Basic first", false),
            ("first", false),
        ] {
            assert_eq!(
                keys().admits(&headers(authorization)),
                opens,
                "{authorization}"
            );
        }
        assert!(!keys().admits(&HeaderMap::new()));
        assert!(!Access::Keys(Vec::new()).admits(&headers("Bearer ")));
    }

    #[test]
    fn without_keys_any_header_is_accepted() {
        assert!(Access::Local.admits(&headers("Bearer sk-no-key-required")));
        assert!(Access::Local.admits(&HeaderMap::new()));
        assert!(Access::Anyone.admits(&headers("Basic x")));
    }

    #[test]
    fn only_loopback_is_served_without_a_key() {
        let check = |access: &Access, address: &str| {
            access.allows_address(address.parse().expect("an address"))
        };
        for local in ["127.0.0.1", "127.8.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(check(&Access::Local, local), "{local}");
        }
        for wide in ["0.0.0.0", "::", "192.168.1.2", "fe80::1", "::ffff:0.0.0.0"] {
            assert!(!check(&Access::Local, wide), "{wide}");
            assert!(check(&keys(), wide), "{wide}");
            assert!(!check(&Access::Keys(Vec::new()), wide), "{wide}");
            assert!(check(&Access::Anyone, wide), "{wide}");
        }
    }

    #[test]
    fn a_key_does_not_print_and_fits_into_a_header() {
        let key = ApiKey::new(" sk-secret\n").expect("a key");
        assert!(!format!("{key:?}").contains("secret"));
        assert!(ApiKey::new(" \n").is_none());
        assert!(ApiKey::new("two words").is_none());
    }
}
