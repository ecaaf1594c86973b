//! Pure: what has become of the operations of one chunk.

use std::sync::Arc;

use super::operation::Operation;
use super::report::{Undone, Why};
use crate::error::{Error, ErrorKind, Source};
use crate::key::{Key, Target};
use crate::value::Item;
use crate::wire::{Unprocessed, WriteRequest};

/// Operations that are written together. A *part* is a list of their places that goes into one request.
pub(super) struct Writing {
    operations: Vec<Operation>,
    /// For each operation, once it is known.
    fates: Vec<Option<Fate>>,
    /// What is still to be sent, the next last.
    parts: Vec<Part>,
    /// Why the last copy that was not answered was not.
    lost: Option<Source>,
}

pub(super) type Part = Vec<usize>;

/// What became of an operation.
pub(super) type Fate = Result<(), Undone>;

impl Writing {
    /// All in one part; but not what is in doubt, unless it may be sent again.
    pub(super) fn new(operations: Vec<Operation>, sole_writer: bool) -> Self {
        let sent = |place: &usize| sole_writer || !operations[*place].in_doubt;
        let part: Part = (0..operations.len()).filter(sent).collect();
        Self {
            fates: operations.iter().map(|_| None).collect(),
            parts: if part.is_empty() { vec![] } else { vec![part] },
            operations,
            lost: None,
        }
    }

    /// What is to be sent next.
    pub(super) fn next_part(&mut self) -> Option<Part> {
        self.parts.pop()
    }

    /// The writes of a part. What does not encode again is given up, and is no longer in the part.
    pub(super) fn requests(&mut self, part: &mut Part) -> Vec<WriteRequest> {
        let mut requests = Vec::with_capacity(part.len());
        part.retain(|place| {
            let operation = &mut self.operations[*place];
            match operation.request() {
                Ok(request) => requests.push(request),
                Err(error) => {
                    let undone = Undone::new(Why::Refused, error.at(operation.target()));
                    self.fates[*place] = Some(Err(undone));
                    return false;
                }
            }
            true
        });
        requests
    }

    /// Takes an answer to a part: what it does not leave was carried out. `None`, and nothing is settled, if it leaves what
    /// was not in the part.
    pub(super) fn take(&mut self, part: &Part, left: &[Unprocessed]) -> Option<Part> {
        let mut open = Part::with_capacity(left.len());
        for unprocessed in left {
            let is_it = |place: &&usize| {
                let target = self.operations[**place].target();
                let key = Key::of_item(target.schema(), &unprocessed.item);
                **target.table() == *unprocessed.table && key.as_ref() == Some(target.key())
            };
            open.push(*part.iter().find(is_it)?);
        }
        open.sort_unstable();
        open.dedup();
        for place in part {
            if open.binary_search(place).is_err() {
                self.fates[*place] = Some(Ok(()));
            }
        }
        Some(open)
    }

    /// A part was refused as a whole. Whom it is about is found out: by table first, then by halves. Where it is about the
    /// table, all that are left are meant.
    pub(super) fn refuse(&mut self, part: Part, error: Error, is_missing_table: bool) {
        let table = |place: &usize| Arc::clone(self.operations[*place].target().table());
        let Some(first) = part.first().map(table) else {
            return;
        };
        if part.iter().any(|place| table(place) != first) {
            let (own, others) = part.into_iter().partition(|place| table(place) == first);
            self.parts.push(others);
            self.parts.push(own);
        } else if part.len() > 1 && !is_missing_table {
            let (first, second) = part.split_at(part.len() / 2);
            self.parts.push(second.to_vec());
            self.parts.push(first.to_vec());
        } else {
            self.give_up(&part, Why::Refused, error);
        }
    }

    /// A copy of a part was sent and not answered.
    pub(super) fn doubt(&mut self, part: &Part) {
        for place in part {
            self.operations[*place].in_doubt = true;
        }
    }

