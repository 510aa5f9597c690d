//! What operators are told, beside the log: alarms and the morning digest, to their endpoints and by mail. In the transaction
//! of whatever finds it, so that it is told once, by whichever node.

use serde_json::Value;

use super::{Class, Content, Error, Event, Letter, NewMessage, Priority, endpoint, enqueue};
use crate::gateway::email::MailAddress;
use crate::storage::{IdBlock, Keys, Tx};

/// How long an alarm is news.
const ALARM_EXPIRES_MS: i64 = 24 * 3_600_000;

/// Something that operators should know.
#[derive(Clone, Debug, PartialEq)]
pub struct News {
    /// The type of the event, for example `alarm.no_credit`.
    pub kind: String,
    /// What it is known by: told once, whoever finds it.
    pub cause: String,
    /// One line.
    pub subject: String,
    /// The whole of it, for a person.
    pub words: String,
    /// The whole of it, for a machine.
    pub data: Value,
}

/// Queues news for the operators' endpoints, and a mail for each of `mails`.
pub fn tell(
    tx: &mut Tx<'_>,
    keys: &Keys,
    ids: &mut IdBlock,
    mails: &[MailAddress],
    news: &News,
    now_ms: i64,
) -> Result<(), Error> {
    let News { kind, cause, subject, words, data } = news;
    let event = Event { kind: kind.clone(), occurred_ms: now_ms, data: data.clone(), person_id: None };
    endpoint::tell(tx, keys, ids, endpoint::OPERATORS, cause, &event, now_ms)?;
    let letter = Letter {
        to_name: None,
        subject: subject.clone(),
        text: words.clone(),
        language: "en".to_owned(),
        can_stop: false,
    };
    for (number, to) in mails.iter().enumerate() {
        let Some(id) = ids.next_id() else { break };
        let message = NewMessage {
            id,
            operation_key: &format!("operators/{cause}/{number}"),
            content: Content::Mail { to, letter: &letter },
            person_id: None,
            employer_id: None,
            priority: Priority::Interactive,
            class: Class::MustArrive,
            template: "operators",
            due_ms: now_ms,
            expires_ms: now_ms.saturating_add(ALARM_EXPIRES_MS),
        };
        enqueue(tx, keys, &message, now_ms)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::outbox::rig::{NOW_MS, Rig};
    use crate::outbox::{Status, list};

    #[test]
    fn news_is_told_to_each_once_however_often_it_is_found() {
        for rig in Rig::on_each_engine() {
            for _ in 0..2 {
                let (keys, ids) = (rig.keys.clone(), rig.ids.block(rig.now_ms()));
                rig.tx(move |tx| {
                    let mails = ["a@ops.example", "b@ops.example"].map(|mail| MailAddress::parse(mail).unwrap());
                    let news = News {
                        kind: "alarm.no_credit".to_owned(),
                        cause: "no_credit/mtn/1".to_owned(),
                        subject: "mtn: no credit".to_owned(),
                        words: "The account is empty.".to_owned(),
                        data: json!({ "channel": "mtn" }),
                    };
                    tell(tx, &keys, &mut ids.clone(), &mails, &news, NOW_MS)
                })
                .unwrap();
            }
            let queued = rig.tx(|tx| list(tx, Some(Status::Queued), i64::MAX, 9)).unwrap();
            assert_eq!(queued.iter().map(|message| message.route.as_str()).collect::<Vec<_>>(), ["email", "email"]);
        }
    }
}
