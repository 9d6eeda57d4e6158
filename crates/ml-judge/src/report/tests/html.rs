//! Pages of constructed reports.

use super::*;

const HOSTILE: &str = "</script><script>alert(1)</script> \" ' & <img src=x onerror=alert(1)> \
    \u{202E}desrever\u{2066}\u{0}\u{1b}[31m\u{85}\u{FEFF} </style></pre></details>";

/// Everything that comes from outside is hostile.
fn hostile() -> Report {
    let mut run = run();
    run.input = Some(HOSTILE.into());
    run.started = HOSTILE.into();
    let mut builder = ReportBuilder::new(run);
    let response = Response {
        model: HOSTILE.into(),
        domain: Some(HOSTILE.into()),
        correct_answer: Some(HOSTILE.into()),
        ..Response::new(HOSTILE, HOSTILE, HOSTILE)
    };
    let mut judged = scored(HOSTILE, &[(HOSTILE, 1.0), ("number", 2.5)]);
    if let Outcome::Scored { notes, .. } = &mut judged.outcome {
        notes.insert(HOSTILE.into(), HOSTILE.into());
    }
    judged.judge = Some(Judging::new(HOSTILE, HOSTILE, 0.0, 1));
    judged.members = vec![judged.clone()];
    let open = Score::unscored("other", "1", Mode::V2, HOSTILE);
    let mut failed = done(1, response.clone(), Vec::new());
    failed.answer = Some(Err(Failure::Model(Error::new(ErrorKind::Timeout, HOSTILE))));
    for done in [done(0, response, vec![judged, open]), failed] {
        builder.add(&done).expect("one rule");
    }
    builder.finish(HOSTILE, &RunSummary::default())
}

#[track_caller]
fn check_harmless(html: &str) {
    assert_eq!(html.matches("<script").count(), 1, "only our own script");
    assert_eq!(html.matches("</script>").count(), 1);
    assert_eq!(html.matches("</style>").count(), 1);
    for unseen in [
        '\u{202E}', '\u{2066}', '\u{0}', '\u{1b}', '\u{85}', '\u{FEFF}',
    ] {
        assert!(!html.contains(unseen), "{unseen:?}");
    }
    assert!(!html.contains("<img") && html.contains("&lt;img src=x onerror=alert(1)&gt;"));
    assert!(html.contains("⟨U+202E⟩desrever"));
    assert!(html.contains("&lt;/script&gt; &quot; &#39; &amp;"));
    assert!(!html.contains("\" ' &") && !html.contains("\" &#39;"));
    for fetched in ["src=\"", "url(", "@import", "<link", "http://", "https://"] {
        assert!(!html.contains(fetched), "{fetched}");
    }
}

#[test]
fn nothing_from_outside_becomes_markup() {
    let report = hostile();
    check_harmless(&report.html());
    let comparison = compare(&report, &report).expect("they can be compared");
    check_harmless(&comparison.html(&report, &report));
}

/// Every element that is opened is closed, in order.
#[test]
fn elements_are_closed() {
    let report = hostile();
    let comparison = compare(&report, &report).expect("they can be compared");
    for html in [report.html(), comparison.html(&report, &report)] {
        let body =
            &html[html.find("<main>").expect("a body")..html.find("<script>").expect("a script")];
        let mut open = Vec::new();
        for tag in body.split('<').skip(1) {
            let tag = tag.split('>').next().expect("a tag");
            let name = tag.split([' ', '/']).next().expect("a name");
            if let Some(closed) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(closed), "in {tag}");
            } else if !tag.ends_with('/') && !["meta", "input", "br"].contains(&name) {
                open.push(name);
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn pages_are_bounded_and_say_what_they_leave_out() {
    let mut report = report("exact", "correct", &[("a", 1.0)]);
    let item = report.items[0].clone();
    report.items = vec![item; 1_200];
    let html = report.html();
    assert_eq!(html.matches("id=\"item-").count(), 1_000);
    assert!(html.contains("200 more answers are left out"));
    report.items.truncate(500);
    for item in &mut report.items {
        item.response = "x".repeat(30_000);
    }
    let html = report.html();
    assert!(html.len() < 10 << 20, "{}", html.len());
    assert!(html.contains("more answers are left out"));
    assert!(!html.contains(&"x".repeat(20_000)), "each text is cut");
}
