//! A client of a tool server.

use std::time::Duration;

use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientRequest, JsonObject, ProgressNotificationParam,
    Request, ServerResult,
};
use rmcp::service::{NotificationContext, PeerRequestOptions, RequestHandle, RunningService};
use rmcp::transport::IntoTransport;
use rmcp::{ClientHandler, RoleClient, ServiceError, ServiceExt as _};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

/// Generous for a machine with other things to do.
const SOON: Duration = Duration::from_mins(1);

/// A client that has introduced itself.
pub(crate) struct Client {
    pub(crate) running: RunningService<RoleClient, Listener>,
}

/// Keeps what the server tells of its progress.
#[derive(Clone, Default)]
pub(crate) struct Listener {
    progress: watch::Sender<Vec<ProgressNotificationParam>>,
}

impl ClientHandler for Listener {
    async fn on_progress(
        &self,
        progress: ProgressNotificationParam,
        _context: NotificationContext<RoleClient>,
    ) {
        self.progress.send_modify(|all| all.push(progress));
    }
}

impl Client {
    /// Introduces itself to a server.
    pub(crate) async fn of<R, W>(reader: R, writer: W) -> Self
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        Self::over((reader, writer)).await
    }

    pub(crate) async fn over<T, E, A>(transport: T) -> Self
    where
        T: IntoTransport<RoleClient, E, A>,
        E: std::error::Error + Send + Sync + 'static,
    {
        let running = Listener::default().serve(transport).await.unwrap();
        Self { running }
    }

    pub(crate) async fn start(
        &self,
        tool: &'static str,
        arguments: Value,
    ) -> RequestHandle<RoleClient> {
        let request = CallToolRequestParams::new(tool).with_arguments(object(arguments));
        let request = ClientRequest::CallToolRequest(Request::new(request));
        let options = PeerRequestOptions::no_options();
        self.running
            .send_cancellable_request(request, options)
            .await
            .unwrap()
    }

    pub(crate) async fn call(
        &self,
        tool: &'static str,
        arguments: Value,
    ) -> Result<CallToolResult, ServiceError> {
        let started = self.start(tool, arguments).await;
        let answered = tokio::time::timeout(SOON, started.await_response());
        match answered.await.unwrap()? {
            ServerResult::CallToolResult(result) => Ok(result),
            other => panic!("{other:?}"),
        }
    }

    /// The result of a call that succeeds.
    pub(crate) async fn result(&self, tool: &'static str, arguments: Value) -> Value {
        let result = self.call(tool, arguments).await.unwrap();
        assert_ne!(result.is_error, Some(true), "{result:?}");
        let value = result.structured_content.unwrap();
        // Clients that know no structured results read the text.
        let text = &result.content[0].as_text().unwrap().text;
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), value);
        value
    }

    /// What a call that fails says.
    pub(crate) async fn error(&self, tool: &'static str, arguments: Value) -> String {
        let result = self.call(tool, arguments).await.unwrap();
        assert_eq!(result.is_error, Some(true), "{result:?}");
        assert_eq!(result.structured_content, None);
        result.content[0].as_text().unwrap().text.clone()
    }

    /// Waits until the server has told so much of its progress, and gives all of it.
    pub(crate) async fn progress(&self, count: usize) -> Vec<ProgressNotificationParam> {
        let mut told = self.running.service().progress.subscribe();
        let enough = told.wait_for(|all| all.len() >= count);
        tokio::time::timeout(SOON, enough)
            .await
            .unwrap()
            .unwrap()
            .clone()
    }
}

fn object(arguments: Value) -> JsonObject {
    match arguments {
        Value::Object(arguments) => arguments,
        other => panic!("{other}"),
    }
}