    /// Why a copy was not answered that no other will follow.
    pub(super) fn lost(&mut self, cause: Source) {
        self.lost = Some(cause);
    }

    /// A part will not be sent again.
    pub(super) fn give_up(&mut self, part: &Part, why: Why, error: Error) {
        let targets = part.iter().map(|place| self.operations[*place].target());
        let errors = error.of_each(targets);
        for (place, error) in part.iter().zip(errors) {
            self.fates[*place] = Some(Err(Undone::new(why, error)));
        }
    }

    /// What may have been carried out, and is not known to have been: a part for each table.
    pub(super) fn in_doubt(&self) -> Vec<Part> {
        let mut parts: Vec<Part> = Vec::new();
        for (place, operation) in self.operations.iter().enumerate() {
            if !operation.in_doubt || matches!(self.fates[place], Some(Ok(()))) {
                continue;
            }
            let table = operation.target().table();
            let of_table = |part: &&mut Part| self.operations[part[0]].target().table() == table;
            match parts.iter_mut().find(of_table) {
                Some(part) => part.push(place),
                None => parts.push(vec![place]),
            }
        }
        parts
    }

    pub(super) fn targets(&self, part: &Part) -> Vec<Target> {
        let targets = part.iter().map(|place| self.operations[*place].target());
        targets.cloned().collect()
    }

    /// Judges operations in doubt by what was read since.
    pub(super) fn judge(&mut self, part: &Part, images: impl Iterator<Item = Option<Item>>) {
        let cause = self.lost.take();
        let unknown = self.unknown(
            part,
            "the item, as it was read since, shows no trace of it",
            cause,
        );
        for ((place, unknown), image) in part.iter().zip(unknown).zip(images) {
            let is_shown = self.operations[*place].is_shown_by(image.as_ref());
            let unknown = || Undone::new(Why::Unknown, unknown.showing(image));
            self.fates[*place] = Some(if is_shown { Ok(()) } else { Err(unknown()) });
        }
    }

    /// Operations in doubt whose items could not be read.
    pub(super) fn stay_unknown(&mut self, part: &Part, error: Error) {
        let why = "the read that was to show what became of it failed";
        let unknown = self.unknown(part, why, Some(error.into()));
        for (place, unknown) in part.iter().zip(unknown) {
            self.fates[*place] = Some(Err(Undone::new(Why::Unknown, unknown)));
        }
    }

    fn unknown(&self, part: &Part, why: &str, cause: Option<Source>) -> Vec<Error> {
        let message = format!(
            "an answer was lost, and {why}: it may have been carried out or may yet be. Read the item and decide; where \
             nobody else writes these keys, `.sole_writer()` sends it again"
        );
        let error = Error::new(ErrorKind::OutcomeUnknown, message).caused_by(cause);
        let operations = || part.iter().map(|place| &self.operations[*place]);
        let errors = error
            .of_each(operations().map(|operation| operation.target()))
            .into_iter();
        let errors = errors.zip(operations());
        errors
            .map(|(error, operation)| error.of_write(operation.id()))
            .collect()
    }

