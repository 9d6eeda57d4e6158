//! Does what a conversion was found to be, and says what came of it.

use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use inference_core::Error;
use model_formats::{
    FolderConversion, LoraAdapter, LoraBase, LoraError, LoraFault, LoraLayout, Precision,
    Quantization, SafetensorsFolder, gguf_to_folder,
};
use serde::Deserialize;

use super::{Conversion, Work, invalid};
use crate::format_error;

/// What a conversion has made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Converted {
    /// The folder or file.
    pub path: PathBuf,
    /// The layout of an adapter; `None` for a model.
    pub adapter: Option<LoraLayout>,
    /// The files, in the order of their names.
    pub files: Vec<ConvertedFile>,
    /// Number of tensors.
    pub tensors: usize,
    /// How a model's weights are quantised, but for those that have a quantisation of their own.
    pub quantization: Option<Quantization>,
}

/// A file that a conversion has made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConvertedFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// Told of the bytes that are done and of all there are; says whether to go on.
type Progress<'a> = &'a mut dyn FnMut(u64, u64) -> ControlFlow<()>;

impl Conversion {
    /// Converts, which blocks. `progress` is told after each tensor of a model how many bytes are
    /// done, and how many there are; its `Break` ends the conversion.
    ///
    /// The output appears when it is complete. After an error nothing is left of it.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidModel`](inference_core::ErrorKind::InvalidModel): the input is damaged
    /// or cannot be converted, [`ErrorKind::InvalidRequest`](inference_core::ErrorKind): it cannot
    /// be read or the output not be written, or
    /// [`ErrorKind::Cancelled`](inference_core::ErrorKind::Cancelled).
    pub fn run(
        &self,
        mut progress: impl FnMut(u64, u64) -> ControlFlow<()>,
    ) -> Result<Converted, Error> {
        stoppable(|| self.work(&mut progress))?
    }

    fn work(&self, progress: Progress<'_>) -> Result<Converted, Error> {
        match &self.work {
            Work::Gguf(precision) => self.gguf(*precision, progress),
            Work::Folder(conversion) => self.folder(conversion, progress),
            Work::MlxLmAdapter { base } => self.adapter(LoraLayout::MlxLm, base.as_deref()),
            Work::PeftAdapter { base } => self.adapter(LoraLayout::Peft, base.as_deref()),
            Work::GgufAdapter { base } => self.gguf_adapter(base),
        }
    }

    fn gguf(&self, precision: Precision, progress: Progress<'_>) -> Result<Converted, Error> {
        gguf_to_folder(&self.input, &self.output, precision, |step| {
            report(progress, step.read, step.total);
        })
        .map_err(|error| format_error::convert(&error))?;
        self.model()
    }

    fn folder(
        &self,
        conversion: &FolderConversion,
        progress: Progress<'_>,
    ) -> Result<Converted, Error> {
        let done = conversion.run(&self.input, &self.output, |step| {
            report(progress, step.read, step.total);
        });
        done.map_err(|error| format_error::convert(&error))?;
        self.model()
    }

    fn adapter(&self, to: LoraLayout, base: Option<&Path>) -> Result<Converted, Error> {
        let convert = || {
            let base = base.map(LoraBase::open).transpose()?;
            let adapter = LoraAdapter::open(&self.input, base.as_ref())?;
            match to {
                LoraLayout::Peft => adapter.write_peft(&self.output)?,
                _ => adapter.write_mlx_lm(&self.output)?,
            }
            Ok(adapter.modules().len())
        };
        let modules = convert().map_err(|error| lora(&error))?;
        self.converted(Some(to), 2 * modules)
    }

    fn gguf_adapter(&self, base: &Path) -> Result<Converted, Error> {
        let convert = || {
            let base = LoraBase::open(base)?;
            let adapter = LoraAdapter::open(&self.input, Some(&base))?;
            adapter.write_gguf(&self.output, &base)?;
            Ok(adapter.modules().len())
        };
        let modules = convert().map_err(|error| lora(&error))?;
        self.converted(Some(LoraLayout::Gguf), 2 * modules)
    }

    /// The model folder that was made.
    fn model(&self) -> Result<Converted, Error> {
        let weights =
            SafetensorsFolder::open(&self.output).map_err(|error| format_error::convert(&error))?;
        let mut converted = self.converted(None, weights.tensors().count())?;
        converted.quantization = self.quantization()?;
        Ok(converted)
    }

    fn quantization(&self) -> Result<Option<Quantization>, Error> {
        #[derive(Deserialize)]
        struct Config {
            quantization: Option<Declared>,
        }
        #[derive(Deserialize)]
        struct Declared {
            bits: u32,
            group_size: usize,
        }
        let json = fs::read(self.output.join("config.json"));
        let json = json.map_err(|error| self.unreadable(error))?;
        let config: Config =
            serde_json::from_slice(&json).map_err(|error| self.unreadable(error.into()))?;
        let declared = config.quantization;
        Ok(declared.and_then(|own| Quantization::new(own.bits, own.group_size).ok()))
    }

    fn converted(&self, adapter: Option<LoraLayout>, tensors: usize) -> Result<Converted, Error> {
        Ok(Converted {
            path: self.output.clone(),
            adapter,
            files: files(&self.output).map_err(|error| self.unreadable(error))?,
            tensors,
            quantization: None,
        })
    }

    fn unreadable(&self, error: io::Error) -> Error {
        let message = format!("cannot read what was made: {}", self.output.display());
        invalid(message).with_source(error)
    }
}

fn lora(error: &LoraError) -> Error {
    match error.fault {
        LoraFault::NeedsBase { .. } => invalid(format!("{error} (--base)")),
        _ => format_error::convert(error),
    }
}

/// A file alone, or the files of a folder.
fn files(path: &Path) -> io::Result<Vec<ConvertedFile>> {
    let file = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(ConvertedFile {
            name: name.into_owned(),
            bytes: fs::metadata(path)?.len(),
        })
    };
    if path.is_file() {
        return Ok(vec![file(path)?]);
    }
    let entries = fs::read_dir(path)?.map(|entry| file(&entry?.path()));
    let mut files = entries.collect::<io::Result<Vec<_>>>()?;
    files.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(files)
}

fn report(progress: Progress<'_>, done: u64, total: u64) {
    if progress(done, total).is_break() {
        panic::resume_unwind(Box::new(Stopped));
    }
}

/// What unwinds a conversion that is to be stopped; what it has written is removed on the way.
struct Stopped;

/// Runs what may be unwound by [`Stopped`].
fn stoppable<T>(work: impl FnOnce() -> T) -> Result<T, Error> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|payload| {
        if !payload.is::<Stopped>() {
            panic::resume_unwind(payload);
        }
        Error::cancelled()
    })
}
