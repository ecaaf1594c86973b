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
