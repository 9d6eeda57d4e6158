//! A text model behind any OpenAI-compatible HTTP server.
