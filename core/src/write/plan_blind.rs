//! Pure: what a verb that reads nothing sends. It moves the lock all the same.

use super::Expired;
use super::condition::lock_condition;
use super::plan::{Planner, Wanted, check_size};
use crate::entity::{AttributeSchema, Expiry, Schema};
use crate::error::Result;
use crate::expr::{Action, Assignment, Compiled, Compiler, Guard, Path, Tree};
use crate::key::Target;
use crate::lock::{Expected, Journal, LockKind, MAX_VERSION, Seen};
use crate::value::{AttributeValue, Item};
use crate::wire::{Returns, WriteOperation, WriteRequest};

impl Planner<'_> {
    /// A change of an item that need not be there if `or_insert`.
    pub(crate) fn apply(
        self,
        wanted: Wanted,
        or_insert: bool,
        returns: Returns,
    ) -> Result<(WriteRequest, Expired)> {
        let expired = match self.expiry {
            None => Expired::Counts,
            Some(expiry) if or_insert => Expired::Removed(expiry),
            Some(expiry) => Expired::Missing(expiry),
        };
        let conditions = self.exists(or_insert).into_iter();
        // A value under an older name would not be seen.
        let touched =
            |a: &&AttributeSchema| wanted.actions.iter().any(|w| w.path().root() == a.name);
        let aliased = self.schema.attributes.iter().filter(touched).flat_map(|a| {
            let own = Path::attribute(a.name);
            let missing = |alias: &&'static str| Tree::Missing(Path::attribute(alias));
            a.aliases
                .iter()
                .map(move |alias| Tree::Exists(own.clone()).or(missing(alias)))
        });
        let lives = self.expiry.map(|expiry| expiry.is_not_past_condition());
        let conditions = conditions.chain(aliased).chain(lives);
        let conditions = conditions.chain(wanted.condition).collect();
        let request = self.update_blindly(wanted.actions, conditions, returns)?;
        Ok((request, expired))
    }

    /// A put of an item, whatever is there.
    pub(crate) fn put_unchecked(
        self,
        mut item: Item,
        condition: Option<Tree>,
    ) -> Result<(WriteRequest, Expired)> {
        let (condition, expired) = self.asked_of_what_lives(condition);
        let schema = &self.schema.lock;
        if schema.kind == LockKind::Version && schema.journal.is_none() {
            // Version 1 again would let the holder of an older version 1 pass.
            check_size(&item)?;
            let names = self.schema.attributes.iter();
            let names = names.flat_map(|a| std::iter::once(&a.name).chain(a.aliases));
            let names = names.chain(self.schema.kind.as_ref().map(|kind| &kind.attribute));
            let assignments = names.map(|name| Assignment {
                path: Path::attribute(name),
                value: item.remove(*name),
            });
            let actions = assignments.map(Action::from).collect();
            let conditions = condition.into_iter().collect();
            let request = self.update_blindly(actions, conditions, Returns::Nothing)?;
            return Ok((request, expired));
        }
        let (id, writers) = (self.issued.id, self.writers);
        let mut mark = Expected::New.next(schema, id, writers)?;
        mark.journal = mark.journal.map(|_| Journal::newborn(id, writers));
        mark.write_into(schema, &mut item);
        check_size(&item)?;
        let request = self.request_if(WriteOperation::Put { item }, condition)?;
        Ok((request, expired))
    }

    /// A delete of an item, whatever is there.
    pub(crate) fn delete_unchecked(
        self,
        condition: Option<Tree>,
    ) -> Result<(WriteRequest, Expired)> {
        let (condition, expired) = self.asked_of_what_lives(condition);
        let own = self.schema.kind.and_then(|_| self.exists(true));
        let conditions = own.into_iter().chain(condition);
        let request = self.request_if(WriteOperation::Delete, conditions.reduce(Tree::and))?;
        Ok((request, expired))
    }

    /// There is an item of the entity's kind, or none at all if that will do.
    fn exists(&self, or_none: bool) -> Option<Tree> {
        let key = Path::attribute(self.schema.key.partition.name);
        match (self.schema.kind, or_none) {
            (None, true) => None,
            (None, false) => Some(Tree::Exists(key)),
            (Some(kind), true) => Some(Tree::Missing(key).or(kind.test())),
            (Some(kind), false) => Some(kind.test()),
        }
    }

    /// A caller's condition is not asked of an item that has expired. Without one it does not matter what is there.
    fn asked_of_what_lives(&self, condition: Option<Tree>) -> (Option<Tree>, Expired) {
        match (self.expiry, condition) {
            (Some(expiry), Some(condition)) => {
                let lives = expiry.is_not_past_condition();
                (Some(lives.and(condition)), Expired::Removed(expiry))
            }
            (_, condition) => (condition, Expired::Counts),
        }
    }

    fn request_if(
        &self,
        operation: WriteOperation,
        condition: Option<Tree>,
    ) -> Result<WriteRequest> {
        let expression = match condition {
            Some(condition) => Compiler::default().condition(condition)?.finish()?,
            None => Compiled::default(),
        };
        Ok(self.request(operation, expression))
    }

    fn request(&self, operation: WriteOperation, expression: Compiled) -> WriteRequest {
        WriteRequest {
            target: self.target.clone(),
            operation,
            expression,
        }
    }

    /// An update that moves the lock and starts a journal where there is none.
    fn update_blindly(
        self,
        mut actions: Vec<Action>,
        mut conditions: Vec<Tree>,
        returns: Returns,
    ) -> Result<WriteRequest> {
        let schema = &self.schema.lock;
        let lock = Path::attribute(schema.attribute);
        match schema.kind {
            LockKind::Version => {
                actions.push(Action::Add {
                    path: lock.clone(),
                    from: number(0),
                    by: number(1),
                });
                let below = Tree::below(lock.clone(), number(MAX_VERSION));
                // Without its version a journal cannot go on: starting again at 1 would be another life under the old birth.
                let starts = match schema.journal {
                    Some(journal) => {
                        Tree::Missing(lock).and(Tree::Missing(Path::attribute(journal)))
                    }
                    None => Tree::Missing(lock),
                };
                conditions.push(starts.or(below));
            }
            LockKind::Uuid => {
                let uuid = AttributeValue::S(self.issued.id.to_string());
                actions.push(Action::Set(lock, uuid));
            }
            LockKind::Values => {}
        }
        if let Some(journal) = schema.journal {
            let newborn = Journal::newborn(self.issued.id, self.writers).to_attribute();
            actions.push(Action::SetIfMissing(Path::attribute(journal), newborn));
        }
        let compiler = Compiler::default().update(actions)?;
        let expression = match conditions.into_iter().reduce(Tree::and) {
            Some(condition) => compiler.condition(condition)?.finish()?,
            None => compiler.finish()?,
        };
        Ok(self.request(WriteOperation::Update { returns }, expression))
    }
}

/// The delete of an item that has expired, as the image shows it.
pub(super) fn remove_expired(
    schema: &Schema,
    target: &Target,
    image: &Item,
    expiry: Expiry,
) -> Result<WriteRequest> {
    let expected = Expected::after(&schema.lock, Seen::of(&schema.lock, image))?;
    let mut guard = Guard::default();
    if expected.lock().is_none() {
        expiry.guard(image, &mut guard);
    }
    let condition = guard.condition().into_iter().fold(
        lock_condition(schema, &expected).and(expiry.is_past_condition()),
        Tree::and,
    );
    Ok(WriteRequest {
        target: target.clone(),
        operation: WriteOperation::Delete,
        expression: Compiler::default().condition(condition)?.finish()?,
    })
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
