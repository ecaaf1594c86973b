//! Times as numbers, which DynamoDB can order: modules for `with`, and two types for keys.
//!
//! They take every type that converts from and to [`SystemTime`]: std's own, chrono's `DateTime<Utc>`, time's
//! `OffsetDateTime`, jiff's `Timestamp`. Paths to such attributes have `lt`, `between` and the like. Each module has one
//! named `option`, for an Option of a time.
//!
//! ```
//! use std::time::{Duration, SystemTime};
//! use optimist::Entity;
//!
//! #[derive(Entity)]
//! #[entity(table = "sessions")]
//! struct Session {
//!     #[entity(partition_key)]
//!     id: String,
//!     #[entity(created_at, with = optimist::time::epoch_millis)]
//!     begun: SystemTime,
//!     /// `#[entity(ttl)]` would do the same.
//!     #[entity(with = optimist::time::epoch_seconds::option)]
//!     expires: Option<SystemTime>,
//! }
//!
//! let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(43_200);
//! assert_eq!(Session::BEGUN.lt(noon).to_string(), "begun < 43200000");
//! assert_eq!(Session::EXPIRES.ge(noon).to_string(), "expires >= 43200");
//! ```

mod epoch;

use std::time::{Duration, SystemTime};

pub use epoch::{EpochMillis, EpochSeconds, TimeOutOfRange};

/// A type for a point in time.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no time that can be stored as a number",
    note = "what converts from and to `std::time::SystemTime` can: chrono's `DateTime<Utc>`, time's `OffsetDateTime`, jiff's `Timestamp`; for an Option of one, name the module `option` inside this one"
)]
pub trait Time: Clone + TryFrom<SystemTime> + Into<SystemTime> {}

#[diagnostic::do_not_recommend]
impl<T: Clone + TryFrom<SystemTime> + Into<SystemTime>> Time for T {}

macro_rules! epoch {
    ($name:ident, $unit:literal, $nanos:literal) => {
        #[doc = concat!("As ", $unit, " since 1970, rounded down.")]
        pub mod $name {
            use serde::{Deserialize, Deserializer, Serializer, de, ser};

            use super::Time;

            const NANOS: i128 = $nanos;

            #[doc = concat!("Stores a time as ", $unit, ".")]
            ///
            /// # Errors
            /// The time is further away than 64 bits hold.
            pub fn serialize<T: Time, S: Serializer>(
                time: &T,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                let far = || ser::Error::custom("the time is out of range");
                let count = super::since_1970(time.clone().into(), NANOS).ok_or_else(far)?;
                serializer.serialize_i64(count)
            }

            #[doc = concat!("Reads a time of ", $unit, ".")]
            ///
            /// # Errors
            /// It is no integer, or the type has no such time.
            pub fn deserialize<'de, T: Time, D: Deserializer<'de>>(
                deserializer: D,
            ) -> Result<T, D::Error> {
                time(i64::deserialize(deserializer)?)
            }

            fn time<T: Time, E: de::Error>(count: i64) -> Result<T, E> {
                let time = super::after_1970(count, NANOS).and_then(|time| time.try_into().ok());
                time.ok_or_else(|| E::custom("the type has no such time"))
            }

            /// The same for an Option.
            pub mod option {
                use serde::{Deserialize, Deserializer, Serializer};

                use super::Time;

                #[doc = concat!("Stores a time as ", $unit, ".")]
                ///
                /// # Errors
                /// The time is further away than 64 bits hold.
                pub fn serialize<T: Time, S: Serializer>(
                    time: &Option<T>,
                    serializer: S,
                ) -> Result<S::Ok, S::Error> {
                    match time {
                        Some(time) => super::serialize(time, serializer),
                        None => serializer.serialize_none(),
                    }
                }

                #[doc = concat!("Reads a time of ", $unit, ".")]
                ///
                /// # Errors
                /// It is no integer, or the type has no such time.
                pub fn deserialize<'de, T: Time, D: Deserializer<'de>>(
                    deserializer: D,
                ) -> Result<Option<T>, D::Error> {
                    let count = Option::<i64>::deserialize(deserializer)?;
                    count.map(super::time).transpose()
                }
            }
        }
    };
}

epoch!(epoch_millis, "milliseconds", 1_000_000);
epoch!(epoch_seconds, "seconds", 1_000_000_000);

/// Whole seconds since 1970; a time that is further away than 64 bits hold is the furthest.
pub(crate) fn whole_seconds(time: SystemTime) -> i64 {
    let furthest = if time < SystemTime::UNIX_EPOCH {
        i64::MIN
    } else {
        i64::MAX
    };
    since_1970(time, 1_000_000_000).unwrap_or(furthest)
}

/// How many whole units of so many nanoseconds since 1970.
fn since_1970(time: SystemTime, unit: i128) -> Option<i64> {
    let nanos = match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).ok()?,
        Err(before) => -i128::try_from(before.duration().as_nanos()).ok()?,
    };
    nanos.div_euclid(unit).try_into().ok()
}

fn after_1970(count: i64, unit: i128) -> Option<SystemTime> {
    let nanos = i128::from(count) * unit;
    let distance = nanos.unsigned_abs();
    let seconds = u64::try_from(distance / 1_000_000_000).ok()?;
    let distance = Duration::new(seconds, u32::try_from(distance % 1_000_000_000).ok()?);
    if nanos < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_before_1970_is_rounded_down() {
        let time = SystemTime::UNIX_EPOCH - Duration::from_millis(1500);
        assert_eq!(since_1970(time, 1_000_000_000), Some(-2));
        assert_eq!(since_1970(time, 1_000_000), Some(-1500));
    }

    proptest! {
        #[test]
        fn counts_come_back_and_keep_their_order(a in -10_000_000_000_000i64..10_000_000_000_000, b in any::<i32>()) {
            let time = |count| after_1970(count, 1_000_000).unwrap();
            prop_assert_eq!(since_1970(time(a), 1_000_000), Some(a));
            prop_assert_eq!(time(a) < time(b.into()), a < b.into());
        }
    }
}
