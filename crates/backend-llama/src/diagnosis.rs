//! Reads from a server's last lines why it did not start.

use std::path::Path;

use crate::exit::Exit;
use crate::log::parse;
use crate::start_error::{ModelProblem, StartErrorKind};

/// Why a server that should have loaded `model` ended as `exit` after writing `lines`.
pub(crate) fn diagnose(lines: &[String], model: &Path, exit: Exit) -> StartErrorKind {
    let known = SIGNS.iter().find_map(|(needle, cause)| {
        let line = lines.iter().find(|line| line.contains(needle))?;
        Some((*cause, parse(line).1.trim().to_owned()))
    });
    match known {
        Some((Cause::Model(problem), detail)) => StartErrorKind::Model {
            path: model.to_owned(),
            problem,
            detail,
        },
        Some((Cause::Adapter, detail)) => StartErrorKind::Adapter { detail },
        Some((Cause::Argument, detail)) => StartErrorKind::Argument { detail },
        Some((Cause::Memory, detail)) => StartErrorKind::OutOfMemory { detail },
        Some((Cause::Socket, detail)) => StartErrorKind::Socket { detail },
        None => StartErrorKind::Exited { exit },
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    Model(ModelProblem),
    Adapter,
    Argument,
    Memory,
    Socket,
}

/// What llama-server writes, most telling first: an adapter's trouble is also that of a GGUF file,
/// and every trouble with a file ends in the general words.
#[rustfmt::skip]
const SIGNS: &[(&str, Cause)] = &[
    ("error: invalid argument", Cause::Argument),
    ("error while handling argument", Cause::Argument),
    ("couldn't bind HTTP server socket", Cause::Socket),
    ("couldn't start HTTP listener", Cause::Socket),
    ("failed to apply lora adapter", Cause::Adapter),
    ("llama_adapter_lora_init: failed to open", Cause::Adapter),
    ("failed to load lora adapter", Cause::Adapter),
    ("(No such file or directory)", Cause::Model(ModelProblem::Missing)),
    ("(Permission denied)", Cause::Model(ModelProblem::Unreadable)),
    ("invalid magic characters", Cause::Model(ModelProblem::NotGguf)),
    ("failed to read magic", Cause::Model(ModelProblem::NotGguf)),
    ("this GGUF file is version", Cause::Model(ModelProblem::Version)),
    ("data is not within the file bounds", Cause::Model(ModelProblem::Damaged)),
    ("gguf_init_from_reader: failed to read", Cause::Model(ModelProblem::Damaged)),
    ("gguf_init_from_file_impl: failed to read", Cause::Model(ModelProblem::Damaged)),
    ("unknown model architecture", Cause::Model(ModelProblem::Architecture)),
    ("out of memory", Cause::Memory),
    ("OutOfMemory", Cause::Memory),
    ("OutOfDeviceMemory", Cause::Memory),
    ("failed to allocate", Cause::Memory),
    ("insufficient memory", Cause::Memory),
    ("GGML_ASSERT(ctx->mem_buffer != NULL)", Cause::Memory),
    ("Cannot allocate memory", Cause::Memory),
    ("std::bad_alloc", Cause::Memory),
    ("error loading model:", Cause::Model(ModelProblem::Other)),
];

#[cfg(test)]
mod tests;
