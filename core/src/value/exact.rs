use std::collections::{HashMap, hash_map};
use std::{mem, slice};

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde_dynamo::Error;

use super::map_key::Key;
use super::{AttributeValue, NULL, Source, decimal};

/// `serde_dynamo`'s deserializer, with two things more: what is shown is read without a copy of it, and a
/// [`Number`](super::Number) gets the text of an N, not a float.
pub(super) enum Exact<'a> {
    S(Text<'a>),
    N(&'a str),
    L(Elements<'a>),
    M(Entries<'a>),
    Other(Source<'a>),
}

/// The text of an S, shown or to be taken.
pub(super) enum Text<'a> {
    Shown(&'a str),
    Taken(&'a mut String),
}

impl<'a> From<&'a AttributeValue> for Exact<'a> {
    fn from(value: &'a AttributeValue) -> Self {
        match value {
            AttributeValue::S(text) => Self::S(Text::Shown(text)),
            AttributeValue::N(text) => Self::N(text),
            AttributeValue::L(list) => Self::L(Elements::Shown(list.iter())),
            AttributeValue::M(map) => Self::M(Entries::Shown(map.iter())),
            other => Self::Other(Source::Shown(other)),
        }
    }
}

impl<'a> From<&'a mut AttributeValue> for Exact<'a> {
    fn from(value: &'a mut AttributeValue) -> Self {
        match value {
            AttributeValue::S(text) => Self::S(Text::Taken(text)),
            AttributeValue::N(text) => Self::N(text),
            AttributeValue::L(list) => Self::L(Elements::Taken(list.iter_mut())),
            AttributeValue::M(map) => Self::M(Entries::Taken(map.iter_mut())),
            other => Self::Other(Source::Taken(other)),
        }
    }
}

impl<'a> From<Source<'a>> for Exact<'a> {
    fn from(source: Source<'a>) -> Self {
        match source {
            Source::Shown(value) => value.into(),
            Source::Taken(value) => value.into(),
        }
    }
}

impl Exact<'_> {
    /// What is rare, or wrong, is `serde_dynamo`'s business; a list or map is empty there, and as wrong as a full one.
    fn plain(self) -> serde_dynamo::Deserializer {
        use serde_dynamo::AttributeValue as Plain;
        serde_dynamo::Deserializer::from_attribute_value(match self {
            Self::S(text) => Plain::S(text.into_owned()),
            Self::N(text) => Plain::N(text.to_owned()),
            Self::L(_) => Plain::L(Vec::new()),
            Self::M(_) => Plain::M(HashMap::new()),
            Self::Other(value) => value.into_owned().into(),
        })
    }
}

impl<'a> Text<'a> {
    fn as_str(&self) -> &str {
        match self {
            Self::Shown(text) => text,
            Self::Taken(text) => text,
        }
    }

    fn into_owned(self) -> String {
        match self {
            Self::Shown(text) => text.to_owned(),
            Self::Taken(text) => mem::take(text),
        }
    }

    /// A copy of what is shown is the visitor's decision.
    fn visit<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Shown(text) => visitor.visit_borrowed_str(text),
            Self::Taken(text) => visitor.visit_string(mem::take(text)),
        }
    }
}

macro_rules! forward {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.plain().$method(visitor)
        }
    )*};
}

macro_rules! numbers {
    ($($method:ident $visit:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            if let Self::N(text) = self && let Ok(number) = text.parse() {
                return visitor.$visit(number);
            }
            self.plain().$method(visitor)
        }
    )*};
}

