//! The shapes of what is sent, for the document. They are read field by field elsewhere, so that everything that is wrong is
//! told at once; a test sends each of these fields and finds none that is not known.

#![expect(
    dead_code,
    reason = "described to others, never filled: bodies are read by `asked::Fields` and the market's rules"
)]

use utoipa::ToSchema;

/// A vacancy to be posted. A change has the same fields, of which it sends what changes: `document.rs` says so.
#[derive(ToSchema)]
pub(super) struct VacancyIn {
    /// Your own name of it, at most 64 characters; the same name is not posted twice.
    #[schema(example = "J-2026-117")]
    r#ref: Option<String>,
    /// The trade: its code, or its English name. Required.
    #[schema(example = "11")]
    trade: String,
    /// The place: an area's code, `District/Sector`, or a district. Needed where the work is not abroad.
    #[schema(example = "Gasabo/Remera")]
    area: Option<String>,
    /// Another country, as its two letters, instead of an area: for agencies with a licence in force alone, and always looked at by
    /// a person first. The country pack lists which.
    #[schema(example = "QA")]
    abroad: Option<String>,
    /// The town in that country, at most 14 characters.
    #[schema(example = "Doha")]
    abroad_place: Option<String>,
    /// `full_time`, `contract`, `short`, `casual_day`, `internship`, `apprenticeship` or `training`. Required.
    #[schema(example = "short")]
    kind: String,
    /// How many people are needed; 1 when left out.
    #[schema(example = 3)]
    openings: Option<i64>,
    /// The first day, not in the past.
    #[schema(example = "2026-11-24")]
    start: Option<String>,
    /// When work starts on a day: a whole or a half hour.
    #[schema(example = "07:00")]
    start_time: Option<String>,
    /// How many days it lasts.
    #[schema(example = 5)]
    duration_days: Option<i64>,
    /// Amount in whole units of the currency. Required but for internship, apprenticeship and training.
    #[schema(example = 7000)]
    pay: Option<i64>,
    /// For how much work: `hour`, `day`, `month`, `trip`, `kg`, `piece` or `job`.
    #[schema(example = "day")]
    pay_unit: Option<String>,
    /// When it is handed over: `daily`, `weekly`, `monthly` or `at_end`.
    #[schema(example = "daily")]
    paid: Option<String>,
    /// By what: `cash` or `momo`. It stands in the terms that both sides are sent.
    #[schema(example = "momo")]
    pay_means: Option<String>,
    /// Whether food is given.
    food: Option<bool>,
    /// Whether the way is paid or provided.
    transport: Option<bool>,
    /// Whether the worker lives at the place of work.
    live_in: Option<bool>,
    /// Years of experience asked.
    min_years: Option<i64>,
    /// Whether a licence is needed; as the trade has it when left out.
    licence: Option<bool>,
    /// Days of the week.
    #[schema(example = "mon-fri")]
    days: Option<String>,
    /// The last day on which one may apply; thirty days from now when left out.
    #[schema(example = "2026-12-20")]
    closes: Option<String>,
    /// Free text of at most 400 characters. Phone numbers and words about fees make it wait for a person's look.
    #[schema(example = "Walls of a school. Bring a trowel.")]
    description: Option<String>,
}

/// A question that is asked of who applies.
#[derive(ToSchema)]
pub(super) struct QuestionIn {
    /// `yes_no`, `number` (0 to 900) or `choice`
    #[schema(example = "choice")]
    kind: String,
    /// What is asked, at most 60 septets of the alphabet of phones: one text, or one for each of `rw`, `en`, `fr`, `sw` (who
    /// speaks another language gets the first of these). A phone number or words about fees make the vacancy wait for a look.
    #[schema(value_type = Object, example = json!({"en": "Which tools do you have?", "rw": "Ufite ibihe bikoresho?"}))]
    ask: String,
    /// Two to four texts of at most 12 septets, as above; only for a choice.
    #[schema(value_type = Vec<Object>, example = json!(["None", "Some", {"en": "All", "rw": "Byose"}]))]
    options: Option<Vec<String>>,
    /// What you hope for: numbers of options; for yes or no the text `yes` or `no`. It moves the rank alone.
    #[schema(value_type = Vec<Object>, example = json!([2, 3]))]
    wanted: Option<Vec<String>>,
}

/// The questions of a vacancy.
#[derive(ToSchema)]
pub(super) struct QuestionsIn {
    /// At most five, in the order in which they are asked; empty: none. A number takes `at_least` and `at_most` instead of
    /// `wanted`.
    questions: Vec<QuestionIn>,
}

/// When and where an interview is.
#[derive(ToSchema)]
pub(super) struct InterviewIn {
    /// The day, from today on.
    #[schema(example = "2026-11-24")]
    day: String,
    /// The time.
    #[schema(example = "09:00")]
    time: String,
    /// The place, at most 40 characters.
    #[schema(example = "Remera market, gate 2")]
    place: String,
}

