use super::{Evidence, Operation, Source, Verdict, Write, judge};

/// How doubtful writes are judged: by evidence, or as others do, for tests that show the difference. Never in a service.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Judging {
    /// By the evidence in the item.
    #[default]
    Evidence,
    /// A refusal is a conflict.
    EveryRefusalIsAConflict,
    /// A refusal is a conflict, unless the item's last writer is this write.
    LastWriterOnly,
}

impl Judging {
    pub(crate) fn judge(self, write: &Write, evidence: &Evidence<'_>) -> Verdict {
        let last_writer = evidence
            .image
            .and_then(|image| image.kept()?.entries.first().copied());
        let refused = evidence.source != Source::Read && write.operation == Operation::Update;
        match self {
            Self::EveryRefusalIsAConflict if refused => Verdict::NotLanded,
            Self::LastWriterOnly if refused && last_writer != Some(write.id) => Verdict::NotLanded,
            _ => judge(write, evidence),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Judging::{EveryRefusalIsAConflict, LastWriterOnly};
    use super::Operation::{Insert, Update};
    use super::*;
    use crate::lock::{Expected, LockKind, LockSchema, Mark, Seen, WriteId, WriterId};
    use crate::value::Item;

    /// A write that landed, and another writer's after it: only the evidence tells what became of the first.
    #[test]
    fn the_judges_of_others_call_a_landed_update_a_conflict() {
        let schema = LockSchema {
            kind: LockKind::Version,
            attribute: "version",
            journal: Some("journal"),
        };
        let fresh = || WriteId::fresh(WriterId::fresh());
        let shown = |mark: &Mark| {
            let mut item = Item::new();
            mark.write_into(&schema, &mut item);
            Seen::of(&schema, &item)
        };
        let id = fresh();
        let mark = Expected::New.next(&schema, id, 8).unwrap();
        let last = shown(&mark);
        let overwritten = Expected::from(mark.clone());
        let overwritten = shown(&overwritten.next(&schema, fresh(), 8).unwrap());
        let verdict = |judging: Judging, operation, image, source| {
            let write = Write {
                operation,
                id,
                expected: Expected::New,
                mark: Some(mark.clone()),
                conditioned: false,
            };
            let evidence = Evidence {
                image: Some(image),
                guard_holds: true,
                expired: false,
                source,
                issued_before: &|_| false,
                answered_once: false,
            };
            judging.judge(&write, &evidence)
        };
        for judging in [Judging::Evidence, EveryRefusalIsAConflict, LastWriterOnly] {
            for image in [&last, &overwritten] {
                let of = |operation, source| verdict(judging, operation, image, source);
                assert_eq!(of(Update, Source::Read), Verdict::Landed);
                assert_eq!(of(Insert, Source::Refusal), Verdict::Landed);
            }
        }
        for (judging, image, told) in [
            (Judging::Evidence, &last, Verdict::Landed),
            (Judging::Evidence, &overwritten, Verdict::Landed),
            (EveryRefusalIsAConflict, &last, Verdict::NotLanded),
            (EveryRefusalIsAConflict, &overwritten, Verdict::NotLanded),
            (LastWriterOnly, &last, Verdict::Landed),
            (LastWriterOnly, &overwritten, Verdict::NotLanded),
        ] {
            let verdict = verdict(judging, Update, image, Source::Refusal);
            assert_eq!(verdict, told, "{judging:?}");
        }
    }
}
