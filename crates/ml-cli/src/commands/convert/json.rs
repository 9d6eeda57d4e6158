//! A conversion as one JSON object, well ended or failed.

use std::path::Path;
use std::time::Duration;

use ml_service::{Converted, LoraLayout};
use serde::Serialize;

use crate::answer::ErrorJson;
use crate::screen;

/// What was made, for machines.
#[derive(Serialize)]
pub(super) struct ConvertedJson<'a> {
    path: &'a Path,
    kind: &'static str,
    layout: &'static str,
    tensors: usize,
    /// `null` where nothing is quantised.
    quantization: Option<QuantizationJson>,
    bytes: u64,
    files: Vec<FileJson<'a>>,
    seconds: f64,
}

#[derive(Serialize)]
struct QuantizationJson {
    bits: u32,
    group_size: usize,
}

#[derive(Serialize)]
struct FileJson<'a> {
    path: &'a str,
    bytes: u64,
}

impl<'a> ConvertedJson<'a> {
    pub(super) fn new(converted: &'a Converted, took: Duration) -> Self {
        let files = converted.files.iter().map(|file| FileJson {
            path: &file.name,
            bytes: file.bytes,
        });
        let (kind, layout) = match converted.adapter {
            None => ("model", "mlx"),
            Some(LoraLayout::MlxLm) => ("adapter", "mlx"),
            Some(LoraLayout::Peft) => ("adapter", "peft"),
            Some(LoraLayout::Gguf) => ("adapter", "gguf"),
        };
        Self {
            path: &converted.path,
            kind,
            layout,
            tensors: converted.tensors,
            quantization: converted.quantization.map(|own| QuantizationJson {
                bits: own.bits(),
                group_size: own.group_size(),
            }),
            bytes: converted.files.iter().map(|file| file.bytes).sum(),
            files: files.collect(),
            seconds: took.as_secs_f64(),
        }
    }
}

/// What went wrong, for machines.
#[derive(Serialize)]
pub(super) struct FailedJson {
    error: ErrorJson,
}

impl FailedJson {
    pub(super) fn line(error: &anyhow::Error) -> String {
        screen::json_line(&Self {
            error: ErrorJson::of(error),
        })
    }
}
