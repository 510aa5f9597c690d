//! What is remembered of a visit between hops.
//!
//! States and answers are stored by name, so that a visit can move to another bundle; in memory they are numbers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::menu::graph::{Answer, AnswerId, AnswerType, Bundle, State, StateId};
use crate::text::Language;

/// Screens that `0` can go back over. More would be forgotten by the caller too.
pub const HISTORY_MAX: usize = 12;
/// Pages of a list that `97` can go back over: nine rows a page make a list of more than 400.
pub const PAGES_MAX: usize = 48;

/// Where a flow goes on when what it called returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frame {
    /// At this call, by what was returned.
    Call(StateId),
    /// At this state, whatever was returned.
    Then(StateId),
}

/// The beginning of a page of rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageStart {
    /// The last row of the page before.
    pub after: Option<i64>,
    /// Rows on the pages before.
    pub skip: usize,
}

/// What a list shows: a key means the row that was on the screen, whatever came since.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Beginnings of the pages up to this one; never empty while a list is shown.
    pub starts: Vec<PageStart>,
    /// Row ids by key, from key 1.
    pub rows: Vec<i64>,
    /// Whether there are rows after these.
    pub more: bool,
    /// What the list was narrowed by.
    pub find: Option<String>,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Page({}, {} rows, more {}, find {})",
            self.starts.len(),
            self.rows.len(),
            self.more,
            self.find.is_some()
        )
    }
}

/// A screen that `0` leads back to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its state.
    pub at: StateId,
    /// The calls around it.
    pub stack: Vec<Frame>,
    /// Its page.
    pub page: Option<Page>,
}

impl Place {
    /// Whether it is this state within these calls.
    pub fn is(&self, at: StateId, stack: &[Frame]) -> bool {
        self.at == at && self.stack == stack
    }
}

/// A person's way through the menus. Debug shows nothing that was typed.
#[derive(Clone, PartialEq, Eq)]
pub struct Visit {
    /// Its identifier; part of every operation key.
    pub id: i64,
    /// The language that it is shown in.
    pub language: Language,
    /// The person who is speaking, once known.
    pub person: Option<i64>,
    /// Hops so far.
    pub hop: u32,
    /// The state on the screen.
    pub at: StateId,
    /// The calls around it.
    pub stack: Vec<Frame>,
    /// The screens before it.
    pub history: Vec<Place>,
    /// What was answered.
    pub answers: BTreeMap<AnswerId, Answer>,
    /// The list on the screen.
    pub page: Option<Page>,
    /// Wrong answers in a row.
    pub wrong: u8,
    /// While the question about a dropped visit is on the screen: what was dialled.
    pub resume: Option<String>,
}

impl fmt::Debug for Visit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, hop, at, stack, history, answers, wrong, .. } = self;
        write!(f, "Visit({id}, hop {hop}, {at:?}, {} calls, {} back, ", stack.len(), history.len())?;
        write!(f, "{} answers, {wrong} wrong)", answers.len())
    }
}

/// A stored visit is filled up to a multiple of so many bytes: a row that keeps its size is overwritten where it stands,
/// and its length tells less of what was answered.
const BLOCK_BYTES: usize = 128;
/// Bytes of most visits, more or less: room that is taken at once.
const USUAL_BYTES: usize = 256;
/// The layout of a stored visit, in its first byte. One of another layout begins again.
const LAYOUT: u8 = 1;

#[derive(Serialize, Deserialize)]
enum StoredFrame<'a> {
    Call(&'a str),
    Then(&'a str),
}

#[derive(Serialize, Deserialize)]
struct StoredPlace<'a> {
    at: &'a str,
    #[serde(borrow)]
    stack: Vec<StoredFrame<'a>>,
    page: Option<Cow<'a, Page>>,
}

impl<'a> StoredPlace<'a> {
    fn of(bundle: &'a Bundle, at: StateId, stack: &[Frame], page: Option<&'a Page>) -> Self {
        let name = |id: StateId| bundle.state(id).map_or("", |state| state.name.as_str());
        let frame = |frame: &Frame| match frame {
            Frame::Call(id) => StoredFrame::Call(name(*id)),
            Frame::Then(id) => StoredFrame::Then(name(*id)),
        };
        Self { at: name(at), stack: stack.iter().map(frame).collect(), page: page.map(Cow::Borrowed) }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredVisit<'a> {
    layout: u8,
    id: i64,
    language: &'a str,
    person: Option<i64>,
    hop: u32,
    #[serde(borrow)]
    now: StoredPlace<'a>,
    #[serde(borrow)]
    history: Vec<StoredPlace<'a>>,
    #[serde(borrow)]
    answers: Vec<(&'a str, Cow<'a, Answer>)>,
    wrong: u8,
    #[serde(borrow)]
    resume: Option<&'a str>,
}

/// Why a stored visit cannot go on with a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VisitFault {
    /// The bytes are no visit.
    #[error("the stored visit cannot be read")]
    Unreadable,
    /// The bundle has no state of that name: start the visit again.
    #[error("the bundle has lost the visit's state")]
    Lost,
}

impl Visit {
    /// A new visit.
    pub fn new(id: i64, language: Language, person: Option<i64>) -> Self {
        Self {
            id,
            language,
            person,
            hop: 0,
            at: StateId::default(),
            stack: Vec::new(),
            history: Vec::new(),
            answers: BTreeMap::new(),
            page: None,
            wrong: 0,
            resume: None,
        }
    }

