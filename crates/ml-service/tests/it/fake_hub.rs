//! A hub on loopback: the interface that models are listed and fetched by, a second server for
//! large files, and the faults that both can have.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::hub_fault::{Fault, content, start};

/// The commit of `main`, and of every other revision.
pub(crate) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
/// The only repository.
pub(crate) const REPOSITORY: &str = "org/name";
/// What is in the address of every large file, and is nobody else's business.
pub(crate) const SIGNATURE: &str = "signed-secret";

/// A hub that answers until it is dropped.
pub(crate) struct FakeHub {
    runtime: Runtime,
    world: Arc<World>,
}

/// What both servers know.
struct World {
    hub: SocketAddr,
    storage: SocketAddr,
    scene: Mutex<Scene>,
}

#[derive(Default)]
struct Scene {
    files: BTreeMap<String, FakeFile>,
    faults: BTreeMap<String, VecDeque<Fault>>,
    seen: Vec<Seen>,
    page_length: Option<usize>,
    /// Whether further pages come from the second server.
    pages_elsewhere: bool,
    tree: Option<Value>,
    api: Option<Fault>,
}

/// A file of the repository.
#[derive(Clone)]
pub(crate) struct FakeFile {
    pub(crate) content: Bytes,
    /// Whether it is large, and comes from the second server.
    large: bool,
}

/// A request that came.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) to_storage: bool,
    pub(crate) path: String,
    /// The first byte that is wanted.
    pub(crate) start: u64,
    pub(crate) authorization: Option<String>,
    pub(crate) at: Instant,
}

impl FakeFile {
    /// Stored in git.
    pub(crate) fn small(content: impl Into<Bytes>) -> Self {
        let content = content.into();
        Self {
            content,
            large: false,
        }
    }

    /// Stored outside of git.
    pub(crate) fn large(content: impl Into<Bytes>) -> Self {
        let content = content.into();
        Self {
            content,
            large: true,
        }
    }

    /// The name of its blob.
    pub(crate) fn hash(&self) -> String {
        if self.large {
            hex(&Sha256::digest(&self.content))
        } else {
            let mut hasher = Sha1::new_with_prefix(format!("blob {}\0", self.content.len()));
            hasher.update(&self.content);
            hex(&hasher.finalize())
        }
    }

    fn entry(&self, path: &str) -> Value {
        let size = self.content.len();
        let mut entry = json!({"type": "file", "path": path, "size": size, "oid": self.hash()});
        if self.large {
            entry["oid"] = "ab".repeat(20).into();
            entry["lfs"] = json!({"oid": self.hash(), "size": size, "pointerSize": 134});
        }
        entry
    }
}

impl FakeHub {
    pub(crate) fn new<'a>(files: impl IntoIterator<Item = (&'a str, FakeFile)>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let bind = || {
            let port = runtime.block_on(TcpListener::bind("127.0.0.1:0"));
            let port = port.expect("a free port");
            (port.local_addr().expect("it is bound"), port)
        };
        let ((hub, hub_port), (storage, storage_port)) = (bind(), bind());
        let files = files.into_iter();
        let scene = Scene {
            files: files.map(|(path, file)| (path.to_owned(), file)).collect(),
            ..Scene::default()
        };
        let world = Arc::new(World {
            hub,
            storage,
            scene: Mutex::new(scene),
        });
        let serve = |port, router: Router<Arc<World>>| {
            let router = router.with_state(Arc::clone(&world));
            runtime.spawn(async move { axum::serve(port, router).await });
        };
        serve(hub_port, Router::new().fallback(answer_as_hub));
        serve(storage_port, Router::new().fallback(answer_as_storage));
        Self { runtime, world }
    }

    /// What `HF_ENDPOINT` is to be.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.world.hub)
    }

    /// The host that large files come from.
    pub(crate) fn storage(&self) -> String {
        self.world.storage.to_string()
    }

    /// Lets the next replies with this file go wrong, one after the other.
    pub(crate) fn faults(&self, path: &str, faults: impl IntoIterator<Item = Fault>) {
        let faults = faults.into_iter().collect();
        self.world.scene().faults.insert(path.to_owned(), faults);
    }

    /// Lets every reply but those with files go wrong.
    pub(crate) fn api(&self, fault: Fault) {
        self.world.scene().api = Some(fault);
    }

    /// Lists so many files a page.
    pub(crate) fn pages_of(&self, files: usize) {
        self.world.scene().page_length = Some(files);
    }

    /// Lets all pages of the list but the first come from the server for large files.
    pub(crate) fn pages_elsewhere(&self) {
        self.world.scene().pages_elsewhere = true;
    }

    /// Lists this instead of the files.
    pub(crate) fn tree(&self, entries: Value) {
        self.world.scene().tree = Some(entries);
    }

    /// The requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.world.scene().seen.clone()
    }

    /// The bytes that the requests for a file's content began with so far.
    pub(crate) fn starts(&self, path: &str) -> Vec<u64> {
        let scene = self.world.scene();
        let file = &scene.files[path];
        let target = if file.large {
            format!("/{}", file.hash())
        } else {
            format!("/{REPOSITORY}/resolve/{COMMIT}/{path}")
        };
        let seen = scene.seen.iter().filter(|seen| seen.path == target);
        seen.map(|seen| seen.start).collect()
    }

    /// The runtime, for what is to run beside the servers.
    pub(crate) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

