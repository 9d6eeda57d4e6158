//! The body of a request: so large and so slow, and no more.

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use bytes::Bytes;
use http_body::Body as _;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::timeout;

use super::config::Limits;
use super::failure::Failure;

/// A client that sends too much does not listen before it is done, so more is read and thrown
/// away: up to so many times the limit, for so long.
const DISCARDED: usize = 8;
const DISCARD_TIME: Duration = Duration::from_secs(5);

pub(super) async fn read(body: Body, limits: &Limits) -> Result<Bytes, Failure> {
    let announced = body.size_hint().lower();
    if usize::try_from(announced).map_or(true, |announced| announced > limits.body_bytes) {
        discard(body, limits).await;
        return Err(too_large(limits));
    }
    let mut body = body;
    let whole = Limited::new(&mut body, limits.body_bytes).collect();
    match timeout(limits.body_time, whole).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            discard(body, limits).await;
            Err(too_large(limits))
        }
        Ok(Err(_)) => Err(Failure::new(StatusCode::BAD_REQUEST, "the body broke off")),
        Err(_) => {
            let seconds = limits.body_time.as_secs_f64();
            let message = format!("the body did not arrive within {seconds} s");
            Err(Failure::new(StatusCode::REQUEST_TIMEOUT, message))
        }
    }
}

async fn discard(body: Body, limits: &Limits) {
    let most = limits.body_bytes.saturating_mul(DISCARDED);
    let mut rest = Limited::new(body, most);
    let gone = async { while let Some(Ok(_)) = rest.frame().await {} };
    let _ = timeout(DISCARD_TIME, gone).await;
}

fn too_large(limits: &Limits) -> Failure {
    let message = format!("the body has more than {} bytes", limits.body_bytes);
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, message).with_code("body_too_large")
}
