//! `/api/v1/vacancies/{id}/questions`: what an employer asks of who applies, put in place as a whole.
//!
//! The questions are shown on phones as they are read back here. From the first answer on they stay.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::Api;
use super::asked::{Asked, Fields, Order, shown};
use super::problem::{Problem, Refusal};
use super::schema::QuestionsIn;
use super::vacancies::{id_of, matches, own};
use super::vacancy_shape::etag;
use super::write::{Answer, Cx};
use crate::actions::Host;
use crate::market::screening::desk::{self, Replaced};
use crate::market::screening::{
    ASK_SEPTETS, Kind, NUMBER_MAX, OPTION_SEPTETS, OPTIONS_MAX, OPTIONS_MIN, QUESTIONS_MAX, Question, Wanted, Words,
    words,
};
use crate::market::{EmployerId, VacancyId};
use crate::storage::Tx;
use crate::text::Language;

/// A question.
#[derive(Serialize, ToSchema)]
struct QuestionOut {
    /// `yes_no`, `number` or `choice`
    kind: &'static str,
    /// What is asked: one text, or one for each language.
    #[schema(value_type = Object)]
    ask: Words,
    /// What is chosen from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    options: Vec<Words>,
    /// What you hope for: `yes`, `no`, or numbers of options.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    wanted: Option<Value>,
    /// The least number that you hope for.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_least: Option<i64>,
    /// The largest.
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most: Option<i64>,
}

impl QuestionOut {
    fn of(question: Question) -> QuestionOut {
        let Question { kind, ask, options, wanted } = question;
        let (wanted, at_least, at_most) = match wanted {
            None => (None, None, None),
            Some(Wanted::Between(least, most)) => (None, least, most),
            Some(Wanted::OneOf(answers)) if kind == Kind::YesNo => {
                (Some(json!(if answers.contains(&1) { YES } else { NO })), None, None)
            }
            Some(Wanted::OneOf(answers)) => (Some(json!(answers)), None, None),
        };
        QuestionOut { kind: kind.code(), ask, options, wanted, at_least, at_most }
    }
}

/// The questions of a vacancy.
#[derive(Serialize, ToSchema)]
struct QuestionsOut {
    /// In the order in which they are asked.
    questions: Vec<QuestionOut>,
    /// Somebody has answered: they stay as they are.
    answered: bool,
    /// Where the vacancy stands: `held` when a person reads the questions first.
    status: &'static str,
}

const YES: &str = "yes";
const NO: &str = "no";

/// The questions as they stand, as an answer.
fn told(tx: &mut Tx<'_>, host: &Host, employer: EmployerId, id: VacancyId) -> Result<Answer, Refusal> {
    let own = own(tx, &host.keys, employer, id)?;
    let questions = desk::of_vacancy(tx, &host.keys, id)?.into_iter().map(|stored| QuestionOut::of(stored.question));
    let (questions, answered) = (questions.collect(), desk::is_answered(tx, id)?);
    let out = QuestionsOut { questions, answered, status: own.standing.code() };
    Ok(Answer { etag: Some(etag(&own)), ..Answer::of(StatusCode::OK, &out)? })
}

/// What a vacancy asks of who applies
#[utoipa::path(get, path = "/api/v1/vacancies/{id}/questions", tag = "vacancies", operation_id = "readQuestions",
    params(("id" = String, Path, description = "The vacancy.")),
    responses((status = 200, description = "Its questions; none is an empty list.", body = QuestionsOut)),
    security(("token" = ["vacancies:read"])))]
pub(super) async fn read(State(api): State<Arc<Api>>, asked: Asked) -> Result<Response, Problem> {
    asked.params(&[])?;
    let (host, employer, id) = (Arc::clone(&api.service.host), asked.caller.employer(), id_of(&asked)?);
    Ok(api.service.store.read(move |tx: &mut Tx<'_>| told(tx, &host, employer, id)).await?.response())
}

/// Ask something of who applies
///
/// All questions together, at most five; an empty list takes them away. They stay as they are from the first answer on.
#[utoipa::path(put, path = "/api/v1/vacancies/{id}/questions", tag = "vacancies", operation_id = "putQuestions",
    params(("id" = String, Path, description = "The vacancy."),
        ("If-Match" = Option<String>, Header, description = "The ETag of the state that you saw, if nobody else may have changed it.")),
    request_body = QuestionsIn,
    responses((status = 200, description = "The questions as they are now.", body = QuestionsOut)),
    security(("token" = ["vacancies:write"])))]
pub(super) async fn put(State(api): State<Arc<Api>>, order: Order) -> Result<Response, Problem> {
    order.asked.params(&[])?;
    let id = id_of(&order.asked)?;
    let questions = questions(order.body.clone())?;
    let (host, employer) = (Arc::clone(&api.service.host), order.asked.caller.employer());
    let (token, seen) = (order.asked.caller.token.id, order.asked.if_match.clone());
    let work = move |tx: &mut Tx<'_>, cx: &mut Cx| {
        let old = own(tx, &host.keys, employer, id)?;
        if seen.is_some() {
            matches(seen.as_deref(), &old)?;
        }
        let before: Vec<Question> =
            desk::of_vacancy(tx, &host.keys, id)?.into_iter().map(|stored| stored.question).collect();
        if before == questions {
            return told(tx, &host, employer, id);
        }
        let texts =
            |all: &[Question]| all.iter().cloned().map(QuestionOut::of).map(|out| json!(out)).collect::<Vec<_>>();
        let fields = json!({"questions": [texts(&before), texts(&questions)]}).to_string();
        let change = desk::Order { old: &old, questions: &questions, token, fields: &fields };
        match desk::replace(tx, &host.keys, &mut cx.ids, employer, &change, cx.now_ms)? {
            Replaced::Done(_) => told(tx, &host, employer, id),
            Replaced::Over => Err(Problem::conflict("over", "It is closed or filled: post a new one.").into()),
            Replaced::Answered => {
                let detail =
                    "Somebody has answered: an answer to another question would be nobody's word. Post a new vacancy.";
                Err(Problem::conflict("people-answered", detail).into())
            }
        }
    };
    api.write(&order, work).await
}

