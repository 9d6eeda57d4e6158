//! The models as tools of other programs, by the Model Context Protocol.

use std::sync::Arc;
use std::time::Duration;

use inference_core::Error;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, Implementation,
    ListToolsResult, PaginatedRequestParams, ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, ServerInitializeError};
use rmcp::transport::async_rw::AsyncRwTransport;
use rmcp::{ErrorData, RoleServer, ServerHandler};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::Semaphore;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::tools::Call;
use crate::{Caller, Service};

mod error;
#[cfg(feature = "server")]
mod http;
mod probe;
mod progress;
mod tool;
mod until_end;

pub use error::ToolServerError;
use progress::Notifications;
use tool::{Entry, TOOLS};
use until_end::UntilEnd;

/// What clients may show to their models.
const INSTRUCTIONS: &str = "Language models that run on this machine or that its user has \
    configured. ml_status lists them; ml_generate asks one; ml_score and ml_probe measure answers.";

/// How long calls may go on once their client has nothing more to say. The official clients wait
/// for 2 s before they kill a server.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// The tools `ml_generate`, `ml_score`, `ml_probe`, `ml_status` and `ml_backends` over the models
/// of a [`Service`].
///
/// A server is one client's; clones share the service and the bound on calls. Models are loaded
/// when they are first asked. What goes wrong in a call is a result that says so, for the model
/// behind the client to read. A client that cancels a call, or goes away, stops what the call was
/// doing within a token.
///
/// ```no_run
/// use std::sync::Arc;
/// use ml_service::{Config, ConfigSources, Service, ToolServer};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let config = Config::load(&ConfigSources::from_env())?;
/// let service = Arc::new(Service::new(&config));
/// ToolServer::new(Arc::clone(&service)).serve_stdio().await?;
/// service.close().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ToolServer {
    service: Arc<Service>,
    default: Option<String>,
    calls: Arc<Semaphore>,
    /// Cancelled when there is nobody any more who could cancel a call.
    ended: CancellationToken,
}

impl ToolServer {
    /// The most calls at once; more are refused.
    pub const CALLS: usize = 16;

    /// Bytes of a message over a pair of streams. Longer ones are passed over: the protocol has no
    /// way to say whose they were.
    pub const MESSAGE_BYTES: usize = 4 << 20;

    /// Tools over the models of a service.
    pub fn new(service: Arc<Service>) -> Self {
        Self {
            service,
            default: None,
            calls: Arc::new(Semaphore::new(Self::CALLS)),
            ended: CancellationToken::new(),
        }
    }

    /// Sets the model of calls that name none; otherwise it is the service's default.
    #[must_use]
    pub fn with_default(mut self, model: impl Into<String>) -> Self {
        self.default = Some(model.into());
        self
    }

    /// Serves the client that started this process, over stdin and stdout, until stdin ends.
    /// Nothing else may write to stdout meanwhile.
    ///
    /// # Errors
    /// As [`serve`](Self::serve).
    pub async fn serve_stdio(self) -> Result<(), ToolServerError> {
        let (reader, writer) = rmcp::transport::stdio_pipes();
        self.serve(reader, writer).await
    }

    /// Serves one client, a JSON message a line, until the reader ends. Calls that run then have a
    /// second to end. Dropping the future cancels all calls.
    ///
    /// # Errors
    /// [`ToolServerError`]: the client does not speak the protocol.
    pub async fn serve<R, W>(mut self, reader: R, writer: W) -> Result<(), ToolServerError>
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        self.ended = CancellationToken::new();
        let reader = UntilEnd::new(reader, self.ended.clone());
        let transport =
            AsyncRwTransport::new_server(reader, writer).with_max_line_length(Self::MESSAGE_BYTES);
        let running = match rmcp::serve_server(self, transport).await {
            Ok(running) => running,
            Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
            Err(error) => return Err(ToolServerError::refused(&error)),
        };
        match running.waiting().await {
            Ok(_) => Ok(()),
            Err(_) => Err(ToolServerError::Ended),
        }
    }

    /// The result of a call.
    async fn call(
        &self,
        tool: &Entry,
        request: CallToolRequestParams,
        call: Call,
    ) -> CallToolResult {
        let Ok(_place) = self.calls.try_acquire() else {
            let most = Self::CALLS;
            return failed(&Error::new(
                inference_core::ErrorKind::RateLimited,
                format!("{most} calls are running: wait for one of them"),
            ));
        };
        match tool.run(&call, request.arguments.unwrap_or_default()).await {
            Ok(value) => CallToolResult::structured(value),
            Err(error) => failed(&error),
        }
    }
}

impl ServerHandler for ToolServer {
    fn get_info(&self) -> ServerConfig {
        let server = Implementation::new("ml", env!("CARGO_PKG_VERSION"))
            .with_title("Local language models");
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(server)
            .with_instructions(INSTRUCTIONS)
    }

    async fn list_tools(
        &self,
        _request: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let tools = TOOLS.iter().map(Entry::describe).collect();
        Ok(ListToolsResult::with_all_items(tools))
    }

    fn get_tool(&self, name: &str) -> Option<rmcp::model::Tool> {
        Entry::find(name).map(Entry::describe)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = Entry::find(&request.name) else {
            let names: Vec<_> = TOOLS.iter().map(|tool| tool.name).collect();
            let message = format!("no tool {:?}: there are {}", request.name, names.join(", "));
            return Err(ErrorData::invalid_params(message, None));
        };
        let call = Call {
            service: Arc::clone(&self.service),
            default: self.default.clone(),
            caller: Caller::default(),
            progress: Box::new(Notifications::of(&context)),
        };
        #[cfg(feature = "server")]
        let gone = http::client_gone(&context.extensions);
        #[cfg(not(feature = "server"))]
        let gone = std::future::pending();
        let left_alone = async {
            self.ended.cancelled().await;
            sleep(LAST_WORDS).await;
        };
        let result = tokio::select! {
            result = self.call(tool, request, call) => result,
            () = context.ct.cancelled() => failed(&Error::cancelled()),
            () = gone => failed(&Error::cancelled()),
            () = left_alone => failed(&Error::cancelled()),
        };
        Ok(result.into())
    }
}

/// An error as the result of a call: the message with its causes.
fn failed(error: &Error) -> CallToolResult {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    CallToolResult::error(vec![ContentBlock::text(text)])
}
