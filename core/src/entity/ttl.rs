use crate::time::{EpochSeconds, Time, epoch_seconds};
use crate::value::{Form, decode_with, encode_with};

/// The attribute that says when an item expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TtlSchema {
    /// Its name in the item, for DynamoDB's `TimeToLiveSpecification`.
    pub attribute: &'static str,
    /// An item that has expired is as one that is not there: `#[entity(ttl, hide_expired)]`.
    pub hides_expired: bool,
}

/// An entity whose items expire: one field is marked `#[entity(ttl)]`.
#[diagnostic::on_unimplemented(
    message = "the items of `{Self}` do not expire",
    label = "no field says when an item expires",
    note = "mark the field that holds the time with `#[entity(ttl)]`"
)]
pub trait Expires {}

/// A type that says when an item expires, stored as whole seconds since 1970, as DynamoDB reads them. A fraction of a second
/// is dropped.
///
/// `K` tells the kinds of types apart; the compiler finds it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot say when an item expires",
    label = "not a time in whole seconds",
    note = "what converts from and to `std::time::SystemTime` can (std's own, chrono's `DateTime<Utc>`, time's `OffsetDateTime`, jiff's `Timestamp`), `optimist::time::EpochSeconds`, an integer of 32 or 64 bits that counts seconds since 1970, and an Option of one"
)]
pub trait TtlField<K>: Sized {
    /// How the field is stored.
    #[doc(hidden)]
    const FORM: Form<Self>;
}

/// Kinds of types that say when an item expires.
#[doc(hidden)]
pub mod ttl_kind {
    #[derive(Debug)]
    pub struct PointInTime;
    #[derive(Debug)]
    pub struct OptionalTime;
    #[derive(Debug)]
    pub struct Seconds;
}

impl<T: Time> TtlField<ttl_kind::PointInTime> for T {
    const FORM: Form<Self> = Form::with(
        |time| encode_with(|serializer| epoch_seconds::serialize(time, serializer)),
        |found| {
            decode_with(found, |deserializer| {
                epoch_seconds::deserialize(deserializer)
            })
        },
    );
}

impl<T: Time> TtlField<ttl_kind::OptionalTime> for Option<T> {
    const FORM: Form<Self> = Form::with(
        |time| encode_with(|serializer| epoch_seconds::option::serialize(time, serializer)),
        |found| {
            decode_with(found, |deserializer| {
                epoch_seconds::option::deserialize(deserializer)
            })
        },
    );
}

macro_rules! seconds {
    ($($number:ty),*) => {$(
        impl TtlField<ttl_kind::Seconds> for $number {
            const FORM: Form<Self> = Form::plain();
        }
        impl TtlField<ttl_kind::Seconds> for Option<$number> {
            const FORM: Form<Self> = Form::plain();
        }
    )*};
}
seconds!(i32, u32, i64, u64, isize, usize, EpochSeconds);

/// How a field that says when its item expires is stored.
#[doc(hidden)]
#[must_use]
pub const fn ttl_form<T: TtlField<K>, K>() -> Form<T> {
    T::FORM
}
