//! Links, bounds and what cannot be read.

use std::path::Path;

use super::*;
use crate::discovery::walk::Walk;

#[cfg(unix)]
#[test]
fn symbolic_links_are_followed_once_and_broken_ones_are_listed() {
    use std::os::unix::fs::symlink;

    let base = folder(&[("m/config.json", QWEN), ("m/model.safetensors", WEIGHTS)]);
    let link = |to: &str, name| symlink(base.path().join(to), base.path().join(name)).unwrap();
    link(".", "loop");
    link("self", "self");
    link("gone.gguf", "broken.gguf");
    link("m", "n");
    let models = found(&base);
    // The loop shows the folder once more, and no deeper.
    assert_eq!(names(&models), ["broken", "broken", "m", "n", "self"]);
}

#[test]
fn too_many_entries_end_the_walk_and_are_told() {
    let base = folder(&[
        ("a.gguf", &gguf("llama")),
        ("b.gguf", &gguf("llama")),
        ("c.gguf", &gguf("llama")),
    ]);
    let mut walk = Walk::with_limit(DiscoverySource::Folder, 2);
    walk.models_below(base.path(), "").unwrap();
    let models = walk.finish();
    assert_eq!(models.len(), 3);
    check_problem(&models[2], "holds too much");
    assert_eq!(models[2].format, ModelFormat::Unknown);
}

#[test]
fn a_subfolder_that_cannot_be_read_is_listed() {
    let mut walk = Walk::new(DiscoverySource::Folder);
    walk.attempt(Path::new("/m/secret"), |_| {
        Err(std::io::ErrorKind::PermissionDenied.into())
    });
    let model = only(walk.finish());
    assert_eq!(model.name, "secret");
    check_problem(&model, "permission denied");
}
