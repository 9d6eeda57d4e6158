//! The OpenAI-compatible JSON types, shared by client and server.
