//! Which loader loads a model, and why none does.

use std::path::PathBuf;

use futures::executor::block_on;
use inference_core::{Error, ErrorKind, LoadOptions, ModelSource, Registry};

use crate::toy::{ToyLoader, loader};

fn path() -> ModelSource {
    ModelSource::Path(PathBuf::from("m.gguf"))
}

fn registry(loaders: impl IntoIterator<Item = ToyLoader>) -> Registry {
    loaders.into_iter().fold(Registry::new(), Registry::with)
}

#[track_caller]
fn selected(registry: &Registry, backend: Option<&str>) -> String {
    registry
        .select(&path(), backend)
        .expect("a loader")
        .name()
        .to_owned()
}

fn refused(registry: &Registry, source: &ModelSource, backend: Option<&str>) -> Error {
    registry.select(source, backend).err().expect("refused")
}

#[test]
fn the_order_is_that_of_preference_whatever_that_of_registration() {
    let mut names = ["http", "other", "mlx", "llama_cpp", "rocm", "cuda", "metal"];
    for _ in 0..2 {
        let registry = registry(names.map(loader));
        let expected = ["metal", "cuda", "rocm", "llama_cpp", "mlx", "http", "other"];
        assert_eq!(registry.names(), expected);
        assert_eq!(selected(&registry, None), "metal");
        names.reverse();
    }
}

#[test]
fn loaders_without_a_preference_keep_the_order_of_registration() {
    let registry = registry([loader("zeta"), loader("alpha"), loader("http")]);
    assert_eq!(registry.names(), ["http", "zeta", "alpha"]);
}

#[test]
fn an_unavailable_loader_is_passed_over() {
    let registry = registry([
        loader("metal").unavailable("no GPU"),
        loader("llama_cpp"),
        loader("x"),
    ]);
    assert_eq!(selected(&registry, None), "llama_cpp");
    let custom = self::registry([
        loader("metal").unavailable("no GPU"),
        loader("llama_cpp").unavailable("no binary"),
        loader("custom"),
    ]);
    assert_eq!(selected(&custom, None), "custom");
}

#[test]
fn a_name_registered_again_is_replaced_in_its_place() {
    let mut registry = registry([loader("a"), loader("b")]);
    registry.register(loader("a").unavailable("replaced"));
    assert_eq!(registry.names(), ["a", "b"]);
    let newest = registry.get("a").expect("registered");
    assert_eq!(newest.availability().reason(), Some("replaced"));
    assert!(registry.get("c").is_none());
}

#[test]
fn an_alias_names_the_same_loader_and_a_name_wins_over_it() {
    let mut llama = loader("llama_cpp");
    llama.aliases = vec!["llama"];
    let registry = registry([llama.clone()]);
    assert_eq!(selected(&registry, Some("llama")), "llama_cpp");
    let both = self::registry([llama, loader("llama")]);
    assert_eq!(selected(&both, Some("llama")), "llama");
}

#[test]
fn not_registered_not_available_and_not_fitting_are_told_apart() {
    #[track_caller]
    fn check(error: &Error, kind: ErrorKind, message: &str) {
        assert_eq!(error.kind(), kind);
        assert_eq!(error.message(), message);
    }
    let asleep = || loader("mlx").unavailable("built without Metal");
    let server = ModelSource::Server {
        url: "http://h".to_owned(),
        model: None,
    };
    check(
        &refused(&Registry::new(), &path(), None),
        ErrorKind::NotFound,
        "no backend is registered",
    );
    check(
        &refused(&registry([asleep()]), &path(), Some("cuda")),
        ErrorKind::NotFound,
        r#"backend "cuda" is not registered (there is mlx)"#,
    );
    check(
        &refused(&Registry::new(), &path(), Some("cuda")),
        ErrorKind::NotFound,
        r#"backend "cuda" is not registered (there is none)"#,
    );
    check(
        &refused(&registry([asleep()]), &path(), Some("mlx")),
        ErrorKind::Unavailable,
        r#"backend "mlx" is not available: built without Metal"#,
    );
    check(
        &refused(
            &registry([asleep(), loader("x").unavailable("off")]),
            &path(),
            None,
        ),
        ErrorKind::Unavailable,
        "no backend for m.gguf is available (mlx: built without Metal; x: off)",
    );
    check(
        &refused(&registry([loader("x")]), &server, Some("x")),
        ErrorKind::Unsupported,
        r#"backend "x" cannot load http://h"#,
    );
    check(
        &refused(&registry([loader("x")]), &server, None),
        ErrorKind::Unsupported,
        "no backend can load http://h (there is x)",
    );
}

#[test]
fn a_source_goes_to_a_loader_that_accepts_it() {
    let mut remote = loader("metal");
    remote.accepts_servers = true;
    let registry = registry([remote, loader("llama_cpp")]);
    assert_eq!(selected(&registry, None), "llama_cpp");
}

#[test]
fn options_reach_the_loader_unchanged() {
    for backend in [None, Some("a")] {
        let toy = loader("a");
        let registry = registry([toy.clone()]);
        let mut options = LoadOptions::default()
            .with_context_length(4096)
            .with_gpu_layers(-1)
            .with_parallel_slots(2)
            .with_adapter("lora");
        options.backend = backend.map(str::to_owned);
        let model = block_on(registry.load(path(), options.clone())).expect("loaded");
        assert_eq!(model.info().backend, "a");
        let loaded = toy.loaded.lock().expect("no panic while held");
        assert_eq!(loaded[0].0, path());
        assert_eq!(format!("{:?}", loaded[0].1), format!("{options:?}"));
    }
}

#[test]
fn a_failed_load_is_not_tried_with_another_loader() {
    let mut broken = loader("a");
    broken.fails = true;
    let other = loader("b");
    let registry = registry([broken, other.clone()]);
    let error = block_on(registry.load(path(), LoadOptions::default()))
        .err()
        .expect("failed");
    assert_eq!(error.kind(), ErrorKind::InvalidModel);
    assert!(other.loaded.lock().expect("no panic while held").is_empty());
}

#[test]
fn a_registry_is_shared_between_threads_by_value() {
    let registry = registry([loader("a"), loader("b")]);
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(|| {
                let mut own = registry.clone();
                own.register(loader("c"));
                assert_eq!(own.names(), ["a", "b", "c"]);
                assert_eq!(registry.names(), ["a", "b"]);
            });
        }
    });
}
