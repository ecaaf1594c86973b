use crate::entity::Schema;
use crate::expr::{Action, Path, Tree};
use crate::lock::{Expected, HeldJournal, Lock, Mark};

/// Sets lock and journal.
pub(super) fn stamp(schema: &Schema, mark: &Mark) -> impl Iterator<Item = Action> + use<> {
    let set = |name, value| Action::Set(Path::attribute(name), value);
    let lock = mark.lock.as_ref();
    let lock = lock.map(|lock| set(schema.lock.attribute, lock.to_attribute()));
    let journal = schema.lock.journal.zip(mark.journal.as_ref());
    let journal = journal.map(|(name, journal)| set(name, journal.to_attribute()));
    lock.into_iter().chain(journal)
}

/// The condition that the item is still as expected (`ARCHITECTURE.md`, "Origins of a handle").
pub(super) fn lock_condition(schema: &Schema, expected: &Expected) -> Tree {
    let partition_key = Path::attribute(schema.key.partition.name);
    let lock = Path::attribute(schema.lock.attribute);
    let unmoved = match expected {
        Expected::New => return Tree::Missing(partition_key),
        Expected::Unlocked => return Tree::Exists(partition_key),
        Expected::Legacy(_) => Tree::Exists(partition_key).and(Tree::Missing(lock)),
        Expected::Held { lock: held, .. } => Tree::equals(lock, held.to_attribute()),
    };
    let (Expected::Legacy(journal) | Expected::Held { journal, .. }, Some(name)) =
        (expected, schema.lock.journal.map(Path::attribute))
    else {
        return unmoved;
    };
    match journal {
        HeldJournal::Off => unmoved,
        // A UUID belongs to one life of one item; a version may come back in the next.
        HeldJournal::Kept(_) if matches!(expected.lock(), Some(Lock::Uuid(_))) => unmoved,
        HeldJournal::Kept(journal) => {
            unmoved.and(Tree::BeginsWith(name, journal.prefix_attribute()))
        }
        HeldJournal::Missing => unmoved.and(Tree::Missing(name)),
        HeldJournal::Replaced(raw) => unmoved.and(Tree::equals(name, raw.clone())),
    }
}
