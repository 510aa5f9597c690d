//! A bundle as it is written: files, and the flows and texts in them with the place of every word. [`super::read`] reads
//! them.

use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};

use super::fault::{At, Located};
use crate::text::Language;

/// Bytes of one file that are read at most: a hundred times what a flow of 25 states takes.
pub const FILE_BYTES_MAX: usize = 1 << 20;

/// One file of a bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceFile {
    /// Path inside the bundle, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The files of a bundle, sorted by path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sources {
    /// The files.
    pub files: Vec<SourceFile>,
}

impl Sources {
    /// Takes `bundle.toml`, `flows/*.toml` and `text/*.toml` out of `(path, text)` pairs and leaves the rest.
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let belongs = |path: &str| {
            path == "bundle.toml" || ((path.starts_with("flows/") || path.starts_with("text/")) && is_toml(path))
        };
        let mut files: Vec<SourceFile> =
            files.into_iter().filter(|(path, _)| belongs(path)).map(|(path, text)| SourceFile { path, text }).collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Self { files }
    }

    /// The bundle as one run of bytes, the same for the same files.
    pub fn pack(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads what [`Sources::pack`] wrote.
    pub fn unpack(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// SHA-256 of [`Sources::pack`]: the bundle's name.
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, &self.pack()).as_ref());
        hash
    }
}

fn is_toml(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extension == "toml")
}

/// A word and where it stands.
pub type Word = Located<String>;

/// All that a bundle says.
#[derive(Debug, Default)]
pub struct Written {
    /// `bundle.toml`.
    pub bundle: BundleSource,
    /// `flows/*.toml`.
    pub flows: Vec<FlowSource>,
    /// `text/*.toml`.
    pub texts: Vec<TextSource>,
}

/// `bundle.toml` as written.
#[derive(Debug, Default)]
pub struct BundleSource {
    /// The file's beginning: where faults about absent things are shown.
    pub at: At,
    /// Where a plain dial leads.
    pub entry: Option<Word>,
    /// A flow that is called first on every dial.
    pub identify: Option<Word>,
    /// Where too many wrong answers lead.
    pub help: Option<Word>,
    /// Where a fault of the host leads.
    pub fault: Option<Word>,
    /// Languages; the first is the default.
    pub languages: Vec<Located<Language>>,
    /// Wrong answers in a row before help.
    pub wrong_max: Option<Located<i64>>,
    /// Where a frozen flow leads.
    pub closed: Option<Word>,
    /// Where every dial leads during maintenance.
    pub notice: Option<Word>,
    /// Minutes for which a dropped visit is offered again.
    pub resume_minutes: Option<Located<i64>>,
    /// What is dialled to go on with a dropped visit at once.
    pub resume_path: Option<Word>,
    /// What every channel carries.
    pub limits: LimitsSource,
    /// What single channels carry, by their names.
    pub channels: Vec<(Word, LimitsSource)>,
    /// Phrases in which a word that makes a promise ("free") means something else.
    pub no_promise: Vec<Word>,
    /// States that have another name now: the old one and the new one.
    pub renamed: Vec<(Word, Word)>,
    /// Reserved keys: key and meaning.
    pub keys: Vec<(Word, Word)>,
    /// Declared answers.
    pub answers: Vec<AnswerSource>,
    /// Declared dial paths.
    pub dial: Vec<DialSource>,
}

/// What a channel carries, as written; what is not written is as on every channel.
#[derive(Debug, Default)]
pub struct LimitsSource {
    /// Septets of a screen.
    pub screen_septets: Option<Located<i64>>,
    /// Septets of the first screen of a session.
    pub opening_septets: Option<Located<i64>>,
    /// Lines of a screen.
    pub lines: Option<Located<i64>>,
    /// Characters that the gateway refuses.
    pub forbidden: Option<Word>,
    /// Seconds that the network waits for a key.
    pub idle_seconds: Option<Located<i64>>,
    /// Seconds of a session in all.
    pub session_seconds: Option<Located<i64>>,
    /// Whether the caller pays nothing.
    pub free: Option<Located<bool>>,
    /// Whether an SMS can be answered.
    pub two_way: Option<Located<bool>>,
}

/// One declared answer.
#[derive(Debug)]
pub struct AnswerSource {
    /// Its name.
    pub name: Word,
    /// Its type.
    pub kind: Word,
    /// Smallest number or amount.
    pub min: Option<i64>,
    /// Largest number or amount, or longest text.
    pub max: Option<i64>,
    /// The words of a word answer.
    pub of: Vec<Word>,
}

/// One declared dial path.
#[derive(Debug)]
pub struct DialSource {
    /// Steps joined by `*`; `{answer}` takes a value.
    pub path: Word,
    /// The state that it leads to.
    pub go: Word,
}

/// One flow file.
#[derive(Debug)]
pub struct FlowSource {
    /// The flow's name.
    pub name: Word,
    /// Its first state.
    pub start: Word,
    /// Its states, in the order written.
    pub states: Vec<StateSource>,
    /// States that could not be read: they are there, so that leading to them is no second fault.
    pub unread: Vec<String>,
}

/// What a state is.
#[derive(Debug)]
pub enum KindSource {
    /// Options by key.
    Menu,
    /// An answer that is typed.
    Ask(Word),
    /// A row of a list.
    Pick {
        /// The answer that takes the row.
        answer: Word,
        /// The rows' query.
        from: Word,
    },
    /// An action.
    Do(Word),
    /// A decision.
    Case(Word),
    /// A call of a flow.
    Call(Word),
    /// The way back to the caller of a flow.
    Return(Word),
    /// The last screen.
    End,
}

/// One state as written.
#[derive(Debug)]
pub struct StateSource {
    /// Name inside the flow.
    pub name: Word,
    /// What it is.
    pub kind: KindSource,
    /// Query for the screen's values.
    pub show: Option<Word>,
    /// Options (of a menu, or beside an ask or pick).
    pub options: Vec<OptionSource>,
    /// Where a good answer leads.
    pub go: Option<Word>,
    /// Where each outcome leads.
    pub on: Vec<(Word, Word)>,
    /// Whether `0` leads back from here.
    pub back: bool,
    /// Whether typing narrows a pick.
    pub find: bool,
    /// Where a pick without rows leads.
    pub empty: Option<Word>,
    /// What a menu takes besides its keys: an answer and where it leads.
    pub typed: Option<(Word, Word)>,
    /// Never resumed; its screen is not kept to be sent again.
    pub private: bool,
}

/// One option.
#[derive(Debug)]
pub struct OptionSource {
    /// The key.
    pub key: Word,
    /// Its name in the texts.
    pub id: Word,
    /// Where it leads; nowhere when it is retired.
    pub go: Option<Word>,
    /// Answers that it sets.
    pub set: Vec<(Word, Word)>,
    /// A yes-or-no value of the screen: the option is hidden while it is no, and keeps its key.
    pub when: Option<Word>,
    /// Not shown any more: its key says where the thing went.
    pub retired: bool,
}

/// The texts of one language.
#[derive(Debug)]
pub struct TextSource {
    /// The language.
    pub language: Language,
    /// The file's beginning.
    pub at: At,
    /// `engine`, `words`, `sms.NAME` or `flow.state`, each with its slots.
    pub sections: Vec<(Word, Vec<(Word, Word)>)>,
}
