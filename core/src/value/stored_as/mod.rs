//! Whether a value is stored as just this, without storing it: most attributes of a save have not changed.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt::{self, Display, Write as _};

use serde::ser::{self, Serialize, Serializer};

use super::{AttributeValue, NULL, decimal, number};

/// Whether `encode` of this value gives what is found. `false` may also mean that it would take as long to find out.
pub(super) fn is_stored_as<T: Serialize + ?Sized>(
    value: &T,
    found: Option<&AttributeValue>,
) -> bool {
    let found = Found(found.unwrap_or(&NULL));
    decimal::marking(|| value.serialize(found)).is_ok()
}

/// Compares what serde makes of a value with an attribute, as `serde_dynamo` would store it.
#[derive(Clone, Copy)]
struct Found<'a>(&'a AttributeValue);

/// They differ, or may differ.
#[derive(Debug)]
struct Differs;

type Compared = Result<(), Differs>;

fn compared(equal: bool) -> Compared {
    if equal { Ok(()) } else { Err(Differs) }
}

/// Whether this is the text of a value.
fn is_text_of(text: &str, value: impl Display) -> bool {
    struct Rest<'a>(&'a str);
    impl fmt::Write for Rest<'_> {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
            Ok(())
        }
    }
    let mut rest = Rest(text);
    write!(rest, "{value}").is_ok() && rest.0.is_empty()
}

impl<'a> Found<'a> {
    fn number(self, number: impl Display) -> Compared {
        let equal = matches!(self.0, AttributeValue::N(n) if is_text_of(n, number));
        compared(equal)
    }

    fn float(self, number: impl Display) -> Compared {
        let fits = matches!(self.0, AttributeValue::N(n) if number::fits(n));
        compared(fits)?;
        self.number(number)
    }

    fn list(self) -> Result<Elements<'a>, Differs> {
        match self.0 {
            AttributeValue::L(list) => Ok(Elements(list.iter())),
            _ => Err(Differs),
        }
    }

    fn map(self) -> Result<Entries<'a>, Differs> {
        match self.0 {
            AttributeValue::M(map) => Ok(Entries {
                map,
                seen: Vec::with_capacity(map.len()),
                next: None,
            }),
            _ => Err(Differs),
        }
    }

    /// What a variant with data is stored as: a map of one entry.
    fn variant(self, name: &str) -> Result<Self, Differs> {
        match self.0 {
            AttributeValue::M(map) if map.len() == 1 => map.get(name).map(Self).ok_or(Differs),
            _ => Err(Differs),
        }
    }
}

/// The elements that are still to come.
struct Elements<'a>(std::slice::Iter<'a, AttributeValue>);

impl Elements<'_> {
    fn next<T: Serialize + ?Sized>(&mut self, value: &T) -> Compared {
        value.serialize(Found(self.0.next().ok_or(Differs)?))
    }

    fn end(self) -> Compared {
        compared(self.0.len() == 0)
    }
}

/// The entries that were compared: all of them are, if there are as many as in the map, and none came twice.
struct Entries<'a> {
    map: &'a HashMap<String, AttributeValue>,
    seen: Vec<&'a str>,
    next: Option<Found<'a>>,
}

/// In larger maps it takes too long to look for those that came twice.
const MAX_ENTRIES: usize = 32;

impl Entries<'_> {
    fn key(&mut self, key: &str) -> Compared {
        let (key, value) = self.map.get_key_value(key).ok_or(Differs)?;
        compared(self.map.len() <= MAX_ENTRIES && !self.seen.contains(&key.as_str()))?;
        self.seen.push(key);
        self.next = Some(Found(value));
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Compared {
        value.serialize(self.next.take().ok_or(Differs)?)
    }

    fn end(self) -> Compared {
        compared(self.seen.len() == self.map.len())
    }
}

/// What `serde_dynamo` calls the newtypes that it stores as sets begins with this.
const SET: char = '\u{37e}';

macro_rules! texts {
    ($($method:ident($type:ty) => $compare:ident,)*) => {$(
        fn $method(self, value: $type) -> Compared {
            self.$compare(value)
        }
    )*};
}

impl<'a> Serializer for Found<'a> {
    type Ok = ();
    type Error = Differs;
    type SerializeSeq = Elements<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Elements<'a>;
    type SerializeTupleVariant = Elements<'a>;
    type SerializeMap = Entries<'a>;
    type SerializeStruct = Entries<'a>;
    type SerializeStructVariant = Entries<'a>;

    texts! {
        serialize_i8(i8) => number,
        serialize_i16(i16) => number,
        serialize_i32(i32) => number,
        serialize_i64(i64) => number,
        serialize_u8(u8) => number,
        serialize_u16(u16) => number,
        serialize_u32(u32) => number,
        serialize_u64(u64) => number,
        serialize_f32(f32) => float,
        serialize_f64(f64) => float,
    }

    fn serialize_bool(self, value: bool) -> Compared {
        compared(matches!(self.0, AttributeValue::Bool(found) if *found == value))
    }

    fn serialize_char(self, value: char) -> Compared {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Compared {
        compared(match (self.0, decimal::unmarked(value)) {
            (AttributeValue::S(found), None) => found == value,
            (AttributeValue::N(found), Some(number)) => found == number,
            _ => false,
        })
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Compared {
        compared(matches!(self.0, AttributeValue::S(found) if is_text_of(found, value)))
    }

    fn serialize_bytes(self, value: &[u8]) -> Compared {
        compared(matches!(self.0, AttributeValue::B(found) if found.as_ref() == value))
    }

    fn serialize_none(self) -> Compared {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Compared {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Compared {
        compared(matches!(self.0, AttributeValue::Null(true)))
    }

    fn serialize_unit_struct(self, _: &'static str) -> Compared {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Compared {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Compared {
        compared(!name.starts_with(SET))?;
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Compared {
        value.serialize(self.variant(variant)?)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Elements<'a>, Differs> {
        self.list()
    }

    fn serialize_tuple(self, _: usize) -> Result<Elements<'a>, Differs> {
        self.list()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Elements<'a>, Differs> {
        self.list()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Elements<'a>, Differs> {
        self.variant(variant)?.list()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Entries<'a>, Differs> {
        self.map()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Entries<'a>, Differs> {
        self.map()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Entries<'a>, Differs> {
        self.variant(variant)?.map()
    }
}

macro_rules! elements {
    ($($trait:ident::$method:ident,)*) => {$(
        impl ser::$trait for Elements<'_> {
            type Ok = ();
            type Error = Differs;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Compared {
                self.next(value)
            }

            fn end(self) -> Compared {
                Elements::end(self)
            }
        }
    )*};
}
elements! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

macro_rules! fields {
    ($($trait:ident,)*) => {$(
        impl ser::$trait for Entries<'_> {
            type Ok = ();
            type Error = Differs;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Compared {
                self.key(name)?;
                self.value(value)
            }

            fn end(self) -> Compared {
                Entries::end(self)
            }
        }
    )*};
}
fields! {
    SerializeStruct,
    SerializeStructVariant,
}

impl ser::SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = Differs;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Compared {
        // Other keys than strings are rare.
        match key.serialize(serde_dynamo::Serializer) {
            Ok(serde_dynamo::AttributeValue::S(key)) => {
                self.key(decimal::unmarked(&key).unwrap_or(&key))
            }
            _ => Err(Differs),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Compared {
        self.value(value)
    }

    fn end(self) -> Compared {
        Entries::end(self)
    }
}

impl ser::Error for Differs {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

impl Display for Differs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the values differ")
    }
}

impl std::error::Error for Differs {}
