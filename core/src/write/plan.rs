//! Pure: what a write sends, from what was read and what is wanted.

use super::condition::{lock_condition, stamp};
use crate::db::Issued;
use crate::entity::{Expiry, Schema};
use crate::error::{Error, Result};
use crate::expr::{Action, Assignment, Compiler, Guard, Path, Tree};
use crate::key::Target;
use crate::lock::{Expected, Journal, Mark, Operation, Seen, Write};
use crate::value::{Item, MAX_ITEM_BYTES, item_size, largest, size_of_value};
use crate::wire::{Returns, WriteOperation, WriteRequest};

/// A write that is ready to be sent.
#[derive(Debug)]
pub(crate) struct Proposal {
    pub(crate) issued: Issued,
    pub(crate) write: Write,
    pub(crate) request: WriteRequest,
    /// What must be unchanged besides the lock: list elements, and what is replaced where there is no lock.
    pub(crate) guard: Guard,
    /// The moment that every copy names, where the entity hides what has expired.
    pub(crate) expiry: Option<Expiry>,
}

impl Proposal {
    /// The lock and journal that it leaves: none for a delete.
    pub(crate) fn mark(&self) -> &Mark {
        self.write.mark.as_ref().unwrap_or(&Mark::NONE)
    }

    /// Whether the entity hides this image: it has expired at the moment of the write.
    pub(super) fn hides(&self, image: Option<&Item>) -> bool {
        self.expiry
            .zip(image)
            .is_some_and(|(expiry, image)| expiry.is_past(image))
    }

    /// The item that an insert stored, and its lock.
    pub(crate) fn into_inserted(self) -> (Item, Mark) {
        let item = match self.request.operation {
            WriteOperation::Put { item } => item,
            WriteOperation::Update { .. } | WriteOperation::Delete => Item::new(),
        };
        (item, self.write.mark.unwrap_or(Mark::NONE))
    }
}

/// What a caller wants of a write besides the lock's part.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) actions: Vec<Action>,
    pub(crate) guard: Guard,
    pub(crate) condition: Option<Tree>,
}

/// Plans one write of one item, under an id of its own.
pub(crate) struct Planner<'a> {
    pub(crate) schema: &'static Schema,
    pub(crate) target: &'a Target,
    pub(crate) issued: Issued,
    pub(crate) expiry: Option<Expiry>,
    /// The K of a journal that begins with this write.
    pub(crate) writers: u8,
}

impl Planner<'_> {
    /// A put of a new item.
    pub(crate) fn insert(self, item: Item) -> Result<Proposal> {
        let mark = self.mark(&Expected::New)?;
        self.put(item, (Expected::New, mark), Wanted::default())
    }

    /// The put of a new item over one that has expired: as that was read, and still expired.
    pub(crate) fn insert_over(self, image: &Item, item: Item) -> Result<Proposal> {
        let lock = &self.schema.lock;
        let expected = Expected::after(lock, Seen::of(lock, image))?;
        // Without a journal nothing tells two lives apart but a version that goes on.
        let mark = self.mark(match lock.journal {
            None => &expected,
            Some(_) => &Expected::New,
        })?;
        let mut wanted = Wanted::default();
        if let Some(expiry) = &self.expiry {
            wanted.condition = Some(expiry.is_past_condition());
            if expected.lock().is_none() {
                expiry.guard(image, &mut wanted.guard);
            }
        }
        self.put(item, (expected, mark), wanted)
    }

    /// A put of a new item that holds no lane: its journal has a birth and no entry.
    pub(crate) fn insert_outside_lane(self, item: Item) -> Result<Proposal> {
        let mut mark = self.mark(&Expected::New)?;
        let newborn = |_| Journal::newborn(self.issued.id, self.writers);
        mark.journal = mark.journal.map(newborn);
        self.put(item, (Expected::New, mark), Wanted::default())
    }

    fn put(
        self,
        mut item: Item,
        (expected, mark): (Expected, Mark),
        wanted: Wanted,
    ) -> Result<Proposal> {
        mark.write_into(&self.schema.lock, &mut item);
        check_size(&item)?;
        let operation = WriteOperation::Put { item };
        let compiler = Compiler::default();
        let write = (Operation::Insert, expected, Some(mark));
        self.propose(write, operation, compiler, wanted)
    }

    /// An update by assignments, whose effect is known here.
    pub(crate) fn save(
        self,
        image: &Item,
        expected: Expected,
        assignments: &[Assignment],
        mut wanted: Wanted,
    ) -> Result<Proposal> {
        check_size_after(image, assignments)?;
        wanted.actions = fewer(assignments, image);
        self.update(image, expected, wanted, Returns::Nothing)
    }

    /// An update of what was read.
    pub(crate) fn update(
        self,
        image: &Item,
        expected: Expected,
        mut wanted: Wanted,
        returns: Returns,
    ) -> Result<Proposal> {
        let mark = self.mark(&expected)?;
        // Without a lock, what is replaced is compared.
        if expected.lock().is_none() {
            for action in &wanted.actions {
                let path = action.path();
                let replaces = matches!(action, Action::Set(..) | Action::Remove(_));
                // The time of change is no value that two writers could disagree on.
                if (replaces || path.is_in_list()) && !is_automatic(self.schema, path) {
                    wanted.guard.keep(path.clone(), path.find(image).cloned());
                }
            }
        }
        wanted.actions.extend(stamp(self.schema, &mark));
        let compiler = Compiler::default().update(std::mem::take(&mut wanted.actions))?;
        let operation = WriteOperation::Update { returns };
        let write = (Operation::Update, expected, Some(mark));
        self.propose(write, operation, compiler, wanted)
    }

    /// A delete of what was read. Without a lock, everything that the entity maps must be unchanged.
    pub(crate) fn delete(
        self,
        image: &Item,
        expected: Expected,
        mut wanted: Wanted,
    ) -> Result<Proposal> {
        if expected.lock().is_none() {
            guard_all(self.schema, image, &mut wanted.guard);
        }
        let (operation, compiler) = (WriteOperation::Delete, Compiler::default());
        self.propose(
            (Operation::Delete, expected, None),
            operation,
            compiler,
            wanted,
        )
    }

    fn mark(&self, expected: &Expected) -> Result<Mark> {
        Ok(expected.next(&self.schema.lock, self.issued.id, self.writers)?)
    }

    fn propose(
        self,
        (operation, expected, mark): (Operation, Expected, Option<Mark>),
        request: WriteOperation,
        compiler: Compiler,
        wanted: Wanted,
    ) -> Result<Proposal> {
        let insert = operation == Operation::Insert;
        let conditioned = wanted.condition.is_some() && !insert;
        let lives = self.expiry.filter(|_| !insert);
        let lives = lives.map(|expiry| expiry.is_not_past_condition());
        let condition = [lives, wanted.guard.condition(), wanted.condition]
            .into_iter()
            .flatten()
            .fold(lock_condition(self.schema, &expected), Tree::and);
        let expression = compiler.condition(condition)?.finish()?;
        Ok(Proposal {
            issued: self.issued,
            write: Write {
                operation,
                id: self.issued.id,
                expected,
                mark,
                conditioned,
            },
            request: WriteRequest {
                target: self.target.clone(),
                operation: request,
                expression,
            },
            guard: wanted.guard,
            expiry: self.expiry,
        })
    }
}

