use super::Wanted;
use crate::error::Result;
use crate::expr::{Condition, Guard, Path};
use crate::value::Item;

/// What a caller asks of a write besides its change: a condition, and values that must be unchanged.
#[derive(Debug)]
pub(crate) struct Preconditions<E> {
    condition: Option<Condition<E>>,
    guards: Vec<Path>,
}

impl<E> Default for Preconditions<E> {
    fn default() -> Self {
        Self {
            condition: None,
            guards: Vec::new(),
        }
    }
}

impl<E> Preconditions<E> {
    /// Adds a condition; several must all hold.
    pub(crate) fn require(&mut self, condition: Condition<E>) {
        self.condition = Some(match self.condition.take() {
            Some(earlier) => earlier & condition,
            None => condition,
        });
    }

    /// Adds a place that must be unchanged.
    pub(crate) fn guard(&mut self, path: Path) {
        self.guards.push(path);
    }

    /// These preconditions, for a write that is based on `image`.
    pub(crate) fn on(&self, image: &Item) -> Result<Wanted> {
        let mut guard = Guard::default();
        for path in &self.guards {
            guard.keep(path.clone(), path.find(image).cloned());
        }
        Ok(Wanted {
            actions: Vec::new(),
            guard,
            condition: self
                .condition
                .clone()
                .map(Condition::into_tree)
                .transpose()?,
        })
    }
}
