//! Sends requests and sorts what comes back: a stream, a whole reply, or a refusal.

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Response};
use http_body_util::BodyExt as _;
use inference_core::{Error, ErrorKind};
use secrecy::{ExposeSecret, SecretString};

use crate::HttpConfig;
use crate::answer::Incoming;
use crate::config::Timeouts;
use crate::refusal::{self, Refusal};
use crate::reply::Reply;
use crate::request::Request;
use crate::transport;
use crate::url::BaseUrl;

/// The most bytes of a whole reply.
const LARGEST_REPLY: usize = 32 << 20;
/// The most bytes that are read of a refusal.
const LARGEST_REFUSAL: usize = 64 << 10;

/// A connection pool to one server, with the headers that every request carries.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    base: BaseUrl,
    headers: HeaderMap,
    timeouts: Timeouts,
    /// The UNIX socket, where there is one, for messages.
    socket: Option<String>,
    /// To be struck out of what the server says.
    api_key: Option<SecretString>,
}

impl Client {
    pub(crate) fn new(config: &HttpConfig) -> Result<Self, Error> {
        let base = BaseUrl::parse(&config.url)?;
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!(
                env!("CARGO_PKG_NAME"),
                "/",
                env!("CARGO_PKG_VERSION")
            ))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(config.timeouts.connect);
        if base.is_local() {
            builder = builder.no_proxy();
        }
        if !base.is_https() {
            // Reading the system's certificates takes longer than the rest of the start.
            builder = builder.tls_certs_only([]);
        }
        builder = with_socket(builder, config)?;
        let http = builder.build().map_err(|error| {
            let message = "the HTTP client cannot be built";
            Error::new(ErrorKind::InvalidRequest, message).with_source(error)
        })?;
        Ok(Self {
            http,
            base,
            headers: headers(config)?,
            timeouts: config.timeouts,
            socket: config
                .unix_socket
                .as_ref()
                .map(|path| path.display().to_string()),
            api_key: config.api_key.clone(),
        })
    }

    /// The server's address, as it may be shown.
    pub(crate) fn address(&self) -> String {
        self.socket.clone().unwrap_or_else(|| self.base.to_string())
    }

    /// Sends a request once and reads up to the first event of its answer.
    pub(crate) async fn ask(
        &self,
        request: &Request,
        done_marker: bool,
        call: Instant,
    ) -> Result<Incoming, Error> {
        let reply = Reply::new(request, done_marker, call);
        let path = request.endpoint.path();
        let wait = self.timeouts.first_token;
        let sent = tokio::time::Instant::now();
        let response = self
            .send(Method::POST, path, Some(request.body.clone()), wait)
            .await?;
        if !response.status().is_success() {
            return Err(self.refuse(response, path).await);
        }
        match refusal::media_type(response.headers()).as_deref() {
            None | Some("text/event-stream") => {
                let incoming = Incoming::new(response.into_body(), reply, self.timeouts, sent);
                incoming.begin().await.map_err(|error| self.redact(error))
            }
            Some("application/json") => self.ask_whole(response, reply).await,
            _ => Err(self.no_answer(response, path).await),
        }
    }

    /// Gets a JSON document, within `wait`.
    pub(crate) async fn get(
        &self,
        path: &str,
        wait: Duration,
    ) -> Result<(HeaderMap, Vec<u8>), Error> {
        let reading = async {
            let response = self.send(Method::GET, path, None, wait).await?;
            if !response.status().is_success() {
                return Err(self.refuse(response, path).await);
            }
            let (head, body) = response.into_parts();
            let (body, whole) = read(body, LARGEST_REPLY).await?;
            let text = String::from_utf8_lossy(&body);
            if refusal::is_html(&head.headers, &text) {
                let message = format!(
                    "{}{path} is a web page ({}): is the URL that of the API?",
                    self.base,
                    refusal::title(&text)
                );
                return Err(Error::new(ErrorKind::Protocol, message));
            }
            if !whole {
                return Err(too_large());
            }
            Ok((head.headers, body))
        };
        let late = |_| self.late(path, wait);
        tokio::time::timeout(wait, reading).await.map_err(late)?
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Bytes>,
        wait: Duration,
    ) -> Result<Response<reqwest::Body>, Error> {
        let mut request = self
            .http
            .request(method, self.base.join(path))
            .headers(self.headers.clone());
        if let Some(body) = body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .header(ACCEPT, "text/event-stream, application/json")
                .body(body);
        }
        let response = tokio::time::timeout(wait, request.send()).await;
        let response = response.map_err(|_| self.late(path, wait))?;
        let response = response
            .map_err(|error| transport::no_reply(error, &self.address(), self.base.is_https()))?;
        Ok(response.into())
    }

    async fn ask_whole(
        &self,
        response: Response<reqwest::Body>,
        mut reply: Reply,
    ) -> Result<Incoming, Error> {
        let wait = self.timeouts.first_token;
        let reading = tokio::time::timeout(wait, read(response.into_body(), LARGEST_REPLY));
        let (body, whole) = reading.await.map_err(|_| self.late("", wait))??;
        if !whole {
            return Err(too_large());
        }
        reply
            .read_whole(&body)
            .map_err(|error| self.redact(error))?;
        Ok(Incoming::whole(reply, self.timeouts))
    }

    /// The error of a reply with a status of success that is neither stream nor JSON.
    async fn no_answer(&self, response: Response<reqwest::Body>, path: &str) -> Error {
        let kind = refusal::media_type(response.headers()).unwrap_or_default();
        let (head, body) = response.into_parts();
        let body = self.start_of(body).await;
        let text = String::from_utf8_lossy(&body);
        let what = if refusal::is_html(&head.headers, &text) {
            format!("a web page ({})", refusal::title(&text))
        } else {
            format!("{kind}: {}", crate::excerpt::excerpt(&text))
        };
        let message = format!(
            "{}{path} answered with {what}, where a stream of events was asked for: is the URL that of the API?",
            self.base
        );
        self.redact(Error::new(ErrorKind::Protocol, message))
    }

    async fn refuse(&self, response: Response<reqwest::Body>, path: &str) -> Error {
        let (head, body) = response.into_parts();
        let body = self.start_of(body).await;
        let refusal = Refusal {
            status: head.status,
            headers: &head.headers,
            body: &body,
            url: &format!("{}{path}", self.base),
        };
        self.redact(refusal.into_error())
    }

    /// The first bytes of a refusal, or as many as come in time.
    async fn start_of(&self, body: reqwest::Body) -> Vec<u8> {
        let reading = read(body, LARGEST_REFUSAL);
        let read = tokio::time::timeout(self.timeouts.idle, reading).await;
        read.ok()
            .and_then(Result::ok)
            .map_or_else(Vec::new, |(body, _)| body)
    }

    fn late(&self, path: &str, wait: Duration) -> Error {
        let message = format!("{}{path} did not answer within {wait:?}", self.base);
        Error::new(ErrorKind::Timeout, message)
    }

    /// Strikes the key out of a message: some servers repeat it.
    fn redact(&self, error: Error) -> Error {
        let Some(key) = self.api_key.as_ref().map(ExposeSecret::expose_secret) else {
            return error;
        };
        if key.is_empty() || !error.message().contains(key) {
            return error;
        }
        let message = error.message().replace(key, "[hidden]");
        Error::new(error.kind(), message).with_retry(error.retry())
    }
}

