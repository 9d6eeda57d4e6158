//! Which model a name means, and what models there are.

use std::fs;
use std::path::PathBuf;

use inference_core::{
    Availability, EntryPoint, ErrorKind, GenerateOptions, LoadOptions, ModelSource, Places, Prompt,
};
use ml_service::{Config, ModelConfig, Service, backends, registry};

use crate::folder::Folder;
use crate::stage::FILE;
use crate::toy::Toy;

/// A service whose models are the names given, each of a file of that name.
fn service(folder: &Folder, toy: &Toy, names: &[&str]) -> Service {
    let service = Service::with_registry(&Config::default(), toy.registry());
    let service = service.with_places(Places::default());
    for name in names {
        let file = folder.file(name, "");
        service.add(name, ModelConfig::at_path(file)).unwrap();
    }
    service
}

fn no_overrides() -> LoadOptions {
    LoadOptions::default()
}

#[tokio::test]
async fn an_unknown_name_is_an_error_and_never_the_default() {
    let folder = Folder::new();
    let toy = Toy::ready("toy");
    let (a, b) = (folder.file("a", ""), folder.file("b", ""));
    let config = format!("default = 'smol'\nmodels.smol.path = {a:?}\nmodels.gemma.path = {b:?}");
    let config = Config::from_toml(&config).unwrap();
    let service = Service::with_registry(&config, toy.registry());
    assert_eq!(service.default(), Some("smol"));
    for (name, words) in [
        (
            "smoll",
            "unknown model \"smoll\"; did you mean \"smol\"? there is gemma, smol",
        ),
        ("qwen", "unknown model \"qwen\"; there is gemma, smol"),
        ("", "unknown model \"\"; there is gemma, smol"),
    ] {
        let options = GenerateOptions::default();
        let answer = service.generate(Some(name), Prompt::user("x"), options, EntryPoint::Library);
        let error = answer.await.map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.to_string(), words);
    }
    assert_eq!(toy.counts().started, 0);
    let model = service.get(None).await.unwrap();
    assert_eq!(model.info().name, a.display().to_string());
}

#[tokio::test]
async fn without_a_default_a_name_is_asked_for() {
    let folder = Folder::new();
    let toy = Toy::ready("toy");
    let service = service(&folder, &toy, &["a", "b"]);
    let error = service.get(None).await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("there is a, b"), "{error}");
}

