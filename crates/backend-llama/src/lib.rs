//! A text model served by a llama-server process that we own.
