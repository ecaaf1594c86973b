use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use super::{after_1970, since_1970};

/// A time is too far from 1970 for its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the time is out of range")]
pub struct TimeOutOfRange;

macro_rules! epoch {
    ($name:ident, $unit:literal, $nanos:literal) => {
        #[doc = concat!("A point in time as ", $unit, " since 1970, rounded down: a type for a field that is a key, of the table or of an index, and for any other.")]
        ///
        /// It is stored as a number, so that keys sort as times do.
        ///
        /// ```
        /// use std::time::{Duration, SystemTime};
        /// use optimist::Entity;
        #[doc = concat!("use optimist::time::", stringify!($name), ";")]
        ///
        /// #[derive(Entity)]
        /// #[entity(table = "posts")]
        /// struct Post {
        ///     #[entity(partition_key)]
        ///     id: String,
        ///     #[entity(index("by-author", partition_key))]
        ///     author: String,
        #[doc = concat!("    #[entity(created_at, index(\"by-author\", sort_key))]\n    written: ", stringify!($name), ",")]
        /// }
        ///
        /// # fn read(posts: optimist::Table<Post>) -> Result<(), Box<dyn std::error::Error>> {
        #[doc = concat!("let yesterday: ", stringify!($name), " = (SystemTime::now() - Duration::from_secs(86_400)).try_into()?;")]
        /// let recent = posts.query_index(Post::BY_AUTHOR, "ann").sort_key(|k| k.ge(yesterday));
        /// # let _ = recent;
        /// # Ok(())
        /// # }
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl TryFrom<SystemTime> for $name {
            type Error = TimeOutOfRange;

            fn try_from(time: SystemTime) -> Result<Self, TimeOutOfRange> {
                since_1970(time, $nanos).map(Self).ok_or(TimeOutOfRange)
            }
        }

        impl TryFrom<$name> for SystemTime {
            type Error = TimeOutOfRange;

            fn try_from(time: $name) -> Result<Self, TimeOutOfRange> {
                after_1970(time.0, $nanos).ok_or(TimeOutOfRange)
            }
        }
    };
}
epoch!(EpochMillis, "milliseconds", 1_000_000);
epoch!(EpochSeconds, "seconds", 1_000_000_000);
