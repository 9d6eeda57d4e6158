//! A server on a loopback socket, and a client that sends what it is told, byte by byte.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use inference_conformance::{Script, ScriptedModel};
use inference_core::TextModel;
use ml_service::server::{Limits, ServerConfig, serve};
use ml_service::{Config, Service};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Generous for a machine with other things to do; nothing waits that long when all is well.
const SOON: Duration = Duration::from_mins(1);

/// A server that serves until it is told to stop or dropped.
pub(crate) struct Rig {
    pub(crate) address: SocketAddr,
    pub(crate) model: Arc<ScriptedModel>,
    pub(crate) service: Arc<Service>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<io::Result<()>>,
}

impl Rig {
    /// A server with one model, `talker`.
    pub(crate) async fn new(model: ScriptedModel) -> Self {
        Self::with(model, |_| {}).await
    }

    pub(crate) async fn saying(script: impl Into<Script>) -> Self {
        Self::new(ScriptedModel::new("talker").otherwise(script)).await
    }

    /// The same with other limits.
    pub(crate) async fn limited(
        script: impl Into<Script>,
        change: impl FnOnce(&mut Limits),
    ) -> Self {
        let model = ScriptedModel::new("talker").otherwise(script);
        Self::with(model, |config| change(&mut config.limits)).await
    }

    pub(crate) async fn with(model: ScriptedModel, change: impl FnOnce(&mut ServerConfig)) -> Self {
        let model = Arc::new(model);
        let service = Arc::new(Service::new(&Config::default()));
        let shared: Arc<dyn TextModel> = Arc::<ScriptedModel>::clone(&model);
        service.replace_loaded("talker", shared).await.unwrap();
        Self::around(service, model, change).await
    }

    /// A server in front of a service, one of whose models is this one.
    pub(crate) async fn around(
        service: Arc<Service>,
        model: Arc<ScriptedModel>,
        change: impl FnOnce(&mut ServerConfig),
    ) -> Self {
        let mut config = ServerConfig::default();
        config.default_model = Some("talker".to_owned());
        change(&mut config);
        let (stop, stopped) = oneshot::channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = async move {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve(listener, Arc::clone(&service), config, stopped));
        Self {
            address,
            model,
            service,
            stop: Some(stop),
            task,
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::new(TcpStream::connect(self.address).await.unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], b"").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, &[], body.to_string().as_bytes())
            .await
    }

    /// Chats with `talker`; fields of `more` are added to the request.
    pub(crate) async fn chat(&self, more: Value) -> Reply {
        self.post("/v1/chat/completions", &chat(more)).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let mut client = self.connect().await;
        client.request(method, path, headers, body).await;
        client.reply().await
    }

    /// Asks the server to stop.
    pub(crate) fn stop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
    }

    /// Waits until it has stopped.
    pub(crate) async fn ended(&mut self) {
        let ended = soon(&mut self.task).await;
        ended.unwrap().unwrap();
    }

    /// Waits until the model is doing something, or nothing.
    pub(crate) async fn generating(&self, count: u64) {
        eventually(|| self.model.activity().generating == count).await;
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A chat with one message and these fields besides.
pub(crate) fn chat(more: Value) -> Value {
    let mut body = serde_json::json!({
        "model": "talker", "messages": [{"role": "user", "content": "talk"}],
    });
    let Value::Object(more) = more else {
        panic!("fields are an object");
    };
    body.as_object_mut().unwrap().extend(more);
    body
}

/// One connection.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream: BufReader::new(stream),
        }
    }

    pub(crate) async fn write(&mut self, bytes: &[u8]) {
        self.try_write(bytes).await.unwrap();
    }

    pub(crate) async fn try_write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes).await
    }

    pub(crate) async fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) {
        let mut head = format!("{method} {path} HTTP/1.1\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            head.push_str("host: localhost\r\n");
        }
        for (name, value) in headers {
            head.extend([*name, ": ", *value, "\r\n"]);
        }
        if !body.is_empty() || method == "POST" {
            head.extend(["content-length: ", &body.len().to_string(), "\r\n"]);
        }
        self.write(&[head.as_bytes(), b"\r\n", body].concat()).await;
    }

    /// The next reply, whole.
    pub(crate) async fn reply(&mut self) -> Reply {
        let mut reply = self.head().await;
        reply.body = match reply.headers.get("content-length") {
            Some(length) => {
                let mut body = vec![0; length.parse().unwrap()];
                soon(self.stream.read_exact(&mut body)).await.unwrap();
                body
            }
            None => self.chunks().await,
        };
        reply
    }

    /// Status and headers.
    pub(crate) async fn head(&mut self) -> Reply {
        let status = self.line().await;
        let status = status.split(' ').nth(1).and_then(|code| code.parse().ok());
        let mut headers = BTreeMap::new();
        loop {
            let line = self.line().await;
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            headers.insert(name.to_owned(), value.to_owned());
        }
        Reply {
            status: status.unwrap(),
            headers,
            body: Vec::new(),
        }
    }

    /// The next chunk of a body that comes in chunks; empty is its end.
    pub(crate) async fn chunk(&mut self) -> Vec<u8> {
        let size = usize::from_str_radix(&self.line().await, 16).unwrap();
        let mut chunk = vec![0; size + 2];
        soon(self.stream.read_exact(&mut chunk)).await.unwrap();
        chunk.truncate(size);
        chunk
    }

    /// Reads until the body so far holds this text.
    pub(crate) async fn until(&mut self, text: &str) -> String {
        let mut body = Vec::new();
        loop {
            let so_far = String::from_utf8_lossy(&body);
            if so_far.contains(text) {
                return so_far.into_owned();
            }
            let chunk = self.chunk().await;
            assert!(
                !chunk.is_empty(),
                "no {text:?} in {:?}",
                String::from_utf8_lossy(&body)
            );
            body.extend(chunk);
        }
    }

    async fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let chunk = self.chunk().await;
            if chunk.is_empty() {
                return body;
            }
            body.extend(chunk);
        }
    }

    /// All that comes until the server closes the connection.
    pub(crate) async fn rest(&mut self) -> String {
        let mut rest = Vec::new();
        // A server that closes while there is more to read resets the connection.
        let _ = soon(self.stream.read_to_end(&mut rest)).await;
        String::from_utf8_lossy(&rest).into_owned()
    }

    async fn line(&mut self) -> String {
        let mut line = Vec::new();
        loop {
            let byte = soon(self.stream.read_u8()).await.unwrap();
            if byte == b'\n' {
                line.pop();
                return String::from_utf8(line).unwrap();
            }
            line.push(byte);
        }
    }
}

/// What a server replied.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The body of a success.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The data of its events, `[DONE]` as text.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        assert_eq!(self.status, 200, "{}", self.text());
        let text = self.text();
        let events = text.split("\n\n").filter(|event| !event.is_empty());
        let data = events.filter_map(|event| {
            let data = event.strip_prefix("data: ")?;
            Some(serde_json::from_str(data).unwrap_or_else(|_| Value::from(data)))
        });
        data.collect()
    }

    /// Panics unless it is a failure in OpenAI's shape; gives its error.
    #[track_caller]
    pub(crate) fn error(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        let error = self.json()["error"].clone();
        assert!(
            error["message"].is_string() && error["type"].is_string(),
            "{error}"
        );
        error
    }
}

pub(crate) async fn soon<T>(done: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, done)
        .await
        .expect("it does not take that long")
}

/// Waits until something is so.
pub(crate) async fn eventually(mut is_so: impl FnMut() -> bool) {
    soon(async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}