#[tokio::test]
async fn models_are_added_replaced_and_removed() {
    let folder = Folder::new();
    let toy = Toy::ready("toy");
    let service = service(&folder, &toy, &["b", "a"]);
    assert_eq!(service.list(), ["a", "b"]);

    let error = service.add("a", ModelConfig::at_path("x")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    service.get(Some("a")).await.unwrap();
    service.replace_loaded("a", toy.model("new")).await.unwrap();
    assert_eq!(toy.counts().closed, 1);
    assert_eq!(service.get(Some("a")).await.unwrap().info().name, "new");
    service
        .replace("a", ModelConfig::at_path(folder.file("c", "")))
        .await
        .unwrap();
    assert_eq!(toy.counts().closed, 2);
    service.get(Some("a")).await.unwrap();

    assert!(service.remove("a").await.unwrap());
    assert!(!service.remove("a").await.unwrap());
    assert_eq!(toy.counts().closed, 3);
    assert_eq!(service.list(), ["b"]);
}

#[tokio::test]
async fn a_model_that_makes_no_sense_is_refused_by_name() {
    let service = service(&Folder::new(), &Toy::ready("toy"), &[]);
    let mut threads = ModelConfig::at_url("http://x");
    threads.threads = Some(1);
    let nan = GenerateOptions::default().temperature(f64::NAN);
    for (name, model, word) in [
        ("", ModelConfig::at_path("x"), "name"),
        ("a", ModelConfig::default(), "path"),
        ("a", threads, "threads"),
        ("a", ModelConfig::at_url("http://me:pass@x"), "api_key_env"),
        (
            "a",
            ModelConfig::at_path("x").with_options(nan),
            "temperature",
        ),
    ] {
        let error = service.add(name, model).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        assert!(error.to_string().contains(word), "{error}");
        assert!(!error.to_string().contains("pass@"), "{error}");
    }
}

#[tokio::test]
async fn a_reference_is_a_name_then_a_path_then_something_discovered() {
    let folder = Folder::new();
    let toy = Toy::ready("toy");
    let found = gguf(&folder, "cache/found.Q4_1.gguf");
    let named = gguf(&folder, "cache/named.gguf");
    let by_path = gguf(&folder, "else/where.gguf");
    let mut places = Places::default();
    places.ml_cache = Some(folder.path().join("cache"));
    let service = service(&folder, &toy, &["named"]).with_places(places);

    // A configured name wins over what is discovered.
    assert_eq!(
        service.open(Some("named"), &no_overrides()).unwrap(),
        "named"
    );
    let configured = service.get(Some("named")).await.unwrap();
    assert_ne!(configured.info().name, named.display().to_string());

    let path = by_path.display().to_string();
    let name = service.open(Some(&path), &no_overrides()).unwrap();
    assert_eq!(name, "where");
    for reference in ["found.Q4_1", "found.Q4_1.gguf"] {
        let name = service.open(Some(reference), &no_overrides()).unwrap();
        assert_eq!(name, "found.Q4_1");
        let model = service.get(Some(&name)).await.unwrap();
        assert_eq!(model.info().name, found.display().to_string());
    }

    // Where a model is can be asked without one.
    assert_eq!(service.locate("found.Q4_1.gguf").unwrap(), found);
    assert_eq!(service.locate(&path).unwrap(), by_path);
    assert_eq!(
        service.locate("named").unwrap(),
        folder.path().join("named")
    );
    let served = ModelConfig::at_url("http://x");
    service.add("served", served).unwrap();
    let error = service.locate("served").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);

    let error = service
        .open(Some("fuond.Q4_1"), &no_overrides())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    for word in ["did you mean \"found.Q4_1\"?", "no such file", "named"] {
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[tokio::test]
async fn a_name_of_several_discovered_models_is_refused_with_their_paths() {
    let folder = Folder::new();
    let first = gguf(&folder, "cache/a/twin.gguf");
    let second = gguf(&folder, "cache/b/twin.gguf");
    let mut places = Places::default();
    places.ml_cache = Some(folder.path().join("cache"));
    let service = service(&folder, &Toy::ready("toy"), &[]).with_places(places);
    let error = service.open(Some("twin"), &no_overrides()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    for path in [first, second] {
        let path = path.display().to_string();
        assert!(error.to_string().contains(&path), "{error}");
        service.open(Some(&path), &no_overrides()).unwrap();
    }
}

#[tokio::test]
async fn the_default_of_the_environment_may_be_a_path() {
    let folder = Folder::new();
    let toy = Toy::ready("toy");
    let file = folder.file("x.gguf", "");
    let sources = folder.sources().with_variable("ML_MODEL", &file);
    let config = Config::load(&sources).unwrap();
    let service = Service::with_registry(&config, toy.registry());
    let model = service.get(None).await.unwrap();
    assert_eq!(model.info().name, file.display().to_string());
}

#[tokio::test]
async fn overrides_win_over_the_models_own_settings() {
    let folder = Folder::new();
    let toy = Toy::ready("toy");
    let service = service(&folder, &toy, &[]);
    let mut model = ModelConfig::at_path(folder.file("x", ""));
    model.context_length = Some(64);
    model.gpu_layers = Some(0);
    service.add("x", model).unwrap();
    let overrides = LoadOptions::default()
        .with_context_length(128)
        .with_backend("toy");
    service.open(Some("x"), &overrides).unwrap();
    service.get(Some("x")).await.unwrap();
    let (_, options) = toy.loads().pop().unwrap();
    assert_eq!(options.backend.as_deref(), Some("toy"));
    assert_eq!(options.context_length, Some(128));
    assert_eq!(options.gpu_layers, Some(0));
}

#[tokio::test]
async fn a_backend_that_is_not_there_is_told_from_one_that_is_not_in_this_build() {
    let folder = Folder::new();
    let toy = Toy::ready("toy");
    let service = service(&folder, &toy, &["a"]);
    let named = |name: &str| LoadOptions::default().with_backend(name);
    service.open(Some("a"), &named("magic")).unwrap();
    let error = service.get(Some("a")).await.map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains("there is toy"), "{error}");

    for backend in backends() {
        if backend.compiled_in {
            continue;
        }
        let model = match backend.name {
            "http" => ModelConfig::at_url("http://x"),
            _ => ModelConfig::at_path(folder.file("b", "")),
        };
        let model = model.with_backend(backend.name);
        service.replace("b", model).await.unwrap();
        let error = service.get(Some("b")).await.map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        assert!(error.to_string().contains("feature"), "{error}");
        assert!(!backend.availability.is_available());
    }
}

#[tokio::test]
async fn keys_that_one_backend_alone_knows_ask_for_it() {
    let folder = Folder::new();
    let service = Service::with_registry(&Config::default(), registry());
    let mut model = ModelConfig::at_path(gguf(&folder, "a.gguf"));
    model.kv_budget = Some(1 << 20);
    service.add("a", model).unwrap();
    let status = &service.status().await[0];
    // A GGUF file runs on other backends too, but not with this setting.
    let name = if cfg!(all(target_os = "macos", target_arch = "aarch64")) {
        "metal"
    } else {
        "mlx"
    };
    match status.availability.reason() {
        None => assert_eq!(status.backend.as_deref(), Some(name), "{status:?}"),
        Some(reason) => {
            let says = if cfg!(feature = "mlx") {
                format!("backend {name:?} is not available")
            } else {
                format!("this build has no backend {name}")
            };
            assert!(reason.contains(&says), "{reason}");
        }
    }
    let llama = LoadOptions::default().with_backend("llama");
    let error = service.open(Some("a"), &llama).unwrap_err();
    assert!(error.message().contains("kv_budget"), "{error}");
}

#[tokio::test]
async fn status_says_what_can_be_used_and_why_not() {
    let folder = Folder::new();
    let toy = Toy::ready("toy");
    let service = service(&folder, &toy, &["a", "bad.gguf"]);
    service
        .add("gone", ModelConfig::at_path("/no/such"))
        .unwrap();
    service
        .add("served", ModelConfig::at_url("http://x"))
        .unwrap();
    service
        .replace_loaded("loaded", toy.model("m"))
        .await
        .unwrap();
    let status = service.status().await;
    let names: Vec<_> = status.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, ["a", "bad.gguf", "gone", "loaded", "served"]);
    let reason = |at: usize| status[at].availability.reason().unwrap_or_default();

    assert_eq!(status[0].availability, Availability::Available);
    assert_eq!(status[0].backend.as_deref(), Some("toy"));
    assert!(!status[0].state.is_loaded() && !status[0].is_default);
    assert!(matches!(&status[0].source, Some(ModelSource::Path(_))));
    assert!(reason(1).contains("the file is empty"), "{status:?}");
    assert!(reason(2).contains("/no/such"), "{status:?}");
    assert!(status[3].state.is_loaded() && status[3].source.is_none());
    // This registry has no backend for servers, whatever the build has.
    assert!(reason(4).contains("backend"), "{status:?}");
    assert_eq!(toy.counts().started, 0);
}

#[tokio::test]
async fn discovered_models_come_with_their_backend() {
    let folder = Folder::new();
    gguf(&folder, "cache/good.gguf");
    folder.file("cache/bad.gguf", "not a model");
    let mut places = Places::default();
    places.ml_cache = Some(folder.path().join("cache"));
    let service = service(&folder, &Toy::ready("toy"), &[]).with_places(places);
    let found = service.discover();
    let of = |name: &str| found.iter().find(|found| found.model.name == name).unwrap();
    assert_eq!(of("good").availability, Availability::Available);
    assert_eq!(of("good").backend.as_deref(), Some("toy"));
    assert!(!of("bad").availability.is_available());
}

/// The smallest file that discovery takes for a model: a header without anything.
fn gguf(folder: &Folder, name: &str) -> PathBuf {
    let path = folder.file(name, "");
    let mut bytes = b"GGUF".to_vec();
    bytes.extend(3u32.to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    bytes.extend(0u64.to_le_bytes());
    fs::write(&path, bytes).unwrap();
    path
}

#[test]
fn a_file_is_called_by_its_name_and_by_its_path_where_that_is_taken() {
    let folder = Folder::new();
    let path = |name: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "").unwrap();
        path.to_str().unwrap().to_owned()
    };
    let paths = ["one/smol.gguf", "two/smol.gguf", "talker.gguf", "plain"].map(path);
    let config = format!("[models.talker]\npath = '{FILE}'\n");
    let config = Config::from_toml(&config).unwrap();
    let service = Service::with_registry(&config, Toy::ready("toy").registry());
    let open = |path: &str| service.open(Some(path), &no_overrides()).unwrap();
    assert_eq!(open(&paths[0]), "smol");
    assert_eq!(open(&paths[0]), "smol");
    assert_eq!(open(&paths[1]), paths[1]);
    assert_eq!(open(&paths[2]), paths[2]);
    assert_eq!(open(&paths[3]), "plain");
    assert_eq!(open("smol"), "smol");
    let names = ["plain", "smol", "talker"].map(ToOwned::to_owned);
    assert!(names.iter().all(|name| service.list().contains(name)));
    assert_eq!(service.list().len(), 5);
}
