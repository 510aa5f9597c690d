//! The menus that are compiled in, so that one file is a whole service. A test compares the list with the folder.

use crate::menu::Sources;

macro_rules! files {
    ($($path:literal,)+) => { [$(($path, include_str!(concat!("../menus/", $path)))),+] };
}

const MENUS: &[(&str, &str)] = &files![
    "bundle.toml",
    "flows/agent.toml",
    "flows/applications.toml",
    "flows/book.toml",
    "flows/data.toml",
    "flows/details.toml",
    "flows/group.toml",
    "flows/help.toml",
    "flows/home.toml",
    "flows/job.toml",
    "flows/job_sms.toml",
    "flows/jobs.toml",
    "flows/language.toml",
    "flows/linking.toml",
    "flows/moving.toml",
    "flows/pay.toml",
    "flows/pin.toml",
    "flows/place.toml",
    "flows/post.toml",
    "flows/questions.toml",
    "flows/quiz.toml",
    "flows/rate.toml",
    "flows/register.toml",
    "flows/requests.toml",
    "flows/sex.toml",
    "flows/trade.toml",
    "flows/who.toml",
    "flows/work.toml",
    "text/en.toml",
    "text/fr.toml",
    "text/rw.toml",
    "text/sw.toml",
];

/// The menus of this program.
pub fn menus() -> Sources {
    Sources::new(MENUS.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/menus"));
        let names = |sub: &str| -> Vec<String> {
            let files = std::fs::read_dir(folder.join(sub)).unwrap().map(|file| file.unwrap().path());
            let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
            files.map(|path| format!("{sub}{}", path.file_name().unwrap().to_str().unwrap())).collect()
        };
        let mut found: Vec<String> = ["", "flows/", "text/"].into_iter().flat_map(names).collect();
        found.sort();
        assert_eq!(found, MENUS.iter().map(|(path, _)| (*path).to_owned()).collect::<Vec<_>>());
        assert_eq!(menus().files.len(), MENUS.len());
    }
}
