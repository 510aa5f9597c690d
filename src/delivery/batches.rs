//! Which messages leave in one request.

use crate::gateway::sms::{Batching, Sms};

/// Puts messages together as far as a provider allows, in their order.
pub(super) fn batches<M>(batching: Batching, ready: Vec<(M, Sms)>) -> Vec<Vec<(M, Sms)>> {
    let max = match batching {
        Batching::One => 1,
        Batching::SameText(max) | Batching::Any(max) => max.max(1),
    };
    let same_text = matches!(batching, Batching::SameText(_));
    let mut batches: Vec<Vec<(M, Sms)>> = Vec::new();
    for (message, sms) in ready {
        // A number stands once in a request: answers are told apart by it.
        let takes = |batch: &&mut Vec<(M, Sms)>| {
            batch.len() < max
                && batch.iter().all(|(_, other)| other.to != sms.to)
                && (!same_text || batch.first().is_some_and(|(_, first)| first.text == sms.text))
        };
        match batches.iter_mut().find(takes) {
            Some(batch) => batch.push((message, sms)),
            None => batches.push(vec![(message, sms)]),
        }
    }
    // With one text goes one validity: the shortest, so that nothing comes too late.
    if same_text {
        for batch in &mut batches {
            let shortest = batch.iter().map(|(_, sms)| sms.valid_s).min().unwrap_or(1);
            for (_, sms) in batch {
                sms.valid_s = shortest;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: u32, to: &str, text: &str) -> (u32, Sms) {
        (id, Sms { to: to.to_owned(), text: text.to_owned(), client_ref: format!("kz{id}"), valid_s: 60 + id })
    }

    fn ids(batching: Batching) -> Vec<Vec<u32>> {
        let ready = vec![
            message(1, "a", "x"),
            message(2, "b", "y"),
            message(3, "c", "x"),
            message(4, "a", "x"),
            message(5, "d", "x"),
        ];
        batches(batching, ready).iter().map(|batch| batch.iter().map(|(id, _)| *id).collect()).collect()
    }

    #[test]
    fn messages_share_a_request_as_far_as_the_provider_allows() {
        assert_eq!(ids(Batching::One), [[1], [2], [3], [4], [5]]);
        assert_eq!(ids(Batching::Any(3)), [vec![1, 2, 3], vec![4, 5]]);
        assert_eq!(ids(Batching::SameText(9)), [vec![1, 3, 5], vec![2], vec![4]]);
    }

    #[test]
    fn one_text_has_the_shortest_validity() {
        let batch = batches(Batching::SameText(9), vec![message(9, "a", "x"), message(1, "b", "x")]).remove(0);
        assert!(batch.iter().all(|(_, sms)| sms.valid_s == 61));
    }
}
