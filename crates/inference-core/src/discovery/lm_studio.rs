//! LM Studio's models: `publisher/model/files`.

use std::io;
use std::path::Path;

use super::walk::{EntryKind, Walk, joined};

/// Adds the models below the folder.
pub(super) fn find(walk: &mut Walk, folder: &Path) -> io::Result<()> {
    for publisher in walk.list(folder)? {
        if !matches!(publisher.kind, EntryKind::Folder) {
            continue;
        }
        walk.attempt(&publisher.path, |walk| {
            for model in walk.list(&publisher.path)? {
                if matches!(model.kind, EntryKind::Folder) {
                    let name = joined(&publisher.name, &model.name);
                    walk.attempt(&model.path, |walk| walk.models_below(&model.path, &name));
                }
            }
            Ok(())
        });
    }
    Ok(())
}
