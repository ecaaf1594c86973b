use std::collections::HashMap;
use std::sync::Arc;

use super::Terms;
use crate::error::{Error, Result};
use crate::key::{Key, Target};
use crate::value::Item;
use crate::wire::{Batch, BatchGetRequest};

/// Items that are asked for together, what was answered, and what is still open.
pub(super) struct Chunk {
    items: Vec<Target>,
    /// For each item what was found.
    found: Vec<Option<Item>>,
    /// Which of the items no answer has settled.
    open: Vec<usize>,
}

impl Chunk {
    pub(super) fn new(items: &[Target]) -> Self {
        Self {
            items: items.to_vec(),
            found: items.iter().map(|_| None).collect(),
            open: (0..items.len()).collect(),
        }
    }

    /// The request for what is open; `None` if nothing is.
    pub(super) fn request(&self, terms: &Terms) -> Option<BatchGetRequest> {
        let open = || self.open.iter().map(|item| &self.items[*item]);
        Some(BatchGetRequest {
            table: Arc::clone(open().next()?.table()),
            keys: open().map(Target::key_item).collect(),
            consistent: terms.consistent,
            expression: Arc::clone(&terms.expression),
        })
    }

    /// Takes an answer. `false` if it settled nothing.
    ///
    /// # Errors
    /// It is no answer to what was asked.
    pub(super) fn take(&mut self, answer: Batch) -> Result<bool> {
        let keys = self
            .open
            .iter()
            .map(|item| (self.items[*item].key(), *item));
        let asked: HashMap<&Key, usize> = keys.collect();
        let item_of = |shown: &Item| {
            let schema = self.items.first()?.schema();
            asked.get(&Key::of_item(schema, shown)?).copied()
        };
        let mut open = Vec::with_capacity(answer.unprocessed.len());
        for unprocessed in &answer.unprocessed {
            open.push(item_of(unprocessed).ok_or_else(|| self.foreign())?);
        }
        let mut found = Vec::with_capacity(answer.found.len());
        for image in answer.found {
            found.push((item_of(&image).ok_or_else(|| self.foreign())?, image));
        }
        for (item, image) in found {
            self.found[item] = Some(image);
        }
        open.sort_unstable();
        open.dedup();
        open.retain(|item| self.found[*item].is_none());
        let settled = open.len() < self.open.len();
        self.open = open;
        Ok(settled)
    }

    /// Each item, and what was found.
    pub(super) fn into_found(self) -> impl Iterator<Item = (Target, Option<Item>)> {
        self.items.into_iter().zip(self.found)
    }

    fn foreign(&self) -> Error {
        let error = Error::invalid(
            "the answer shows a key that was not asked for: the table's keys are not those of the entity; \
             map its key attributes, with their types",
        );
        match self.items.first() {
            Some(target) => error.in_table(target.table()),
            None => error,
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::key::{KeyAttributeSchema, KeyScalar, KeySchema, KeyType};
    use crate::value::AttributeValue;

    pub(in crate::batch) const SCHEMA: &KeySchema = &KeySchema {
        partition: KeyAttributeSchema {
            name: "id",
            key_type: KeyType::N,
            template: None,
        },
        sort: None,
    };

    pub(in crate::batch) fn target(id: usize) -> Target {
        let key = Key::new(KeyScalar::N(id.to_string()), None);
        Target::new(&Arc::from("t"), key, SCHEMA)
    }

    fn shown(ids: &[&str]) -> Vec<Item> {
        let item = |id: &&str| Item::from([("id".into(), AttributeValue::N((*id).into()))]);
        ids.iter().map(item).collect()
    }

    fn answer(found: &[&str], unprocessed: &[&str]) -> Batch {
        Batch {
            found: shown(found),
            unprocessed: shown(unprocessed),
        }
    }

    fn keys(chunk: &Chunk) -> Vec<Item> {
        chunk
            .request(&Terms::default())
            .map(|request| request.keys)
            .unwrap_or_default()
    }

    fn chunk() -> Chunk {
        Chunk::new(&[1, 2, 3, 4].map(target))
    }

    #[test]
    fn what_is_left_is_asked_again_and_the_rest_is_settled() {
        let mut chunk = chunk();
        assert_eq!(keys(&chunk), shown(&["1", "2", "3", "4"]));
        // 4 is neither found nor unprocessed: there is no such item.
        assert!(chunk.take(answer(&["3"], &["2", "1"])).unwrap());
        assert_eq!(keys(&chunk), shown(&["1", "2"]));
        assert!(!chunk.take(answer(&[], &["2", "1"])).unwrap());
        assert!(chunk.take(answer(&["2.0"], &["1", "1"])).unwrap());
        assert_eq!(keys(&chunk), shown(&["1"]));
        assert!(chunk.take(answer(&[], &[])).unwrap());
        assert!(keys(&chunk).is_empty());
        let found: Vec<_> = chunk.into_found().map(|(_, image)| image).collect();
        let found: Vec<_> = found.iter().map(Option::is_some).collect();
        assert_eq!(found, [false, true, true, false]);
    }

    #[test]
    fn what_is_found_is_not_unprocessed() {
        let mut chunk = chunk();
        assert!(chunk.take(answer(&["1"], &["1", "2"])).unwrap());
        assert_eq!(keys(&chunk), shown(&["2"]));
    }

    #[test]
    fn an_answer_to_something_else_settles_nothing() {
        for wrong in [answer(&["5"], &[]), answer(&["1"], &["5"])] {
            let mut chunk = chunk();
            assert!(chunk.take(wrong).unwrap_err().is_invalid_input());
            assert_eq!(keys(&chunk).len(), 4);
        }
        let mut unlike = answer(&[], &[]);
        unlike.unprocessed = vec![Item::new()];
        assert!(chunk().take(unlike).is_err());
    }
}
