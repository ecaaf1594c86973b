use std::collections::VecDeque;

use super::resume::Position;
use crate::error::{Error, Result};
use crate::value::Item;

/// A segment of a scan, or the whole of a query: the page at hand and the one ahead.
pub(super) struct Segment {
    /// What was given.
    pub(super) position: Position,
    /// Where the next request begins.
    pub(super) ask: Position,
    pub(super) asked: bool,
    /// How many items the request in flight may bring, where that is known.
    pub(super) promised: usize,
    at_hand: Option<Opened>,
    pub(super) ahead: Option<Result<Opened>>,
}

/// A page that is given item by item.
pub(super) struct Opened {
    pub(super) items: VecDeque<Item>,
    pub(super) count: usize,
    pub(super) next: Position,
}

impl Segment {
    pub(super) fn new(start: &Position) -> Self {
        Self {
            position: start.clone(),
            ask: start.clone(),
            asked: false,
            promised: 0,
            at_hand: None,
            ahead: None,
        }
    }

    /// Whether a page is at hand.
    pub(super) fn is_open(&self) -> bool {
        self.at_hand.is_some()
    }

    /// Takes the page ahead, if none is at hand. How many items it counts.
    pub(super) fn open(&mut self) -> Option<usize> {
        if self.is_open() {
            return None;
        }
        let page = self.ahead.take_if(|page| page.is_ok())?.ok()?;
        let count = page.count;
        if page.items.is_empty() {
            self.position = page.next;
        } else {
            self.at_hand = Some(page);
        }
        Some(count)
    }

    /// The next item at hand. Behind the last one of a page it stands where the server says.
    pub(super) fn next(&mut self) -> Option<Item> {
        let page = self.at_hand.as_mut()?;
        let item = page.items.pop_front();
        if page.items.is_empty() {
            self.position = std::mem::replace(&mut page.next, Position::Done);
            self.at_hand = None;
        }
        item
    }

    /// How many items are at hand or on their way.
    pub(super) fn claimed(&self) -> usize {
        let ahead = self.ahead.as_ref().and_then(|page| page.as_ref().ok());
        let pages = self.at_hand.iter().chain(ahead);
        self.promised + pages.map(|page| page.items.len()).sum::<usize>()
    }

    /// The failure that came instead of the page ahead.
    pub(super) fn take_failure(&mut self) -> Option<Error> {
        self.ahead.take_if(|page| page.is_err())?.err()
    }
}
