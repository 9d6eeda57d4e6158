//! What every page begins and ends with.

use std::fmt::{self, Write as _};

use super::escape::Text;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

pub(super) fn begin(out: &mut String, title: &str) -> fmt::Result {
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; \
         form-action 'none'\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n",
        Text(title)
    )
}

pub(super) fn end(out: &mut String) -> fmt::Result {
    write!(
        out,
        "</main>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    )
}

/// A section with a heading.
pub(super) fn section(
    out: &mut String,
    heading: &str,
    content: impl FnOnce(&mut String) -> fmt::Result,
) -> fmt::Result {
    write!(out, "<section>\n<h2>{}</h2>\n", Text(heading))?;
    content(out)?;
    out.write_str("</section>\n")
}

/// What scrolls sideways where it is wider than the screen, by keyboard too.
pub(super) fn scrolled(
    out: &mut String,
    label: &str,
    content: impl FnOnce(&mut String) -> fmt::Result,
) -> fmt::Result {
    let label = Text(label);
    writeln!(
        out,
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{label}\">"
    )?;
    content(out)?;
    out.write_str("</div>\n")
}

/// The field that filters what is below it; shown where scripts run.
pub(super) fn filter(out: &mut String) -> fmt::Result {
    out.write_str(
        "<p class=\"filter\" hidden><label>Filter <input type=\"search\" \
         placeholder=\"words of the prompt or the answer\"></label> \
         <label><input type=\"checkbox\"> only marked ones</label> \
         <span role=\"status\"></span></p>\n",
    )
}