    /// The visit as bytes. They hold what the caller answered (secrets apart): seal them.
    pub fn to_bytes(&self, bundle: &Bundle) -> Vec<u8> {
        let answers = self.answers.iter().filter_map(|(id, answer)| {
            let declared = bundle.answers.get(id.0).filter(|declared| declared.kind != AnswerType::Pin)?;
            Some((declared.name.as_str(), Cow::Borrowed(answer)))
        });
        let stored = StoredVisit {
            layout: LAYOUT,
            id: self.id,
            language: self.language.code(),
            person: self.person,
            hop: self.hop,
            now: StoredPlace::of(bundle, self.at, &self.stack, self.page.as_ref()),
            history: self
                .history
                .iter()
                .map(|past| StoredPlace::of(bundle, past.at, &past.stack, past.page.as_ref()))
                .collect(),
            answers: answers.collect(),
            wrong: self.wrong,
            resume: self.resume.as_deref(),
        };
        // Writing to memory cannot fail; nothing at all would be refused when it is read.
        let mut bytes = postcard::to_extend(&stored, Vec::with_capacity(USUAL_BYTES)).unwrap_or_default();
        bytes.resize(bytes.len().next_multiple_of(BLOCK_BYTES), 0);
        bytes
    }

    /// Reads what [`Visit::to_bytes`] wrote, by this or another bundle. Past screens and answers that the bundle lacks are
    /// left out.
    pub fn from_bytes(bundle: &Bundle, bytes: &[u8]) -> Result<Self, VisitFault> {
        let (stored, rest) = postcard::take_from_bytes::<StoredVisit<'_>>(bytes).map_err(|_| VisitFault::Unreadable)?;
        if stored.layout != LAYOUT || rest.iter().any(|byte| *byte != 0) {
            return Err(VisitFault::Unreadable);
        }
        let named = |name: &str| bundle.state_now(name);
        let place = |stored: StoredPlace<'_>| -> Option<Place> {
            let frame = |frame: &StoredFrame<'_>| match frame {
                StoredFrame::Call(name) => named(name).map(Frame::Call),
                StoredFrame::Then(name) => named(name).map(Frame::Then),
            };
            let at = named(stored.at).filter(|id| bundle.state(*id).is_some_and(State::is_screen))?;
            let stack = stored.stack.iter().map(frame).collect::<Option<Vec<_>>>()?;
            Some(Place { at, stack, page: stored.page.map(Cow::into_owned) })
        };
        let now = place(stored.now).ok_or(VisitFault::Lost)?;
        let answers = stored.answers.into_iter().filter_map(|(name, answer)| {
            let id = bundle.answer_named(name)?;
            let answer = answer.into_owned();
            bundle.answers.get(id.0).is_some_and(|declared| declared.kind.holds(&answer)).then_some((id, answer))
        });
        Ok(Self {
            id: stored.id,
            language: Language::from_code(stored.language).unwrap_or(bundle.default_language()),
            person: stored.person,
            hop: stored.hop,
            at: now.at,
            stack: now.stack,
            page: now.page,
            history: stored.history.into_iter().filter_map(place).collect(),
            answers: answers.collect(),
            wrong: stored.wrong,
            resume: stored.resume.map(str::to_owned),
        })
    }

    /// A visit that began on another bundle, as it goes on with this one; `None` where it cannot: an answer is not there
    /// that is counted upon, or the calls around it do not lead there any more. Screens to go back to that do not fit are
    /// forgotten.
    pub fn going_on_with(mut self, bundle: &Bundle) -> Option<Self> {
        let history = std::mem::take(&mut self.history);
        let fits = |place: &Place| self.fits(bundle, place.at, &place.stack);
        let history = history.into_iter().filter(fits).collect();
        let fits = self.fits(bundle, self.at, &self.stack);
        fits.then_some(Self { history, ..self })
    }

    /// Whether every answer is there that is counted upon at a state and behind the calls around it, and these lead there.
    fn fits(&self, bundle: &Bundle, at: StateId, stack: &[Frame]) -> bool {
        let there = |at: StateId| bundle.is_answered(at, |answer| self.answers.contains_key(&answer));
        let site = |frame: &Frame| match frame {
            Frame::Call(site) | Frame::Then(site) => *site,
        };
        let inner = stack.iter().skip(1).map(site).chain([at]);
        let calls_lead_here = stack.iter().zip(inner).all(|(frame, inner)| match frame {
            Frame::Then(_) => true,
            Frame::Call(site) => bundle.calls(*site, inner),
        });
        there(at) && stack.iter().map(site).all(there) && calls_lead_here
    }

    /// The screen on display, to come back to.
    pub fn place(&self) -> Place {
        let page = self.page.as_ref().map(|page| Page { rows: Vec::new(), ..page.clone() });
        Place { at: self.at, stack: self.stack.clone(), page }
    }

    /// Remembers a screen that `0` leads back to.
    pub fn remember(&mut self, place: Place) {
        if self.history.last().is_some_and(|last| last.is(place.at, &place.stack)) {
            self.history.pop();
        }
        if self.history.len() == HISTORY_MAX {
            self.history.remove(0);
        }
        self.history.push(place);
    }

    /// Forgets answers, calls and past screens: what a visit home or a new start does.
    pub fn forget(&mut self) {
        self.answers.clear();
        self.stack.clear();
        self.history.clear();
        self.page = None;
        self.wrong = 0;
        self.resume = None;
    }
}