impl World {
    /// A test that has failed leaves the lock poisoned.
    fn scene(&self) -> MutexGuard<'_, Scene> {
        self.scene.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn see(&self, request: &Request, to_storage: bool) {
        let field = |name| {
            let value = request.headers().get(name)?.to_str().ok();
            value.map(str::to_owned)
        };
        self.scene().seen.push(Seen {
            to_storage,
            path: request.uri().path().to_owned(),
            start: start(request.headers()).unwrap_or(0) as u64,
            authorization: field(header::AUTHORIZATION),
            at: Instant::now(),
        });
    }

    /// The next fault of a file.
    fn fault(&self, path: &str) -> Option<Fault> {
        self.scene().faults.get_mut(path)?.pop_front()
    }
}

async fn answer_as_hub(State(world): State<Arc<World>>, request: Request) -> Response {
    world.see(&request, false);
    let path = request.uri().path();
    let resolve = format!("/{REPOSITORY}/resolve/{COMMIT}/");
    if let Some(file) = path.strip_prefix(&resolve) {
        return answer_with_file(&world, file, request.headers());
    }
    let api = world.scene().api.clone();
    if let Some(fault) = api {
        return content(&Bytes::from_static(b"{}"), &HeaderMap::new(), Some(fault));
    }
    let api = format!("/api/models/{REPOSITORY}/");
    match path
        .strip_prefix(&api)
        .and_then(|rest| rest.split_once('/'))
    {
        Some(("revision", "gone")) => refusal(404, "RevisionNotFound"),
        Some(("revision", _)) => {
            json_reply(&json!({"id": REPOSITORY, "sha": COMMIT}), HeaderMap::new())
        }
        Some(("tree", COMMIT)) => tree(&world, request.uri().query().unwrap_or_default()),
        _ => refusal(401, "RepoNotFound"),
    }
}

async fn answer_as_storage(State(world): State<Arc<World>>, request: Request) -> Response {
    world.see(&request, true);
    if request.uri().path().contains("/tree/") {
        return tree(&world, request.uri().query().unwrap_or_default());
    }
    let name = request.uri().path().trim_start_matches('/').to_owned();
    let signed = request.uri().query() == Some(SIGNATURE);
    let found = {
        let scene = world.scene();
        let mut files = scene.files.iter();
        let found = files.find(|(_, file)| file.large && file.hash() == name);
        found.map(|(path, file)| (path.clone(), file.content.clone()))
    };
    let Some((path, bytes)) = found.filter(|_| signed) else {
        return StatusCode::FORBIDDEN.into_response();
    };
    let fault = world.fault(&path);
    if matches!(fault, Some(Fault::Silent)) {
        std::future::pending::<()>().await;
    }
    content(&bytes, request.headers(), fault)
}

fn answer_with_file(world: &World, path: &str, headers: &HeaderMap) -> Response {
    let found = world.scene().files.get(path).cloned();
    let Some(file) = found else {
        return refusal(404, "EntryNotFound");
    };
    let mut response = if file.large {
        let target = format!("http://{}/{}?{SIGNATURE}", world.storage, file.hash());
        (StatusCode::FOUND, [(header::LOCATION, target)]).into_response()
    } else {
        content(&file.content, headers, world.fault(path))
    };
    let etag = format!("\"{}\"", file.hash());
    let size = file.content.len().to_string();
    for (name, value) in [
        ("x-repo-commit", COMMIT),
        ("x-linked-etag", &etag),
        ("x-linked-size", &size),
    ] {
        let value = value.parse().expect("a header");
        response.headers_mut().insert(name, value);
    }
    response
}

/// The list of files, a page of it, with a link to the next one.
fn tree(world: &World, query: &str) -> Response {
    let scene = world.scene();
    let entries = match &scene.tree {
        Some(entries) => entries.as_array().cloned().unwrap_or_default(),
        None => scene
            .files
            .iter()
            .map(|(path, file)| file.entry(path))
            .chain([
                json!({"type": "directory", "path": "onnx", "oid": "cd".repeat(20), "size": 0}),
            ])
            .collect(),
    };
    let cursor = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("cursor="));
    let start: usize = cursor.map_or(0, |cursor| cursor.parse().expect("our own"));
    let end = scene
        .page_length
        .map_or(entries.len(), |length| (start + length).min(entries.len()));
    let mut headers = HeaderMap::new();
    if end < entries.len() {
        let host = if scene.pages_elsewhere {
            world.storage
        } else {
            world.hub
        };
        let next = format!("http://{host}/api/models/{REPOSITORY}/tree/{COMMIT}?cursor={end}");
        let link = format!("<{next}>; rel=\"next\"");
        headers.insert(header::LINK, link.parse().expect("a header"));
    }
    json_reply(&json!(entries[start..end]), headers)
}

fn json_reply(body: &Value, headers: HeaderMap) -> Response {
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (headers, kind, body.to_string()).into_response()
}

fn refusal(status: u16, code: &'static str) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [("x-error-code", code)], "no").into_response()
}

fn hex(bytes: &[u8]) -> String {
    let digits = |byte: &u8| {
        [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
    };
    bytes.iter().flat_map(digits).collect()
}