/// What is looked at before a decision.
#[derive(ToSchema)]
pub(super) struct AssessmentIn {
    /// The task, at most 40 characters.
    #[schema(example = "Lay ten bricks")]
    what: String,
    /// The day, from today on; to be agreed when left out.
    day: Option<String>,
    /// The time; to be agreed when left out.
    time: Option<String>,
}

/// What is offered.
#[derive(ToSchema)]
pub(super) struct OfferIn {
    /// Amount in whole units of the currency.
    #[schema(example = 7000)]
    pay: i64,
    /// For how much work.
    #[schema(example = "day")]
    pay_unit: String,
    /// By what: `cash` or `momo`; as the vacancy says when left out. The worker is sent it with the terms.
    #[schema(example = "momo")]
    pay_means: Option<String>,
    /// The first day, from today on.
    #[schema(example = "2026-11-26")]
    start: String,
    /// The last day on which the worker may answer, from today on and not after the start.
    #[schema(example = "2026-11-25")]
    answer_by: String,
    /// Offer it also when every opening is offered or hired; no when left out.
    beyond_openings: Option<bool>,
}

/// A move of an application.
#[derive(ToSchema)]
pub(super) struct StageIn {
    /// `shortlisted`, `assessment`, `interview`, `offered` or `rejected`. Hired is the worker's word, on an offer.
    #[schema(example = "interview")]
    to: String,
    /// Why, for yourselves: kept with the notes.
    note: Option<String>,
    /// Needed for `assessment`, and only there.
    assessment: Option<AssessmentIn>,
    /// Needed for `interview`, and only there.
    interview: Option<InterviewIn>,
    /// Needed for `offered`, and only there.
    offer: Option<OfferIn>,
}

/// A move among many.
#[derive(ToSchema)]
pub(super) struct MoveIn {
    /// The application.
    #[schema(example = "399120000000001")]
    application: String,
    /// As for one.
    #[schema(example = "rejected")]
    to: String,
    /// As for one.
    note: Option<String>,
    /// As for one.
    assessment: Option<AssessmentIn>,
    /// As for one.
    interview: Option<InterviewIn>,
    /// As for one.
    offer: Option<OfferIn>,
}

/// Moves of several applications.
#[derive(ToSchema)]
pub(super) struct MovesIn {
    /// At most 100; each application once.
    moves: Vec<MoveIn>,
}

/// A note.
#[derive(ToSchema)]
pub(super) struct NoteIn {
    /// At most 1,000 characters. The worker never sees it.
    #[schema(example = "Has her own tools; call after 5 pm.")]
    text: String,
}

/// Workers to be asked to come on a day.
#[derive(ToSchema)]
pub(super) struct BookingIn {
    /// The trade: its code, or its English name. Required.
    #[schema(example = "11")]
    trade: String,
    /// The place: an area's code, `District/Sector`, or a district. Required.
    #[schema(example = "Gasabo/Remera")]
    area: String,
    /// The day, from today to sixty days ahead. Required.
    #[schema(example = "2026-11-26")]
    start: String,
    /// Amount in whole units of the currency. Required.
    #[schema(example = 7000)]
    pay: i64,
    /// For how much work: `hour`, `day`, `month`, `trip`, `kg`, `piece` or `job`. Required.
    #[schema(example = "day")]
    pay_unit: String,
    /// By what it is paid: `cash` or `momo`. Both sides are sent it with the terms.
    #[schema(example = "momo")]
    pay_means: Option<String>,
    /// How many people are needed, at most 10; 1 when left out.
    #[schema(example = 3)]
    openings: Option<i64>,
}

/// How a worker's pay was.
#[derive(ToSchema)]
pub(super) struct PayIn {
    /// The worker's booking.
    #[schema(example = "399120000000001")]
    worker: String,
    /// Which pay day; 1 when left out.
    #[schema(example = 1)]
    nth: Option<i64>,
    /// `paid`, `part`, `not_yet` or `not_worked`. Required.
    #[schema(example = "part")]
    said: String,
    /// How much, in whole units of the currency; needed for `part`, and only there.
    #[schema(example = 3000)]
    amount: Option<i64>,
}

/// An endpoint.
#[derive(ToSchema)]
pub(super) struct WebhookIn {
    /// Where: https, on the public network.
    #[schema(example = "https://employer.example/hooks/kaziline")]
    url: String,
    /// Types of events, or what they begin with; all when left out.
    #[schema(example = json!(["application"]))]
    kinds: Option<Vec<String>>,
    /// Who is told by mail when it is switched off.
    #[schema(example = "it@employer.example")]
    contact: Option<String>,
}