/// The headers that every request carries.
fn headers(config: &HttpConfig) -> Result<HeaderMap, Error> {
    let invalid = |what: String| Error::new(ErrorKind::InvalidRequest, what);
    let mut headers = HeaderMap::new();
    if let Some(key) = &config.api_key {
        let bearer = format!("Bearer {}", key.expose_secret());
        let mut value = HeaderValue::from_str(&bearer).map_err(|_| {
            invalid("the API key has characters that no header can carry".to_owned())
        })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    for (name, value) in &config.headers {
        let valid = HeaderName::try_from(name).ok();
        let value = HeaderValue::from_str(value.expose_secret()).ok();
        let (Some(valid), Some(mut value)) = (valid, value) else {
            return Err(invalid(format!("the header {name:?} cannot be sent")));
        };
        value.set_sensitive(true);
        headers.insert(valid, value);
    }
    Ok(headers)
}

/// Connects to the configured UNIX socket, if there is one.
fn with_socket(
    builder: reqwest::ClientBuilder,
    config: &HttpConfig,
) -> Result<reqwest::ClientBuilder, Error> {
    let Some(path) = &config.unix_socket else {
        return Ok(builder);
    };
    #[cfg(unix)]
    let with_socket = Ok(builder.no_proxy().unix_socket(path.clone()));
    #[cfg(not(unix))]
    let with_socket = Err(Error::unsupported(
        &config.backend,
        format_args!("the UNIX socket {}", path.display()),
    ));
    with_socket
}

/// Reads a body up to a limit, and says whether that was all of it.
async fn read(mut body: reqwest::Body, limit: usize) -> Result<(Vec<u8>, bool), Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(transport::broken_reply)?;
        let Ok(chunk) = frame.into_data() else {
            continue;
        };
        let room = limit - bytes.len();
        if chunk.len() > room {
            bytes.extend_from_slice(&chunk[..room]);
            return Ok((bytes, false));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok((bytes, true))
}

fn too_large() -> Error {
    let message = format!("the reply is larger than {} MiB", LARGEST_REPLY >> 20);
    Error::new(ErrorKind::Protocol, message)
}
