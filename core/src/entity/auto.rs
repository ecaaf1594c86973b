use std::time::SystemTime;

use uuid::Uuid;

/// A key that is generated for a new item when it is unset: `#[entity(auto_uuid)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be generated",
    note = "`auto_uuid` works on a key of type `Uuid` (unset when nil) or `String` (unset when empty)"
)]
pub trait AutoKey {
    /// Whether a key must be generated.
    fn is_unset(&self) -> bool;

    /// A new key: a random UUID.
    fn generate() -> Self;
}

impl AutoKey for Uuid {
    fn is_unset(&self) -> bool {
        self.is_nil()
    }

    fn generate() -> Self {
        Uuid::new_v4()
    }
}

impl AutoKey for String {
    fn is_unset(&self) -> bool {
        self.is_empty()
    }

    fn generate() -> Self {
        Uuid::new_v4().to_string()
    }
}

/// Generates a key that is unset.
#[doc(hidden)]
pub fn fill_key<K: AutoKey>(key: &mut K) {
    if key.is_unset() {
        *key = K::generate();
    }
}

/// A time of creation or change, in the type of its field.
#[doc(hidden)]
#[must_use]
pub fn time<T: From<SystemTime>>(now: SystemTime) -> T {
    now.into()
}