/// The questions that a body asks for, or everything that is wrong with it.
fn questions(body: serde_json::Map<String, Value>) -> Result<Vec<Question>, Problem> {
    let is_given = body.contains_key("questions");
    let mut fields = Fields::of(body, "");
    let mut all = Vec::new();
    for (at, value) in fields.list("questions", QUESTIONS_MAX).into_iter().enumerate() {
        let Value::Object(object) = value else {
            fields.fault("questions", format!("element {at} must be an object"));
            continue;
        };
        let mut inside = Fields::of(object, &format!("/questions/{at}"));
        all.extend(question(&mut inside));
        fields.close(inside);
    }
    fields.need("questions", is_given.then_some(()), "a list of at most five; empty for none");
    fields.end(Some(all))
}

fn question(fields: &mut Fields) -> Option<Question> {
    let kinds = Kind::ALL.iter().map(|kind| kind.code()).collect::<Vec<_>>().join(", ");
    let kind = fields.value("kind", &kinds, Kind::from_code);
    let kind = fields.need("kind", kind, &kinds);
    let ask = text(fields, "ask", ASK_SEPTETS);
    let ask = fields.need("ask", ask, "a text, or one for each language");
    let Some(kind) = kind else {
        // Which of these belong to it is not known: they are no fault of their own.
        for name in ["options", "wanted", "at_least", "at_most"] {
            fields.take(name);
        }
        return None;
    };
    let options = if kind == Kind::Choice { options(fields) } else { Some(Vec::new()) };
    let wanted = match kind {
        Kind::YesNo => fields.value("wanted", "yes, no", |word| match word {
            YES | "true" => Some(Wanted::OneOf(vec![1])),
            NO | "false" => Some(Wanted::OneOf(vec![0])),
            _ => None,
        }),
        Kind::Number => between(fields),
        Kind::Choice => chosen(fields, options.as_ref().map_or(0, Vec::len)),
    };
    Some(Question { kind, ask: ask?, options: options?, wanted })
}

/// A text of at most so many septets, or one for each of some languages.
fn text(fields: &mut Fields, name: &'static str, septets_max: usize) -> Option<Words> {
    let value = fields.take(name)?;
    read_words(&value, septets_max).map_err(|what| fields.fault(name, what)).ok()
}

fn read_words(value: &Value, septets_max: usize) -> Result<Words, String> {
    match value {
        Value::String(one) => words(one, septets_max).map(Words::One),
        Value::Object(each) if !each.is_empty() => {
            let mut texts = BTreeMap::new();
            for (code, text) in each {
                if Language::from_code(code).is_none() {
                    let codes = Language::ALL.map(Language::code).join(", ");
                    return Err(format!("`{}` is no language; allowed: {codes}", shown(code)));
                }
                let text = text.as_str().ok_or_else(|| format!("{code}: must be a text"))?;
                texts.insert(code.clone(), words(text, septets_max).map_err(|what| format!("{code}: {what}"))?);
            }
            Ok(Words::Each(texts))
        }
        _ => Err("must be a text, or an object with one for each language".to_owned()),
    }
}

fn options(fields: &mut Fields) -> Option<Vec<Words>> {
    let given = fields.list("options", OPTIONS_MAX);
    let allowed = format!("{OPTIONS_MIN} to {OPTIONS_MAX} texts of at most {OPTION_SEPTETS} septets");
    fields.need("options", (given.len() >= OPTIONS_MIN).then_some(()), &allowed)?;
    let mut options = Vec::new();
    for (at, value) in given.iter().enumerate() {
        match read_words(value, OPTION_SEPTETS) {
            Ok(words) => options.push(words),
            Err(what) => fields.fault("options", format!("option {}: {what}", at + 1)),
        }
    }
    (options.len() == given.len()).then_some(options)
}

fn between(fields: &mut Fields) -> Option<Wanted> {
    let allowed = format!("a whole number from 0 to {NUMBER_MAX}");
    let mut bound = |name| {
        fields.value(name, &allowed, |text| text.parse().ok().filter(|number| (0..=NUMBER_MAX).contains(number)))
    };
    let (least, most): (Option<i64>, Option<i64>) = (bound("at_least"), bound("at_most"));
    if least.zip(most).is_some_and(|(least, most)| least > most) {
        fields.fault("at_most", "it is less than at_least");
    }
    (least.is_some() || most.is_some()).then_some(Wanted::Between(least, most))
}

fn chosen(fields: &mut Fields, options: usize) -> Option<Wanted> {
    let given = fields.list("wanted", OPTIONS_MAX);
    let number = |value: &Value| {
        value.as_i64().filter(|number| usize::try_from(*number).is_ok_and(|number| (1..=options).contains(&number)))
    };
    let mut numbers: Vec<i64> = given.iter().filter_map(number).collect();
    if numbers.len() != given.len() {
        fields.fault("wanted", format!("must be numbers of options, from 1 to {options}"));
    }
    numbers.sort_unstable();
    numbers.dedup();
    (!numbers.is_empty()).then_some(Wanted::OneOf(numbers))
}