    /// Each operation, and what became of it.
    pub(super) fn into_fates(self) -> impl Iterator<Item = (Operation, Fate)> {
        let fates = self.operations.into_iter().zip(self.fates);
        fates.map(|(operation, fate)| {
            let fate = fate.unwrap_or_else(|| Err(Undone::unsent(operation.target())));
            (operation, fate)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::operation::tests::{delete, put, put_in};
    use super::*;
    use crate::value::AttributeValue;

    fn left(table: &str, ids: &[&str]) -> Vec<Unprocessed> {
        let unprocessed = |id: &&str| Unprocessed {
            table: table.into(),
            item: Item::from([("id".into(), AttributeValue::N((*id).into()))]),
        };
        ids.iter().map(unprocessed).collect()
    }

    fn whys(writing: Writing) -> Vec<Option<Why>> {
        let fates = writing.into_fates();
        fates
            .map(|(_, fate)| fate.err().map(|undone| undone.why()))
            .collect()
    }

    #[test]
    fn what_is_left_is_known_by_its_key_and_the_rest_was_carried_out() {
        let mut writing = Writing::new((1..5).map(put).collect(), false);
        let part = writing.next_part().unwrap();
        let open = writing.take(&part, &left("t", &["3.0", "1", "1"]));
        assert_eq!(open, Some(vec![0, 2]));
        for foreign in [left("t", &["5"]), left("other", &["1"]), left("t", &[])] {
            let open = writing.take(&vec![0, 2], &foreign);
            assert_eq!(open, foreign.is_empty().then(Vec::new));
        }
        assert_eq!(whys(writing), [None; 4]);
    }

    #[test]
    fn a_refused_part_is_split_by_table_then_in_halves() {
        let operations = || [put_in("a", 1, 1), put(1), put_in("a", 2, 1), put(2), put(3)];
        let mut writing = Writing::new(operations().into(), false);
        let mut sent = Vec::new();
        while let Some(part) = writing.next_part() {
            sent.push(part.clone());
            if part.contains(&3) {
                writing.refuse(part, Error::invalid("poison"), false);
            } else {
                assert_eq!(writing.take(&part, &[]), Some(vec![]));
            }
        }
        let halves = [vec![1, 3, 4], vec![1], vec![3, 4], vec![3], vec![4]];
        let wanted = [vec![vec![0, 1, 2, 3, 4], vec![0, 2]], halves.to_vec()].concat();
        assert_eq!(sent, wanted);
        let refused = Some(Why::Refused);
        assert_eq!(whys(writing), [None, None, None, refused, None]);
    }

    #[test]
    fn a_missing_table_refuses_its_entries_at_once() {
        let operations = vec![put_in("a", 1, 1), put(1), put_in("a", 2, 1)];
        let mut writing = Writing::new(operations, false);
        let part = writing.next_part().unwrap();
        writing.refuse(part, Error::invalid("missing"), true);
        let part = writing.next_part().unwrap();
        assert_eq!(part, [0, 2]);
        writing.refuse(part, Error::invalid("missing"), true);
        assert_eq!(writing.next_part(), Some(vec![1]));
        assert!(writing.next_part().is_none());
    }

    #[test]
    fn what_is_in_doubt_is_sent_again_by_a_sole_writer_alone() {
        let operations = || {
            let mut doubtful = put(1);
            doubtful.in_doubt = true;
            vec![doubtful, put(2)]
        };
        let mut writing = Writing::new(operations(), true);
        assert_eq!(writing.next_part(), Some(vec![0, 1]));
        let mut writing = Writing::new(operations(), false);
        assert_eq!(writing.next_part(), Some(vec![1]));
        writing.doubt(&vec![1]);
        assert_eq!(writing.in_doubt(), [[0, 1]]);
        writing.take(&vec![1], &[]);
        assert_eq!(writing.in_doubt(), [[0]]);
        writing.judge(&vec![0], std::iter::once(None));
        assert_eq!(whys(writing), [Some(Why::Unknown), None]);
    }

    #[test]
    fn a_delete_that_left_nothing_was_carried_out() {
        let mut writing = Writing::new(vec![delete(1), delete(2), put_in("a", 1, 1)], false);
        let all = writing.next_part().unwrap();
        writing.doubt(&all);
        assert_eq!(writing.in_doubt(), [vec![0, 1], vec![2]]);
        let there = delete(2).target().key_item();
        writing.judge(&vec![0, 1], [None, Some(there)].into_iter());
        writing.stay_unknown(&vec![2], Error::invalid("no answer"));
        let unknown = Some(Why::Unknown);
        assert_eq!(whys(writing), [None, unknown, unknown]);
    }

    #[test]
    fn what_was_never_sent_is_unprocessed() {
        let writing = Writing::new(vec![put(1)], false);
        assert_eq!(whys(writing), [Some(Why::Unprocessed)]);
    }
}
