//! Every refusal has its kind, its retry class and words that say what to do.

use http::HeaderValue;

use super::*;

fn refuse(status: u16, headers: &[(&'static str, &str)], body: &str) -> Error {
    let headers = headers
        .iter()
        .map(|(name, value)| {
            let value = HeaderValue::from_str(value).expect("a header");
            (http::HeaderName::from_static(name), value)
        })
        .collect();
    let refusal = Refusal {
        status: StatusCode::from_u16(status).expect("a status"),
        headers: &headers,
        body: body.as_bytes(),
        url: "http://h/v1/chat/completions",
    };
    refusal.into_error()
}

#[track_caller]
fn check(status: u16, body: &str, kind: ErrorKind, retry: Retry, says: &str) {
    let error = refuse(status, &[], body);
    assert_eq!(error.kind(), kind, "{error}");
    assert_eq!(error.retry(), retry, "{error}");
    assert!(error.message().contains(says), "{error}");
}

#[test]
fn every_status_has_its_class() {
    use ErrorKind as K;
    let body = r#"{"error":{"message":"because"}}"#;
    for (status, kind, retry, says) in [
        (400, K::InvalidRequest, Retry::Never, "400"),
        (401, K::Unauthorized, Retry::Never, "API key"),
        (403, K::Unauthorized, Retry::Never, "API key"),
        (
            404,
            K::NotFound,
            Retry::Never,
            "check the URL and the model's name",
        ),
        (413, K::InvalidRequest, Retry::Never, "refused the request"),
        (422, K::InvalidRequest, Retry::Never, "422"),
        (429, K::RateLimited, Retry::Backoff, "fewer requests"),
        (500, K::Backend, Retry::Backoff, "the server failed (500)"),
        (501, K::Unsupported, Retry::Never, "cannot do this"),
        (502, K::Unavailable, Retry::Backoff, "cannot answer now"),
        (503, K::Unavailable, Retry::Backoff, "cannot answer now"),
        (504, K::Unavailable, Retry::Backoff, "cannot answer now"),
        (529, K::Unavailable, Retry::Backoff, "cannot answer now"),
        (599, K::Backend, Retry::Backoff, "failed"),
        (418, K::Protocol, Retry::Never, "418"),
    ] {
        check(status, body, kind, retry, says);
        check(status, body, kind, retry, "because");
    }
}

#[test]
fn words_decide_where_the_status_is_not_enough() {
    check(
        503,
        r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#,
        ErrorKind::Unavailable,
        Retry::WhenLoaded,
        "still loading",
    );
    check(
        400,
        r#"{"error":{"code":400,"message":"request (3031 tokens) exceeds the available context size (2048 tokens)","type":"exceed_context_size_error","n_prompt_tokens":3031,"n_ctx":2048}}"#,
        ErrorKind::ContextExceeded,
        Retry::ShrinkContext,
        "3031",
    );
    check(
        400,
        r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#,
        ErrorKind::ContextExceeded,
        Retry::ShrinkContext,
        "does not fit",
    );
    check(
        429,
        r#"{"error":{"message":"pay","code":"insufficient_quota"}}"#,
        ErrorKind::RateLimited,
        Retry::Never,
        "quota",
    );
    check(
        400,
        r#"{"message":"default chat template is no longer allowed"}"#,
        ErrorKind::InvalidRequest,
        Retry::Never,
        "Prompt::Text",
    );
}

#[test]
fn retry_after_comes_in_seconds_or_as_a_date() {
    let limited = |value: &str| refuse(429, &[("retry-after", value)], "").retry();
    assert_eq!(limited("7"), Retry::After(Duration::from_secs(7)));
    assert_eq!(limited("0.5"), Retry::After(Duration::from_millis(500)));
    assert_eq!(
        limited("Wed, 21 Oct 2015 07:28:00 GMT"),
        Retry::After(Duration::ZERO)
    );
    for nonsense in ["soon", "-3", "NaN", ""] {
        assert_eq!(limited(nonsense), Retry::Backoff, "{nonsense}");
    }
    let mut headers = HeaderMap::new();
    let date = "Wed, 21 Oct 2015 07:28:10 GMT";
    headers.insert(RETRY_AFTER, HeaderValue::from_static(date));
    let now = httpdate::parse_http_date("Wed, 21 Oct 2015 07:28:00 GMT").expect("a date");
    assert_eq!(retry_after(&headers, now), Some(Duration::from_secs(10)));
    let busy = refuse(503, &[("retry-after", "3")], "").retry();
    assert_eq!(busy, Retry::After(Duration::from_secs(3)));
}

#[test]
fn a_web_page_is_named_by_its_title() {
    let page = "<!DOCTYPE html><html><head><TITLE>502 Bad\n Gateway</TITLE></head></html>";
    let error = refuse(502, &[], page);
    assert!(
        error
            .message()
            .contains("web page came back (\"502 Bad Gateway\")"),
        "{error}"
    );
    let error = refuse(
        404,
        &[("content-type", "text/html; charset=utf-8")],
        "nothing",
    );
    assert!(
        error.message().contains("is the URL that of the API?"),
        "{error}"
    );
}

#[test]
fn foreign_words_are_cut_between_characters() {
    let error = refuse(400, &[], &"é漢".repeat(10_000));
    assert!(
        error.message().chars().count() < 400,
        "{}",
        error.message().len()
    );
    let error = refuse(500, &[], "");
    assert!(error.message().contains("the reply was empty"), "{error}");
}

#[test]
fn a_redirection_says_where_to() {
    let error = refuse(
        307,
        &[("location", "https://u:p@new.example.com/v1?k=1")],
        "",
    );
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(
        error.message().contains("https://new.example.com/v1:"),
        "{error}"
    );
}

#[test]
fn an_error_in_a_stream_is_classed_by_its_code() {
    let error = |api| in_stream(&api);
    let full = error(ApiError::new("Context size has been exceeded.").with_code("500"));
    assert_eq!(full.kind(), ErrorKind::ContextExceeded);
    assert_eq!(error(ApiError::new("x")).kind(), ErrorKind::Backend);
    assert_eq!(
        error(ApiError::new("x").with_code("503")).kind(),
        ErrorKind::Unavailable
    );
    assert_eq!(
        error(ApiError::new("x").with_code("nonsense")).kind(),
        ErrorKind::Backend
    );
}
