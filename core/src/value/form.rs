use serde::{Serialize, de::DeserializeOwned};

use super::stored_as::is_stored_as;
use super::{
    AttributeValue, Encoded, Found, NULL, SetField, Source, ValueError, decode_set, encode,
    encode_set, read,
};

/// How a field of type `T` and its attribute relate, as data. The derive writes one for each field, and everything that
/// stores or reads the field goes through it.
pub struct Form<T> {
    encode: fn(&T) -> Encoded,
    decode: fn(Found<'_>) -> Result<T, ValueError>,
    is_stored_as: fn(&T, Option<&AttributeValue>) -> bool,
    skip: Option<fn(&T) -> bool>,
    default: Option<fn() -> T>,
}

/// A type that serde stores and reads.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored in an attribute",
    label = "serde cannot store and read this type",
    note = "a type of yours needs `#[derive(serde::Serialize, serde::Deserialize)]`, one of another crate that crate's `serde` \
            feature, or give the field `#[entity(with = \"…\")]`; what borrows, as `&str` does, cannot be read: use `String`"
)]
pub trait PlainField: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> PlainField for T {}

impl<T> Form<T> {
    /// By two functions.
    #[must_use]
    pub const fn with(
        encode: fn(&T) -> Encoded,
        decode: fn(Found<'_>) -> Result<T, ValueError>,
    ) -> Self {
        Self {
            encode,
            decode,
            is_stored_as: |_, _| false,
            skip: None,
            default: None,
        }
    }

    /// As serde says.
    #[must_use]
    pub const fn plain() -> Self
    where
        T: PlainField,
    {
        let mut form = Self::with(encode::<T>, read::<T>);
        form.is_stored_as = is_stored_as::<T>;
        form
    }

    /// As a set.
    #[must_use]
    pub const fn set() -> Self
    where
        T: SetField,
    {
        Self::with(encode_set::<T>, decode_set::<T>)
    }

    /// A value of which this is true is an absent attribute.
    #[must_use]
    pub const fn skip_if(mut self, skip: fn(&T) -> bool) -> Self {
        self.skip = Some(skip);
        self
    }

    /// An absent attribute has this value.
    #[must_use]
    pub const fn or(mut self, default: fn() -> T) -> Self {
        self.default = Some(default);
        self
    }

    /// An absent attribute has the default of its type.
    #[must_use]
    pub const fn or_default(self) -> Self
    where
        T: Default,
    {
        self.or(T::default)
    }

    /// The attribute of this value.
    ///
    /// # Errors
    /// The value has no form in DynamoDB.
    pub fn encode(&self, value: &T) -> Encoded {
        match self.skip {
            Some(skip) if skip(value) => Ok(None),
            _ => (self.encode)(value),
        }
    }

    /// Whether `encode` is known to give what is found, without making it; `false` where that is not known.
    #[must_use]
    pub(crate) fn is_stored_as(&self, value: &T, found: Option<&AttributeValue>) -> bool {
        match self.skip {
            Some(skip) if skip(value) => found.is_none(),
            _ => (self.is_stored_as)(value, found),
        }
    }

    /// What serde stores of this value inside another: a `None` is NULL there, and only what is skipped is absent.
    ///
    /// # Errors
    /// As `encode`.
    pub fn encode_inside(&self, value: &T) -> Encoded {
        match self.skip {
            Some(skip) if skip(value) => Ok(None),
            _ => (self.encode)(value).map(|value| Some(value.unwrap_or(NULL.clone()))),
        }
    }

    /// Whether an absent attribute has a value: a `None`, an empty set, a default.
    #[must_use]
    pub fn reads_absent(&self) -> bool {
        self.default.is_some() || (self.decode)(None).is_ok()
    }

    /// Whether a value is stored as NULL inside another.
    #[must_use]
    pub fn stores_null(&self) -> bool {
        let absent = (self.decode)(None).and_then(|absent| self.encode_inside(&absent));
        absent.is_ok_and(|stored| stored == Some(AttributeValue::Null(true)))
    }

    /// The value of this attribute. A NULL that another tool left counts as absent.
    ///
    /// # Errors
    /// The attribute does not fit the type, or is absent and the type has no value for that.
    pub fn decode(&self, value: Option<&AttributeValue>) -> Result<T, ValueError> {
        self.read(value.map(Source::Shown))
    }

    /// As `decode`, of what is shown or taken.
    ///
    /// # Errors
    /// As `decode`.
    pub fn read(&self, found: Found<'_>) -> Result<T, ValueError> {
        match (found.filter(|value| !value.is_null()), self.default) {
            (None, Some(default)) => Ok(default()),
            (found, _) => (self.decode)(found),
        }
    }

    /// What is left of this attribute when it is read and stored again: without what the type does not know.
    ///
    /// # Errors
    /// As `decode` and `encode`.
    pub fn restore(&self, value: Option<&AttributeValue>) -> Encoded {
        self.encode(&self.decode(value)?)
    }
}

impl<T> Clone for Form<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Form<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_skipped_is_absent_and_reads_as_the_default() {
        const FORM: Form<Vec<u8>> = Form::<Vec<u8>>::plain()
            .skip_if(Vec::is_empty)
            .or(|| vec![7]);
        assert_eq!(FORM.encode(&Vec::new()).unwrap(), None);
        for absent in [None, Some(&AttributeValue::Null(true))] {
            assert_eq!(FORM.decode(absent).unwrap(), [7]);
        }
    }

    #[test]
    fn what_the_type_does_not_know_is_not_restored() {
        #[derive(serde::Serialize, serde::Deserialize)]
        struct Known {
            a: u8,
        }
        let stored = |names: &[&str]| {
            let one = AttributeValue::N("1".into());
            AttributeValue::M(names.iter().map(|n| ((*n).into(), one.clone())).collect())
        };
        let restored = Form::<Known>::plain().restore(Some(&stored(&["a", "b"])));
        assert_eq!(restored.unwrap(), Some(stored(&["a"])));
    }
}
