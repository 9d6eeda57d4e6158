//! The chat page: plain files of our own in the program, served with a policy that lets in nothing else.

use axum::Router;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::response::IntoResponse;
use axum::routing::get;

/// Only files of this server are loaded and only it is asked; nothing inline, no text that becomes
/// HTML, and no other page may frame this one.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// A file of the page.
#[derive(Clone, Copy)]
struct File {
    path: &'static str,
    kind: &'static str,
    text: &'static str,
}

/// A file of the folder `page`, served at `/page/` and its name.
macro_rules! file {
    ($name:literal, $kind:expr) => {
        File {
            path: concat!("/page/", $name),
            kind: $kind,
            text: include_str!(concat!("page/", $name)),
        }
    };
}

const FILES: &[File] = &[
    File {
        path: "/",
        ..file!("chat.html", HTML)
    },
    file!("chat.css", CSS),
    file!("icon.svg", SVG),
    file!("theme.js", SCRIPT),
    file!("chat.js", SCRIPT),
    file!("answering.js", SCRIPT),
    file!("api.js", SCRIPT),
    file!("conversation.js", SCRIPT),
    file!("element.js", SCRIPT),
    file!("export.js", SCRIPT),
    file!("growing.js", SCRIPT),
    file!("inline.js", SCRIPT),
    file!("markdown.js", SCRIPT),
    file!("settings.js", SCRIPT),
    file!("sidebar.js", SCRIPT),
    file!("store.js", SCRIPT),
    file!("think.js", SCRIPT),
    file!("transcript.js", SCRIPT),
    file!("turn.js", SCRIPT),
];

/// The page's own routes. They hold no secret and ask for no key: what the page asks the server
/// for does.
pub(super) fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    FILES.iter().fold(Router::new(), |router, file| {
        router.route(file.path, get(move || async move { response(*file) }))
    })
}

fn response(file: File) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, file.kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        // The next version of the program has other files.
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, file.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What files of the page load, by the words that do so.
    fn loaded(file: &File) -> Vec<String> {
        let words = [" from '", "src=\"page/", "href=\"page/"];
        let after = |word: &'static str| file.text.split(word).skip(1);
        let ends = |rest: &str| {
            rest.split(['\'', '"'])
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        words.into_iter().flat_map(after).map(ends).collect()
    }

    #[test]
    fn all_that_is_loaded_is_served_and_nothing_else() {
        let mut loaded: Vec<_> = FILES.iter().flat_map(loaded).collect();
        for path in &mut loaded {
            *path = format!("/page/{}", path.trim_start_matches("./"));
        }
        loaded.push("/".to_owned());
        loaded.sort();
        loaded.dedup();
        let mut served: Vec<_> = FILES.iter().map(|file| file.path.to_owned()).collect();
        served.sort();
        assert_eq!(loaded, served);
    }

    #[test]
    fn nothing_is_loaded_from_elsewhere() {
        for file in FILES {
            let namespace = "http://www.w3.org/2000/svg";
            let text = file.text.replace(namespace, "");
            let addresses: Vec<_> = text
                .match_indices("://")
                .map(|(at, _)| &text[at.saturating_sub(8)..at])
                .filter(|before| before.ends_with("http") || before.ends_with("https"))
                .collect();
            assert_eq!(addresses, [] as [&str; 0], "{}", file.path);
        }
    }

    #[test]
    fn no_script_writes_html() {
        for file in FILES.iter().filter(|file| file.kind == SCRIPT) {
            for word in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
            ] {
                assert!(!file.text.contains(word), "{}: {word}", file.path);
            }
        }
    }
}
