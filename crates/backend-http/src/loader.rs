//! Loads models of servers.

use std::sync::Arc;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use inference_core::{
    Availability, Error, LoadOptions, LoadProgress, ModelLoader, ModelSource, TextModel,
};

use crate::{HttpConfig, HttpTextModel};

/// The loader `http`: accepts [`ModelSource::Server`] and connects to it.
///
/// It takes no load options: the server has loaded its model already.
#[derive(Debug, Clone)]
pub struct HttpLoader {
    template: HttpConfig,
}

impl HttpLoader {
    /// A loader with the default configuration and no key.
    pub fn new() -> Self {
        Self::with_config(HttpConfig::new(""))
    }

    /// A loader for servers that share key, time-outs and the rest of a configuration. The URL
    /// and the model come from the source.
    pub fn with_config(template: HttpConfig) -> Self {
        Self { template }
    }
}

impl Default for HttpLoader {
    fn default() -> Self {
        Self::new()
    }
}

impl ModelLoader for HttpLoader {
    fn name(&self) -> &'static str {
        HttpConfig::BACKEND
    }

    fn availability(&self) -> Availability {
        Availability::Available
    }

    fn accepts(&self, source: &ModelSource) -> bool {
        matches!(source, ModelSource::Server { .. })
    }

    fn load(
        &self,
        source: ModelSource,
        options: LoadOptions,
    ) -> BoxFuture<'static, Result<Arc<dyn TextModel>, Error>> {
        let mut config = self.template.clone();
        async move {
            options.require(HttpConfig::BACKEND, &[])?;
            let ModelSource::Server { url, model } = source else {
                let what = format!("{source}, which is not a server,");
                return Err(Error::unsupported(HttpConfig::BACKEND, what));
            };
            options.report(LoadProgress::new(format!(
                "connecting to {}",
                crate::url::without_secrets(&url)
            )));
            config.url = url;
            config.model = model.or(config.model);
            let model = HttpTextModel::connect(config).await?;
            Ok(Arc::new(model) as Arc<dyn TextModel>)
        }
        .boxed()
    }
}
