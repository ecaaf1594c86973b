//! What became of a write whose answer is missing or doubtful, from what an image of the item shows.
//!
//! This is the whole verdict: nothing that sends or plans overrides it. `model.rs` explores it.

#[cfg(test)]
mod tests;

use super::{Expected, Journal, Lock, Mark, Seen, WriteId};

/// What a write does to its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Insert,
    Update,
    Delete,
}

/// A write as it was sent: the same id and condition in every copy.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) operation: Operation,
    pub(crate) id: WriteId,
    /// Of an insert: nothing, or the lock of an item that has expired.
    pub(crate) expected: Expected,
    /// `None` for a delete.
    pub(crate) mark: Option<Mark>,
    /// The caller has a condition of its own.
    pub(crate) conditioned: bool,
}

/// Where an image comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// It came with the refusal of the write.
    Refusal,
    /// The write was refused without an image; it was read, consistently, afterwards.
    ReadAfterRefusal,
    /// It was read, consistently, after the write was sent; no copy was refused last.
    Read,
}

/// What is known besides the write itself.
pub(crate) struct Evidence<'a> {
    /// The item, or that there is none.
    pub(crate) image: Option<&'a Seen>,
    /// Whether the image still has the values that the write compares besides the lock: list elements, and whatever it
    /// replaces where there is no lock.
    pub(crate) guard_holds: bool,
    /// The image has expired at the moment that the write names, and the entity hides such items: an insert may replace it,
    /// no other write may touch it.
    pub(crate) expired: bool,
    pub(crate) source: Source,
    /// Whether this `Db` issued an id before it issued the write's.
    pub(crate) issued_before: &'a dyn Fn(&WriteId) -> bool,
    /// Exactly one attempt was made, and it was answered `ConditionalCheckFailed`.
    pub(crate) answered_once: bool,
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It landed.
    Landed,
    /// The lock is as expected: what refused it was the user's own condition. Nothing landed.
    ConditionRefused,
    /// Not landed yet, but a copy under way still may: send the same write again.
    NotYet,
    /// Proved not landed: a real conflict.
    NotLanded,
    /// Not landed, unless the network delivers twice.
    NotLandedWeak,
    /// The evidence is gone.
    Unknown,
    /// It was refused, although everything that it compares is as expected. Nothing landed.
    Inexplicable,
    /// An insert found an item that is not its own.
    Exists,
    /// An insert found nothing that counts, and is not there: an item that has expired, or none where one had. The same
    /// insert goes on to what is there now.
    Vacant,
    /// A delete found no item, and did not remove it; or an update or delete found, under its lock, an item that has
    /// expired. Nothing landed.
    NotFound,
    /// A delete finds its item gone, by itself or by another.
    Gone,
}

/// Judges a write by the rows of the table in `ARCHITECTURE.md`, "Judging".
pub(crate) fn judge(write: &Write, evidence: &Evidence<'_>) -> Verdict {
    if bears_mark(write, evidence.image) {
        return Verdict::Landed;
    }
    if is_unmoved(write, evidence) {
        return judge_unmoved(write, evidence);
    }
    match write.operation {
        Operation::Insert => judge_insert(write, evidence),
        Operation::Update => judge_update(write, evidence),
        Operation::Delete => judge_delete(write, evidence),
    }
}

/// A fresh id can stand in an item only because the write that carries it landed, whatever else cannot be read there.
fn bears_mark(write: &Write, image: Option<&Seen>) -> bool {
    let Some((mark, image)) = write.mark.as_ref().zip(image) else {
        return false;
    };
    let in_lock = matches!(mark.lock, Some(Lock::Uuid(_))) && image.lock() == mark.lock.as_ref();
    let in_journal = image
        .kept()
        .is_some_and(|seen| seen.birth == write.id || seen.entries.contains(&write.id));
    in_lock || in_journal
}

/// Whether the image is what the write looks for: its lock, and of an insert over what has expired, just that item.
fn is_unmoved(write: &Write, evidence: &Evidence<'_>) -> bool {
    let over = write.operation == Operation::Insert && evidence.image.is_some();
    write.expected.holds(evidence.image) && (!over || evidence.expired && evidence.guard_holds)
}

/// The image cannot speak: only a copy that was the only one, and was answered, is known.
fn mute(evidence: &Evidence<'_>) -> Verdict {
    if evidence.answered_once {
        Verdict::NotLandedWeak
    } else {
        Verdict::Unknown
    }
}

