use std::time::SystemTime;

use uuid::Uuid;

use crate::lock::fresh_uuid;
use crate::value::{ValueError, ValueErrorKind};

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
        fresh_uuid()
    }
}

impl AutoKey for String {
    fn is_unset(&self) -> bool {
        self.is_empty()
    }

    fn generate() -> Self {
        fresh_uuid().to_string()
    }
}

/// Generates a key that is unset.
#[doc(hidden)]
pub fn fill_key<K: AutoKey>(key: &mut K) {
    if key.is_unset() {
        *key = K::generate();
    }
}

/// A type for times of creation and change: `#[entity(created_at)]` and `#[entity(updated_at)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot hold a time of creation or change",
    label = "not a time",
    note = "what is `From<SystemTime>` or `TryFrom<SystemTime>` can: std's `SystemTime`, chrono's `DateTime`, time's `OffsetDateTime`, jiff's `Timestamp`"
)]
pub trait AutoTime: TryFrom<SystemTime> {}

#[diagnostic::do_not_recommend]
impl<T: TryFrom<SystemTime>> AutoTime for T {}

/// A time in the type of its field.
///
/// # Errors
/// The type has no such time.
#[doc(hidden)]
pub fn time<T: AutoTime>(now: SystemTime) -> Result<T, ValueError> {
    let unknown = |_| {
        let reason = format!("`{}` has no such time", std::any::type_name::<T>());
        ValueError::new(ValueErrorKind::NotStorable(reason))
    };
    now.try_into().map_err(unknown)
}

/// Sets a time, if its type has it.
#[doc(hidden)]
pub fn set_time<T: AutoTime>(field: &mut T, now: SystemTime) {
    if let Ok(now) = now.try_into() {
        *field = now;
    }
}
