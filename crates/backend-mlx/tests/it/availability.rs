//! Whether MLX can be used, in builds with and without it.

use backend_mlx::MlxLoader;
use inference_core::{ErrorKind, LoadOptions, ModelLoader as _, ModelSource};

#[test]
fn a_build_says_whether_it_has_mlx_and_what_to_do() {
    let availability = MlxLoader::new().availability();
    assert_eq!(availability.is_available(), cfg!(mlx), "{availability}");
    if cfg!(all(not(mlx), target_os = "linux")) {
        let reason = availability.reason().unwrap();
        assert!(reason.contains("cargo xtask setup"), "{reason}");
    }
}

#[test]
fn the_loader_is_called_after_its_device() {
    let loader = MlxLoader::new();
    let apple = cfg!(all(target_os = "macos", target_arch = "aarch64"));
    let names = (loader.name(), loader.aliases());
    let expected: (&str, &[&str]) = if apple {
        ("metal", &["mlx"])
    } else {
        ("mlx", &[])
    };
    assert_eq!(names, expected);
}

#[tokio::test]
async fn a_folder_without_a_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let source = ModelSource::Path(folder.path().to_owned());
    let loaded = MlxLoader::new().load(source, LoadOptions::default()).await;
    let error = loaded.map(|_| ()).unwrap_err();
    let expected = if cfg!(mlx) {
        ErrorKind::NotFound
    } else {
        ErrorKind::Unavailable
    };
    assert_eq!(error.kind(), expected, "{error}");
    assert_eq!(error.backend(), Some(MlxLoader::new().name()));
}