macro_rules! strings {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self {
                Self::S(text) => text.visit(visitor),
                other => other.plain().$method(visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Exact<'de> {
    type Error = Error;

    forward! {
        deserialize_bool deserialize_char deserialize_bytes deserialize_byte_buf deserialize_unit
    }

    numbers! {
        deserialize_i8 visit_i8 deserialize_i16 visit_i16 deserialize_i32 visit_i32 deserialize_i64 visit_i64
        deserialize_u8 visit_u8 deserialize_u16 visit_u16 deserialize_u32 visit_u32 deserialize_u64 visit_u64
        deserialize_f32 visit_f32 deserialize_f64 visit_f64
    }

    strings! { deserialize_str deserialize_string deserialize_identifier }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::S(text) => text.visit(visitor),
            Self::L(list) => visitor.visit_seq(list),
            Self::M(map) => visitor.visit_map(Map::new(map)),
            Self::N(_) | Self::Other(_) => self.plain().deserialize_any(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            // A string is what a `with` module makes of a number.
            Self::N(text) if name == decimal::NAME => visitor.visit_borrowed_str(text),
            Self::S(text) if name == decimal::NAME => text.visit(visitor),
            _ if name == decimal::NAME => Err(Error::invalid_type(
                Unexpected::Other("no number"),
                &visitor,
            )),
            other => visitor.visit_newtype_struct(other),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.plain().deserialize_unit_struct(name, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::Other(value) if value.is_null() => visitor.visit_none(),
            other => visitor.visit_some(other),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::L(list) => visitor.visit_seq(list),
            other => other.plain().deserialize_seq(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self {
            Self::M(map) => visitor.visit_map(Map::new(map)),
            other => other.plain().deserialize_map(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self {
            Self::M(map) if map.len() == 1 => visitor.visit_enum(Map::new(map)),
            Self::S(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            other => other.plain().deserialize_enum(name, variants, visitor),
        }
    }
}

/// The elements of a list.
pub(super) enum Elements<'a> {
    Shown(slice::Iter<'a, AttributeValue>),
    Taken(slice::IterMut<'a, AttributeValue>),
}

impl<'a> Elements<'a> {
    fn next(&mut self) -> Option<Exact<'a>> {
        match self {
            Self::Shown(elements) => elements.next().map(Exact::from),
            Self::Taken(elements) => elements.next().map(Exact::from),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Shown(elements) => elements.len(),
            Self::Taken(elements) => elements.len(),
        }
    }
}

impl<'de> SeqAccess<'de> for Elements<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let element = self.next();
        element.map(|element| seed.deserialize(element)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.len())
    }
}

/// The entries of a map.
pub(super) enum Entries<'a> {
    Shown(hash_map::Iter<'a, String, AttributeValue>),
    Taken(hash_map::IterMut<'a, String, AttributeValue>),
}

impl<'a> Entries<'a> {
    fn next(&mut self) -> Option<(&'a str, Exact<'a>)> {
        match self {
            Self::Shown(entries) => entries.next().map(|(key, value)| (&**key, value.into())),
            Self::Taken(entries) => entries.next().map(|(key, value)| (&**key, value.into())),
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Shown(entries) => entries.len(),
            Self::Taken(entries) => entries.len(),
        }
    }
}

/// A map that is read, and the value of the last key.
struct Map<'a> {
    entries: Entries<'a>,
    value: Option<Exact<'a>>,
}

impl<'a> Map<'a> {
    fn new(entries: Entries<'a>) -> Self {
        let value = None;
        Self { entries, value }
    }
}

impl<'de> MapAccess<'de> for Map<'de> {
    type Error = Error;

    fn next_key_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        seed.deserialize(Key(key)).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let value = self.value.take();
        seed.deserialize(value.unwrap_or(Exact::from(&NULL)))
    }
}

impl<'de> EnumAccess<'de> for Map<'de> {
    type Error = Error;
    type Variant = Exact<'de>;

    fn variant_seed<T: DeserializeSeed<'de>>(
        mut self,
        seed: T,
    ) -> Result<(T::Value, Exact<'de>), Error> {
        let next = self.entries.next();
        let (variant, value) = next.ok_or_else(|| Error::custom("no variant"))?;
        let variant = seed.deserialize(variant.into_deserializer())?;
        Ok((variant, value))
    }
}

impl<'de> VariantAccess<'de> for Exact<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }
}
