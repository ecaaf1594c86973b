use crate::key::Key;

/// Watches a run while it goes on. It is called on the task of the run, between requests.
pub trait Observer: Send {
    /// An operation on this item was carried out. After a run whose future was dropped, this is all that is known.
    fn acknowledged(&mut self, table: &str, key: &Key) {
        let _ = (table, key);
    }
}
