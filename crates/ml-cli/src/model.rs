//! The flags that say which model, and the service that has it.

use std::path::Path;

use clap::Args;
use inference_core::{Error, ErrorKind, GenerateOptions, LoadOptions};
use ml_service::{Config, ConfigSources, ModelConfig, Service};

use crate::commands::Context;
use crate::failure::Failure;
use crate::screen;
use crate::spinner::Spinner;

/// Which model, and how to load it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelArgs {
    /// A configured name, a GGUF file or folder, or the name of something found by `ml models`;
    /// with --url the model's name there [default: the configured default]
    #[arg(short, long, value_name = "NAME|PATH")]
    pub(crate) model: Option<String>,

    /// Backend to use: llama, mlx or http [default: the first that can]
    #[arg(short, long, value_name = "NAME")]
    backend: Option<String>,

    /// An OpenAI-compatible server to ask instead
    #[arg(short, long, visible_alias = "server", value_name = "URL")]
    url: Option<String>,

    /// The environment variable with the server's API key
    #[arg(long, value_name = "NAME", requires = "url")]
    api_key_env: Option<String>,

    /// Tokens that prompt and answer may hold together [default: the model's own]
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    context_length: Option<u32>,

    /// Layers to keep on the GPU; -1 is all
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    gpu_layers: Option<i32>,

    /// A LoRA adapter: a folder or file to load, of mlx-lm, PEFT or llama.cpp, or the name of one
    /// that the model was loaded with
    #[arg(long, value_name = "NAME|PATH")]
    adapter: Option<String>,
}

/// Reads the configuration that this command line means, and says what is odd about it.
pub(crate) fn config(context: &Context) -> Result<Config, Failure> {
    let config = Config::load(&sources(context)).map_err(anyhow::Error::new)?;
    warn(&config, context);
    Ok(config)
}

/// Says what is odd about a configuration, though nothing is wrong with it.
pub(crate) fn warn(config: &Config, context: &Context) {
    for warning in config.warnings() {
        let mark = context.screen.err.warn("warning:");
        screen::say(format_args!("{mark} {warning}"));
    }
}

/// Where this command line looks for the configuration.
pub(crate) fn sources(context: &Context) -> ConfigSources {
    ConfigSources::from_env().with_flag(context.global.config.clone())
}

/// A service that shows its loads on a spinner.
pub(crate) fn service(context: &Context, spinner: &Spinner) -> Result<Service, Failure> {
    let show = spinner.load_progress();
    let service = Service::new(&config(context)?);
    Ok(service.with_progress(move |_name, progress| show(progress)))
}

/// Waits until what runs for the service is gone, so that it ends before the program does.
pub(crate) async fn close(service: &Service) {
    if let Err(error) = service.close().await {
        tracing::warn!(%error, "a model did not close well");
    }
}

impl ModelArgs {
    /// Makes the model known to the service and gives the name to ask for it by. Nothing is
    /// loaded yet.
    ///
    /// # Errors
    /// There is no such model, or it is not clear which.
    pub(crate) fn open(&self, service: &Service) -> Result<String, Error> {
        let Some(url) = &self.url else {
            let opened = service.open(self.model.as_deref(), &self.load_options());
            return opened.map_err(|error| self.say_how(error));
        };
        let mut model = ModelConfig::at_url(url);
        model.model.clone_from(&self.model);
        model.api_key_env.clone_from(&self.api_key_env);
        model.backend.clone_from(&self.backend);
        model.context_length = self.context_length;
        model.gpu_layers = self.gpu_layers;
        model.adapter = self.adapter_file().map(Into::into);
        service.add(url, model)?;
        Ok(url.clone())
    }

    /// Adds how to name a model to the error of a command line that names none.
    fn say_how(&self, error: Error) -> Error {
        if self.model.is_some() || error.kind() != ErrorKind::NotFound {
            return error;
        }
        let how = "--model NAME|PATH names one, `ml models` lists them";
        Error::new(ErrorKind::NotFound, format!("{}; {how}", error.message()))
    }

    /// Whether a model was named.
    pub(crate) fn is_named(&self) -> bool {
        self.model.is_some() || self.url.is_some()
    }

    /// The same with another model in the place of the one that was asked for first.
    pub(crate) fn with_model(&self, model: &str) -> Self {
        Self {
            model: Some(model.to_owned()),
            ..self.clone()
        }
    }

    /// Adds what is said of the model with each request.
    pub(crate) fn request_options(&self, mut options: GenerateOptions) -> GenerateOptions {
        if self.adapter_file().is_none() {
            options.adapter.clone_from(&self.adapter);
        }
        options
    }

    fn load_options(&self) -> LoadOptions {
        let mut options = LoadOptions::default();
        options.backend.clone_from(&self.backend);
        options.context_length = self.context_length;
        options.gpu_layers = self.gpu_layers;
        options.adapter = self.adapter_file().map(Into::into);
        options
    }

    /// The adapter, where it is a file or folder to load and not a name.
    fn adapter_file(&self) -> Option<&Path> {
        let path = Path::new(self.adapter.as_ref()?);
        (path.components().count() > 1 || path.exists()).then_some(path)
    }
}
