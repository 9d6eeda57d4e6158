//! The decoder of server-sent events: the standard's rules, in any chunking.

use std::time::Duration;

use backend_http::{SseDecoder, SseError};
use proptest::prelude::*;

use crate::recording::Recording;
use crate::sse_reference::{self, Event};

/// The events of a stream that comes in these chunks, and the error that ends it.
fn decode(decoder: &mut SseDecoder, chunks: &[&[u8]]) -> (Vec<Event>, Option<SseError>) {
    let mut events = Vec::new();
    for chunk in chunks {
        decoder.push(chunk.to_vec().into());
        loop {
            match decoder.next_event() {
                Ok(Some(event)) => events.push((
                    event.event.to_owned(),
                    event.data.into_owned(),
                    event.id.to_owned(),
                )),
                Ok(None) => break,
                Err(error) => return (events, Some(error)),
            }
        }
    }
    (events, None)
}

fn events(chunks: &[&[u8]]) -> Vec<Event> {
    let (events, error) = decode(&mut SseDecoder::new(), chunks);
    assert_eq!(error, None);
    events
}

/// The stream gives these events: type, data and id, in one chunk, byte by byte, cut anywhere
/// and by the reference decoder.
#[track_caller]
fn check(stream: impl AsRef<[u8]>, expected: &[(&str, &str, &str)]) {
    let stream = stream.as_ref();
    let expected: Vec<Event> = expected
        .iter()
        .map(|(kind, data, id)| ((*kind).to_owned(), (*data).to_owned(), (*id).to_owned()))
        .collect();
    assert_eq!(sse_reference::decode(stream), expected, "the reference");
    assert_eq!(events(&[stream]), expected, "in one chunk");
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(events(&bytes), expected, "byte by byte");
    for cut in 0..stream.len() {
        let (head, tail) = stream.split_at(cut);
        assert_eq!(events(&[head, tail]), expected, "cut at {cut}");
    }
}

fn message(data: &str) -> (&str, &str, &str) {
    ("message", data, "")
}

#[test]
fn an_event_ends_with_an_empty_line_of_any_kind() {
    for end in ["\n", "\r\n", "\r"] {
        check(
            format!("data: a{end}{end}data: b{end}{end}"),
            &[message("a"), message("b")],
        );
    }
    check(
        "data: a\r\n\ndata: b\n\rdata: c\r\r\n",
        &[message("a"), message("b"), message("c")],
    );
}

#[test]
fn a_carriage_return_ends_a_line_at_once() {
    let mut decoder = SseDecoder::new();
    let (seen, _) = decode(&mut decoder, &[b"data: a\r\r"]);
    assert_eq!(seen.len(), 1, "the event does not wait for a line feed");
    let (seen, _) = decode(&mut decoder, &[b"\ndata: b\r", b"\n", b"\r", b"\n"]);
    assert_eq!(seen.len(), 1, "{seen:?}");
}

#[test]
fn data_lines_are_joined_by_line_feeds() {
    check(
        "data: YHOO\ndata: +2\ndata: 10\n\n",
        &[message("YHOO\n+2\n10")],
    );
    check("data\n\ndata\ndata\n\ndata:", &[message(""), message("\n")]);
    check("data: a\nid: 1\ndata: b\n\n", &[("message", "a\nb", "1")]);
}

#[test]
fn one_space_after_the_colon_goes() {
    check(
        "data:test\n\ndata: test\n\n",
        &[message("test"), message("test")],
    );
    check(
        "data:  two\n\ndata:\ttab\n\n",
        &[message(" two"), message("\ttab")],
    );
    check("data: a:b: c\n\n", &[message("a:b: c")]);
}

#[test]
fn comments_and_unknown_fields_are_ignored() {
    check(": ping\n\n:\n\ndata: a\n: in between\n\n", &[message("a")]);
    check(
        "other: x\nDATA: x\n data: x\ndata : x\ndata: a\n\n",
        &[message("a")],
    );
}

#[test]
fn an_event_without_data_is_not_given_and_forgets_its_type() {
    check("event: ping\n\ndata: a\n\n", &[message("a")]);
    check("event: b\nevent: c\ndata: a\n\n", &[("c", "a", "")]);
    check(
        "event: c\nevent\ndata: a\n\ndata: d\n\n",
        &[message("a"), message("d")],
    );
}

#[test]
fn an_id_stays_until_it_is_replaced() {
    check(
        "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
        &[("message", "a", "1"), ("message", "b", "1"), message("c")],
    );
    check("id: 7\n\ndata: a\n\n", &[("message", "a", "7")]);
    check("id: 1\nid: 2\0\ndata: a\n\n", &[("message", "a", "1")]);
}

#[test]
fn one_byte_order_mark_at_the_start_goes() {
    check("\u{feff}data: a\n\n", &[message("a")]);
    check("\u{feff}\u{feff}data: a\n\n", &[]);
    check("\u{feff}\ndata: a\n\n\u{feff}data: b\n\n", &[message("a")]);
    check("data: \u{feff}a\n\n", &[message("\u{feff}a")]);
}

#[test]
fn an_event_that_is_not_ended_is_not_given() {
    check("data: a", &[]);
    check("data: a\n", &[]);
    check("data: a\n\ndata: b\n", &[message("a")]);
    check("", &[]);
}

#[test]
fn bytes_that_are_not_utf8_become_replacement_characters() {
    check(b"data: a\xffb\n\n", &[message("a\u{fffd}b")]);
    check(
        b"data: \xf0\x9f\x98\n\ndata: \xf0\x9f\x98\x80\n\n",
        &[message("\u{fffd}"), message("😀")],
    );
    check(
        b"data: \xe2\x82\ndata: \xac\n\n",
        &[message("\u{fffd}\n\u{fffd}")],
    );
    check(
        b"event: \xff\nid: \xff\ndata: a\n\n",
        &[("\u{fffd}", "a", "\u{fffd}")],
    );
}

