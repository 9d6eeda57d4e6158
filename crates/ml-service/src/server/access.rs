//! Who may ask: keys, and what may be served without one.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use secrecy::{ExposeSecret as _, SecretString};
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};

use super::client::Client;
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

    /// Who asks; `None` for a request that may not.
    fn admit(&self, request: &Request) -> Option<Client> {
        match self {
            Self::Local | Self::Anyone => Some(Client::without_key(request)),
            Self::Keys(keys) => key_of(keys, bearer(request.headers())?).map(Client::Key),
        }
    }
}

/// Which of the keys this is. All of them are compared, so that the time does not tell which one
/// came close.
fn key_of(keys: &[ApiKey], given: &[u8]) -> Option<usize> {
    let none = (Choice::from(0), 0);
    let (is_known, index) = (0_u64..).zip(keys).fold(none, |(known, at), (index, key)| {
        let is_this = key.is(given);
        (
            known | is_this,
            u64::conditional_select(&at, &index, is_this),
        )
    });
    bool::from(is_known).then(|| usize::try_from(index).unwrap_or(usize::MAX))
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
    mut request: Request,
    next: Next,
) -> Response {
    if let Some(client) = state.config().access.admit(&request) {
        request.extensions_mut().insert(client);
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
    use std::net::SocketAddr;

    use axum::body::Body;
    use axum::extract::ConnectInfo;

    use super::*;

    fn request(authorization: &str) -> Request {
        let request = Request::builder().header(AUTHORIZATION, authorization);
        request.body(Body::empty()).expect("a request")
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
        for (authorization, client) in [
            ("Bearer first", Some(Client::Key(0))),
            ("bearer  second ", Some(Client::Key(1))),
            ("Bearer", None),
            ("Bearer ", None),
            ("Bearer firs", None),
            ("Bearer first second", None),
            ("Basic first", None),
            ("first", None),
        ] {
            let admitted = keys().admit(&request(authorization));
            assert_eq!(admitted, client, "{authorization}");
        }
        assert_eq!(keys().admit(&Request::default()), None);
        let none = Access::Keys(Vec::new());
        assert_eq!(none.admit(&request("Bearer ")), None);
    }

    #[test]
    fn without_keys_any_header_is_accepted_and_addresses_tell_clients_apart() {
        let unknown = Some(Client::Somebody);
        let any = request("Bearer sk-no-key-required");
        assert_eq!(Access::Local.admit(&any), unknown);
        assert_eq!(Access::Local.admit(&Request::default()), unknown);
        let mut from = request("Basic x");
        let peer: SocketAddr = "[::ffff:192.0.2.7]:4711".parse().expect("an address");
        from.extensions_mut().insert(ConnectInfo(peer));
        let client = Access::Anyone.admit(&from).expect("admitted");
        assert_eq!(client.to_string(), "192.0.2.7");
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
