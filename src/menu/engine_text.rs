//! The words that belong to the engine and not to a screen: each stands under `[engine]` in every language.

/// Words that the engine itself shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineText {
    /// Label of the back key.
    Back,
    /// Label of the more key.
    More,
    /// Label of the previous key.
    Previous,
    /// No such key.
    WrongKey,
    /// Not a number, or out of bounds.
    WrongNumber,
    /// Not an amount.
    WrongMoney,
    /// Not a year.
    WrongYear,
    /// Not a day.
    WrongDay,
    /// Not a time.
    WrongTime,
    /// Not a name.
    WrongName,
    /// Empty or unreadable.
    WrongText,
    /// Too long.
    TooLong,
    /// Nothing found for what was typed.
    NotFound,
    /// The question about a dropped visit.
    Resume,
    /// Its first option.
    ResumeContinue,
    /// Its second option.
    ResumeRestart,
    /// The service cannot answer now.
    Apology,
    /// The session is over and only a new dial helps.
    Over,
}

impl EngineText {
    /// Every text with its key under `[engine]`.
    pub const ALL: [(EngineText, &'static str); 18] = [
        (EngineText::Back, "back"),
        (EngineText::More, "more"),
        (EngineText::Previous, "previous"),
        (EngineText::WrongKey, "wrong_key"),
        (EngineText::WrongNumber, "wrong_number"),
        (EngineText::WrongMoney, "wrong_money"),
        (EngineText::WrongYear, "wrong_year"),
        (EngineText::WrongDay, "wrong_day"),
        (EngineText::WrongTime, "wrong_time"),
        (EngineText::WrongName, "wrong_name"),
        (EngineText::WrongText, "wrong_text"),
        (EngineText::TooLong, "too_long"),
        (EngineText::NotFound, "not_found"),
        (EngineText::Resume, "resume"),
        (EngineText::ResumeContinue, "resume_continue"),
        (EngineText::ResumeRestart, "resume_restart"),
        (EngineText::Apology, "apology"),
        (EngineText::Over, "over"),
    ];

    /// Position in [`EngineText::ALL`].
    pub fn index(self) -> usize {
        self as usize
    }
}