/// The lock is as the write expects it.
fn judge_unmoved(write: &Write, evidence: &Evidence<'_>) -> Verdict {
    let comes_back = !write.expected.is_final();
    let expired = evidence.expired && write.operation != Operation::Insert;
    match evidence.source {
        // Nothing in the item tells one copy from another's write: a second copy could be carried out too.
        Source::Read if write.expected == Expected::Unlocked => Verdict::Unknown,
        Source::Read if !expired => Verdict::NotYet,
        // A tool that moves no lock was here. It may bring back what the write compares, and with it a late copy.
        _ if !evidence.guard_holds => mute(evidence),
        // All copies name one moment, at which this item has expired: none can land while the lock stands.
        _ if expired && comes_back && !evidence.answered_once => Verdict::Unknown,
        _ if expired => Verdict::NotFound,
        // The same of what the user's condition looks at, unless a lock that never comes back stands beside it.
        _ if write.conditioned && comes_back && !evidence.answered_once => Verdict::Unknown,
        _ if write.conditioned => Verdict::ConditionRefused,
        // What refused it has passed meanwhile.
        Source::ReadAfterRefusal if write.expected == Expected::Unlocked => mute(evidence),
        Source::ReadAfterRefusal => Verdict::NotYet,
        _ if evidence.answered_once => Verdict::Inexplicable,
        _ => Verdict::Unknown,
    }
}

fn judge_insert(write: &Write, evidence: &Evidence<'_>) -> Verdict {
    let journaled = write.mark.as_ref().is_some_and(|m| m.journal.is_some());
    let vacant = evidence.image.is_none() || evidence.expired;
    match evidence.source {
        _ if !journaled && !evidence.answered_once => Verdict::Unknown,
        Source::Read if vacant => Verdict::NotYet,
        _ if vacant => Verdict::Vacant,
        _ => Verdict::Exists,
    }
}

fn judge_update(write: &Write, evidence: &Evidence<'_>) -> Verdict {
    let birth = write.mark.as_ref().and_then(|m| m.journal.as_ref());
    let Some(life) = birth.and_then(|left| Life::of(left.birth, write, evidence)) else {
        return mute(evidence);
    };
    let read = write.expected.journal();
    let earlier = |id: &WriteId| {
        read.is_some_and(|read| read.entries.contains(id)) || (evidence.issued_before)(id)
    };
    let entries = &life.journal.entries;
    let mut mine = entries.iter().filter(|id| id.writer() == write.id.writer());
    if !mine.all(earlier) {
        return Verdict::Unknown; // two machines share one writer id
    }
    let few_passed = life
        .passed
        .is_some_and(|passed| passed <= u64::from(life.journal.writers));
    if life.journal.has_room() || few_passed || entries.iter().any(earlier) {
        Verdict::NotLanded
    } else {
        Verdict::Unknown
    }
}

fn judge_delete(write: &Write, evidence: &Evidence<'_>) -> Verdict {
    let Some(image) = evidence.image else {
        return if evidence.answered_once {
            Verdict::NotFound
        } else {
            Verdict::Gone
        };
    };
    let Some(read) = write.expected.journal() else {
        return mute(evidence);
    };
    match Life::of(read.birth, write, evidence) {
        Some(_) => Verdict::NotLanded,
        None if evidence.answered_once => Verdict::NotLandedWeak,
        None if image.kept().is_some_and(|seen| seen.birth != read.birth) => Verdict::Gone,
        None => Verdict::Unknown,
    }
}

/// What an image shows of the life that a write belongs to.
struct Life<'a> {
    journal: &'a Journal,
    /// How many versions passed since the read.
    passed: Option<u64>,
}

impl<'a> Life<'a> {
    /// Speaks only where the lock reads, the life is the write's, and its version has not been set back.
    fn of(birth: WriteId, write: &Write, evidence: &Evidence<'a>) -> Option<Self> {
        let image = evidence.image?;
        let journal = image.kept().filter(|seen| seen.birth == birth)?;
        let passed = match (image.lock()?.version(), write.expected.version()) {
            (Some(now), Some(read)) => Some(now.checked_sub(read)?),
            _ => None,
        };
        Some(Self { journal, passed })
    }
}
