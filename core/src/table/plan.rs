//! Pure: what a verb sends, from what was read and what is wanted.

use crate::db::Issued;
use crate::entity::{Entity, Schema};
use crate::error::Result;
use crate::expr::{Action, Compiler, Condition, Path};
use crate::lock::{Expected, HeldJournal, Left, Lock, Operation, Write};
use crate::value::{AttributeValue, Item};
use crate::wire::WriteRequest;

/// A write that is ready to be sent, and what it will have done.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) issued: Issued,
    pub(super) write: Write,
    pub(super) request: WriteRequest,
    /// The item that the write leaves; empty for a delete.
    pub(super) leaves: Item,
}

/// A put of a new item, and the lock it leaves.
pub(super) fn insert<E: Entity>(
    item: Item,
    issued: Issued,
    writers: u8,
) -> Result<(Planned, Left)> {
    let expected = Expected::New;
    let left = expected.next(&E::SCHEMA.lock, issued.id, writers)?;
    let mut leaves = item;
    for action in stamp(E::SCHEMA, &left) {
        action.apply(&mut leaves);
    }
    let request = WriteRequest::Put {
        item: leaves.clone(),
        expression: Compiler::default()
            .condition(&lock_condition(E::SCHEMA, &expected))
            .finish(),
    };
    let planned = Planned {
        issued,
        write: write(Operation::Insert, issued, expected, Some(left.clone())),
        request,
        leaves,
    };
    Ok((planned, left))
}

/// An update of what was read by these changes, and the lock it leaves.
pub(super) fn update<E: Entity>(
    key: &Item,
    image: &Item,
    expected: &Expected,
    mut actions: Vec<Action>,
    issued: Issued,
    writers: u8,
) -> Result<(Planned, Left)> {
    let left = expected.next(&E::SCHEMA.lock, issued.id, writers)?;
    actions.extend(stamp(E::SCHEMA, &left));
    let mut leaves = image.clone();
    for action in &actions {
        action.apply(&mut leaves);
    }
    let request = WriteRequest::Update {
        key: key.clone(),
        expression: Compiler::default()
            .update(&actions)
            .condition(&lock_condition(E::SCHEMA, expected))
            .finish(),
    };
    let planned = Planned {
        issued,
        write: write(
            Operation::Update,
            issued,
            expected.clone(),
            Some(left.clone()),
        ),
        request,
        leaves,
    };
    Ok((planned, left))
}

/// A delete of what was read.
pub(super) fn delete<E: Entity>(key: &Item, expected: &Expected, issued: Issued) -> Planned {
    let request = WriteRequest::Delete {
        key: key.clone(),
        expression: Compiler::default()
            .condition(&lock_condition(E::SCHEMA, expected))
            .finish(),
    };
    Planned {
        issued,
        write: write(Operation::Delete, issued, expected.clone(), None),
        request,
        leaves: Item::new(),
    }
}

fn write(operation: Operation, issued: Issued, expected: Expected, left: Option<Left>) -> Write {
    Write {
        operation,
        id: issued.id,
        expected,
        left,
    }
}

/// Sets lock and journal.
fn stamp(schema: &Schema, left: &Left) -> Vec<Action> {
    let lock = Action::Set(
        Path::attribute(schema.lock.attribute),
        left.lock.to_attribute(),
    );
    let journal = schema.lock.journal.zip(left.journal.as_ref());
    std::iter::once(lock)
        .chain(
            journal.map(|(name, journal)| {
                Action::Set(Path::attribute(name), bytes(journal.to_bytes()))
            }),
        )
        .collect()
}

/// The condition that the item is still as expected (`ARCHITECTURE.md`, "Origins of a handle").
fn lock_condition(schema: &Schema, expected: &Expected) -> Condition {
    let partition_key = Path::attribute(schema.key.partition.0);
    let lock = Path::attribute(schema.lock.attribute);
    let (held, journal) = match expected {
        Expected::New => return Condition::Missing(partition_key),
        Expected::Legacy => {
            return Condition::All(vec![
                Condition::Exists(partition_key),
                Condition::Missing(lock),
            ]);
        }
        Expected::Held { lock, journal } => (lock, journal),
    };
    let unmoved = Condition::Equals(lock, held.to_attribute());
    let Some(name) = schema.lock.journal.map(Path::attribute) else {
        return unmoved;
    };
    let same_life = match (journal, held) {
        // A UUID belongs to one life of one item; a version may come back in the next.
        (HeldJournal::Off, _) | (HeldJournal::Kept(_), Lock::Uuid(_)) => return unmoved,
        (HeldJournal::Kept(journal), Lock::Version(_)) => {
            Condition::BeginsWith(name, bytes(journal.prefix()))
        }
        (HeldJournal::Missing, _) => Condition::Missing(name),
        (HeldJournal::Unreadable(raw), _) => Condition::Equals(name, raw.clone()),
    };
    Condition::All(vec![unmoved, same_life])
}

fn bytes(bytes: Vec<u8>) -> AttributeValue {
    AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(bytes))
}
