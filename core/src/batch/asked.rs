use std::collections::HashMap;

use super::chunk::Chunk;
use crate::key::Target;

/// What a BatchGetItem takes (API reference, BatchGetItem).
const MAX_KEYS: usize = 100;

/// What is asked for: each item once, in the order in which the items were first asked for, and all places that ask for it.
pub(super) struct Asked {
    items: Vec<Target>,
    /// For each place, which of the items.
    places: Vec<usize>,
}

impl Asked {
    /// Folds duplicates; equal numbers are equal keys.
    pub(super) fn new(asked: Vec<Target>) -> Self {
        let mut seen = HashMap::with_capacity(asked.len());
        let mut items = Vec::with_capacity(asked.len());
        let mut places = Vec::with_capacity(asked.len());
        for target in asked {
            let item = *seen.entry(target.clone()).or_insert(items.len());
            if item == items.len() {
                items.push(target);
            }
            places.push(item);
        }
        Self { items, places }
    }

    /// The items in chunks that one request can ask for.
    pub(super) fn chunks(&self) -> Vec<Chunk> {
        self.items.chunks(MAX_KEYS).map(Chunk::new).collect()
    }

    /// For each item, how many places ask for it.
    pub(super) fn mentions(&self) -> Vec<usize> {
        let mut mentions = vec![0; self.items.len()];
        for item in &self.places {
            mentions[*item] += 1;
        }
        mentions
    }

    /// For each place, which of the items.
    pub(super) fn into_places(self) -> Vec<usize> {
        self.places
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::batch::chunk::tests::{SCHEMA, target};

    #[test]
    fn duplicates_are_folded_in_the_order_asked() {
        let asked = Asked::new([3, 1, 3, 2, 1].map(target).to_vec());
        assert_eq!(asked.items, [3, 1, 2].map(target));
        assert_eq!(asked.mentions(), [2, 2, 1]);
        assert_eq!(asked.into_places(), [0, 1, 0, 2, 1]);
    }

    #[test]
    fn the_same_key_of_another_table_is_another_item() {
        let other = Target::new(&Arc::from("other"), target(1).key().clone(), SCHEMA);
        assert_eq!(Asked::new(vec![target(1), other]).items.len(), 2);
    }

    #[test]
    fn a_chunk_is_at_most_a_hundred_items() {
        for (items, chunks) in [(0, 0), (1, 1), (100, 1), (101, 2), (250, 3)] {
            let twice = (0..items).chain(0..items).map(target).collect();
            assert_eq!(Asked::new(twice).chunks().len(), chunks);
        }
    }
}
