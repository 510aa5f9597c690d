//! Menus from a folder, for who writes them, and those that are compiled in, for everybody else.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::embedded;
use crate::menu::Sources;
use crate::menu::source::FILE_BYTES_MAX;

/// Why menus could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the menus in {} cannot be read: {source}", path.display())]
pub struct MenusFault {
    /// The file or folder.
    path: PathBuf,
    source: io::Error,
}

/// The menus in `folder`, else those that are compiled in.
pub fn sources(folder: Option<&Path>) -> Result<Sources, MenusFault> {
    folder.map_or_else(|| Ok(embedded::menus()), read)
}

/// `bundle.toml`, `flows/*.toml` and `text/*.toml` of a folder. Faults in them are the checker's to tell.
fn read(folder: &Path) -> Result<Sources, MenusFault> {
    let mut files = vec![("bundle.toml".to_owned(), text_of(&folder.join("bundle.toml"))?)];
    for part in ["flows", "text"] {
        let inside = folder.join(part);
        for entry in fs::read_dir(&inside).map_err(|source| MenusFault { path: inside.clone(), source })? {
            let path = entry.map_err(|source| MenusFault { path: inside.clone(), source })?.path();
            let is_toml = path.extension().is_some_and(|extension| extension == "toml");
            let name = path.file_name().and_then(|name| name.to_str());
            // Editors leave files that begin with a dot.
            if let Some(name) = name.filter(|name| is_toml && !name.starts_with('.')) {
                files.push((format!("{part}/{name}"), text_of(&path)?));
            }
        }
    }
    Ok(Sources::new(files))
}

fn text_of(path: &Path) -> Result<String, MenusFault> {
    let fault = |source| MenusFault { path: path.to_owned(), source };
    let size = fs::metadata(path).map_err(fault)?.len();
    if usize::try_from(size).map_or(true, |size| size > FILE_BYTES_MAX) {
        return Err(fault(io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {FILE_BYTES_MAX} bytes"))));
    }
    fs::read_to_string(path).map_err(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_the_repository_is_what_is_compiled_in() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/menus"));
        assert_eq!(sources(Some(folder)).unwrap(), sources(None).unwrap());
    }

    #[test]
    fn a_folder_without_menus_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let fault = sources(Some(folder.path())).unwrap_err().to_string();
        assert!(fault.contains("bundle.toml"), "{fault}");
    }
}
