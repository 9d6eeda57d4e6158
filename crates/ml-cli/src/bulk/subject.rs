//! The model that is asked.

use inference_core::{EntryPoint, Error, GenerateOptions, ModelInfo};
use ml_judge::{Asker, ModelIdentity};
use ml_service::Service;

use super::Bulk;
use crate::failure::Failure;
use crate::model::ModelArgs;

/// A model that is asked, loaded.
#[derive(Debug)]
pub(crate) struct Subject {
    /// The name by which the service knows it.
    pub(crate) name: String,
    /// What is known of it.
    pub(crate) info: ModelInfo,
    /// What the runner asks.
    pub(crate) asker: Asker,
    /// Who it is.
    pub(crate) identity: ModelIdentity,
    /// How it is asked: the command line's options over those of the configuration.
    pub(crate) options: GenerateOptions,
}

impl Bulk<'_> {
    /// Loads the model that the command line names.
    ///
    /// # Errors
    /// There is no such model, it cannot be loaded, or Ctrl-C came first.
    pub(crate) async fn subject(
        &self,
        model: &ModelArgs,
        options: GenerateOptions,
    ) -> Result<Subject, Failure> {
        let loading = async {
            let name = model.open(&self.service)?;
            let options = model.request_options(options);
            let options = (self.service).options(Some(&name), options, EntryPoint::Library)?;
            let model = self.spinner.during(self.service.get(Some(&name))).await?;
            self.spinner.say("looking at the model's files".to_owned());
            let identity = self.spinner.during(identity(&self.service, &name)).await?;
            Ok::<_, Failure>(Subject {
                info: model.info().clone(),
                asker: Asker::new(model, identity.clone()),
                name,
                identity,
                options,
            })
        };
        self.interrupt.during(loading).await?
    }
}

/// Who a model of the service is.
pub(super) async fn identity(service: &Service, name: &str) -> Result<ModelIdentity, Error> {
    service.fingerprint(name).await.map(ModelIdentity::from)
}