#[test]
fn a_retry_time_is_nothing_but_digits() {
    let mut decoder = SseDecoder::new();
    assert_eq!(decoder.retry(), None);
    decode(&mut decoder, &[b"retry: 1500\n\n"]);
    assert_eq!(decoder.retry(), Some(Duration::from_millis(1500)));
    decode(
        &mut decoder,
        &[b"retry: 2s\nretry:\nretry: -3\nretry: 1.5\n\n"],
    );
    assert_eq!(decoder.retry(), Some(Duration::from_millis(1500)));
}

#[test]
fn data_of_one_line_is_borrowed_from_the_chunk() {
    let mut decoder = SseDecoder::new();
    decoder.push("data: a\n\ndata: b\nid: 1\n\n".into());
    for _ in 0..2 {
        let event = decoder.next_event().expect("decodes").expect("an event");
        assert!(matches!(event.data, std::borrow::Cow::Borrowed(_)));
    }
}

#[test]
fn chunks_may_be_pushed_before_earlier_ones_are_read() {
    let mut decoder = SseDecoder::new();
    for chunk in ["data: a\n\nda", "ta: b\n", "\ndata: c\n\n"] {
        decoder.push(chunk.into());
    }
    let (seen, _) = decode(&mut decoder, &[b""]);
    let data: Vec<_> = seen.into_iter().map(|event| event.1).collect();
    assert_eq!(data, ["a", "b", "c"]);
}

#[test]
fn an_endless_line_is_refused_wherever_it_is_cut() {
    let limit = 32;
    let fits = "x".repeat(limit - "data: ".len());
    let stream = format!("data: {fits}\n\ndata: {fits}y\n\n");
    for size in [1, 3, 7, 40, 1000] {
        let mut decoder = SseDecoder::with_limit(limit);
        let chunks: Vec<_> = stream.as_bytes().chunks(size).collect();
        let (events, error) = decode(&mut decoder, &chunks);
        assert_eq!(
            events,
            [("message".to_owned(), fits.clone(), String::new())]
        );
        assert_eq!(error, Some(SseError::TooLong { limit }), "chunks of {size}");
        assert_eq!(
            decoder.next_event(),
            Err(SseError::TooLong { limit }),
            "it stays failed"
        );
    }
}

#[test]
fn endless_data_lines_are_refused() {
    let mut decoder = SseDecoder::with_limit(16);
    let (events, error) = decode(&mut decoder, &[&b"data: 12345\n".repeat(4)]);
    assert_eq!(
        (events.len(), error),
        (0, Some(SseError::TooLong { limit: 16 }))
    );
    let mut decoder = SseDecoder::with_limit(16);
    let (_, error) = decode(&mut decoder, &[&b"data\n".repeat(40)]);
    assert_eq!(error, Some(SseError::TooLong { limit: 16 }));
}

#[test]
fn recorded_streams_decode_the_same_at_every_cut() {
    let streams = Recording::streams();
    assert!(streams.len() >= 20, "{} recorded streams", streams.len());
    for (name, recording) in streams {
        let body = recording.body();
        let expected = sse_reference::decode(&body);
        assert!(!expected.is_empty(), "{name}");
        let chunks: Vec<&[u8]> = recording.chunks.iter().map(Vec::as_slice).collect();
        assert_eq!(events(&chunks), expected, "{name} as recorded");
        let bytes: Vec<&[u8]> = body.chunks(1).collect();
        assert_eq!(events(&bytes), expected, "{name} byte by byte");
        // Nothing but the last id outlives an event, so that each cut needs only its neighbours.
        let text = String::from_utf8(body).expect("UTF-8");
        let blocks: Vec<_> = text.split_inclusive("\n\n").collect();
        for neighbours in blocks.windows(blocks.len().min(3)) {
            let part = neighbours.concat();
            let expected = sse_reference::decode(part.as_bytes());
            for cut in 0..part.len() {
                let (head, tail) = part.as_bytes().split_at(cut);
                assert_eq!(events(&[head, tail]), expected, "{name} cut at {cut}");
            }
        }
    }
}

/// Pieces that streams are made of, whole and broken.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "\n", "\r", "\r\n", "data", ":", ": ", "data: x", "data:", "event: e", "id: 1", "id",
            "id: \0", "retry: 5", "\u{feff}", "é漢😀", " ", "\n\n", "data: {\"a\":1}\n\n",
        ]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_chunking_gives_the_events_of_the_standard(
        stream in stream(),
        sizes in prop::collection::vec(0_usize..9, 1..12),
    ) {
        let expected = sse_reference::decode(&stream);
        prop_assert_eq!(&events(&[&stream]), &expected);
        let mut chunks = Vec::new();
        let mut rest = &stream[..];
        for size in sizes.iter().cycle().take(stream.len() * 2 + 1) {
            let (chunk, tail) = rest.split_at((*size).min(rest.len()));
            chunks.push(chunk);
            rest = tail;
        }
        chunks.push(rest);
        prop_assert_eq!(&events(&chunks), &expected);
    }

    #[test]
    fn a_limit_acts_the_same_in_any_chunking(stream in stream(), size in 1_usize..20) {
        let whole = decode(&mut SseDecoder::with_limit(12), &[&stream]);
        let chunks: Vec<_> = stream.chunks(size).collect();
        prop_assert_eq!(decode(&mut SseDecoder::with_limit(12), &chunks), whole);
    }
}