/// More changes inside one map than this replace the map whole: an expression has at most 4 KB.
const MAX_INSIDE: usize = 50;

/// Replaces maps whole where too much changed inside them. Under the lock that is the same change.
fn fewer(assignments: &[Assignment], image: &Item) -> Vec<Action> {
    let mut actions = Vec::with_capacity(assignments.len() + 2);
    let mut whole: Vec<&str> = Vec::new();
    for assignment in assignments {
        let root = assignment.path.root();
        if assignment.path.steps().is_empty() || of_root(assignments, root).count() <= MAX_INSIDE {
            actions.push(assignment.clone().into());
        } else if !whole.contains(&root) {
            whole.push(root);
            let path = assignment.path.clone().into_root();
            let mut leaves: Item = image.get_key_value(root).into_iter().map(owned).collect();
            of_root(assignments, root).for_each(|assignment| assignment.apply(&mut leaves));
            let value = leaves.remove(root);
            actions.push(Assignment { path, value }.into());
        }
    }
    actions
}

fn of_root<'a>(assignments: &'a [Assignment], root: &str) -> impl Iterator<Item = &'a Assignment> {
    assignments.iter().filter(move |a| a.path.root() == root)
}

fn owned<K: Clone, V: Clone>((key, value): (&K, &V)) -> (K, V) {
    (key.clone(), value.clone())
}

fn is_automatic(schema: &Schema, path: &Path) -> bool {
    let mut attributes = schema.attributes.iter();
    attributes.any(|attribute| attribute.automatic && attribute.name == path.root())
}

/// Everything that the entity maps must be as in the image.
pub(crate) fn guard_all(schema: &Schema, image: &Item, guard: &mut Guard) {
    for attribute in schema.attributes {
        for name in std::iter::once(&attribute.name).chain(attribute.aliases) {
            guard.keep(Path::attribute(name), image.get(*name).cloned());
        }
    }
}

/// More than lock and journal take, names included, and what a map takes for its pairs.
const MARGIN: usize = 2048;

/// Refuses an item that would be too large once the assignments are made.
fn check_size_after(image: &Item, assignments: &[Assignment]) -> Result<()> {
    let added = assignments.iter().map(|assignment| {
        let value = assignment.value.as_ref().map_or(0, size_of_value);
        assignment.path.bytes() + value
    });
    if item_size(image) + added.sum::<usize>() + MARGIN <= MAX_ITEM_BYTES {
        return Ok(());
    }
    // Close to the limit it is worth to know exactly.
    let mut leaves = image.clone();
    for assignment in assignments {
        assignment.apply(&mut leaves);
    }
    check_size(&leaves)
}

pub(super) fn check_size(item: &Item) -> Result<()> {
    let bytes = item_size(item);
    if bytes <= MAX_ITEM_BYTES {
        return Ok(());
    }
    let largest = largest(item).map_or(String::new(), |(name, bytes)| {
        format!("; the largest attribute is `{name}` with {bytes} bytes")
    });
    Err(Error::invalid(format!(
        "the item has {bytes} bytes, at most {MAX_ITEM_BYTES} are allowed{largest}"
    )))
}
