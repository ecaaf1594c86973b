//! Optimistic concurrency for DynamoDB: every write conditional, every lost answer judged.
//!
//! A derive maps a struct to items and adds a lock attribute. Every write carries a condition on that lock; `modify` reads,
//! changes and writes until the change lands. A write whose answer was lost is recognised as landed or proved not landed;
//! where neither can be shown the caller gets [`ErrorKind::OutcomeUnknown`], and nothing is ever applied twice by itself.
//!
//! ```
//! use optimist::{Db, Entity, local};
//!
//! #[derive(Entity, Debug)]
//! #[entity(table = "users", lock = version)]
//! struct User {
//!     #[entity(partition_key)]
//!     id: String,
//!     email: String,
//!     logins: u64,
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> optimist::Result<()> {
//! let db = Db::new(local::client()?); // or a client of AWS, or of any endpoint
//! db.create_table::<User>().await?;
//! let users = db.table::<User>();
//!
//! let mut ann = users
//!     .insert(User { id: "ann".into(), email: String::new(), logins: 0 })
//!     .await?;
//! ann.email = "ann@example.org".into();
//! users.save(&mut ann).await?; // one UpdateItem: the changed attribute, if nobody wrote in between
//!
//! users.modify("ann", |ann| ann.logins += 1).await?; // until it lands
//! assert_eq!(users.require("ann").await?.logins, 1);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//! `local`: an embedded DynamoDB for tests and development; needs a C compiler. None is on by default.
//!
//! Minimum Rust: 1.94.1.
#![cfg_attr(docsrs, feature(doc_cfg))]

// What the derive writes says `::optimist`, also in here.
extern crate self as optimist;

pub mod batch;
mod db;
mod entity;
mod error;
mod expr;
pub mod key;
#[cfg(feature = "local")]
pub mod local;
mod lock;
pub mod query;
mod retry;
mod table;
pub mod tables;
pub mod time;
pub mod value;
mod wire;
mod write;

pub use optimist_derive::{Entities, Entity, KeyValue, Part, Projection};

pub use db::{Db, DbBuilder, Table};
pub use entity::{Entities, Entity, Projection, Replaceable, Stored};
pub use error::{Error, ErrorKind, Result};
pub use expr::{Attr, Change, Condition, Edit};
pub use key::{IntoKey, Key, KeyValue};
#[cfg(feature = "_test-judges")]
#[doc(hidden)]
pub use lock::Judging;
pub use lock::{Lock, LockError, Token, TokenError};
pub use retry::{Clock, RetryPolicy, SystemClock};
pub use table::{Deleted, Edited};
pub use value::{AttributeValue, Item, Number, item_size};
pub use wire::Meter;
pub use write::{Modified, Reread};

/// The verbs as builders: what [`Table`]'s methods return. Set options, then `.await`.
pub mod action {
    pub use crate::table::{
        Adopt, Apply, ApplyOnce, ApplyReturning, ConvertToSet, Delete, DeleteUnchecked, Get,
        Insert, Modify, ModifyWith, Nothing, PutUnchecked, Reload, Require, Save, SaveAs,
        TryModify, Update,
    };
}

/// What an attribute can do: how it is stored, and what its type allows in conditions and changes.
pub mod attr {
    pub use crate::expr::{
        AttributeType, Container, Holds, InList, IndexKey, IntoChange, KeyAttr, KeyAttribute,
        KeyPrefix, ListField, MapField, NumberField, NumberForm, Opaque, Operand, Ordered,
        OrderedField, OrderedForm, Plain, PlainForm, Set, SetForm, Settable, Size, SortCondition,
        SortKey, StringField, TextForm,
    };
    pub use crate::expr::{IntoSortCondition, PartRange, Sorted};
    pub use crate::value::SetField;
}

/// What the derive knows of an entity, as data.
pub mod schema {
    pub use crate::entity::{
        AttributeSchema, AutoKey, AutoTime, Expires, Includes, IndexProjection, IndexSchema,
        KindSchema, MadeSchema, Schema, TtlField, TtlSchema, Variant, ttl_kind,
    };
    pub use crate::key::{IndexKeyField, KeyAttributeSchema, KeySchema, KeyType, Piece, Template};
    pub use crate::lock::{LockKind, LockSchema};
}

/// What derived code calls; not for use by hand.
#[doc(hidden)]
pub mod __derive {
    pub use std::default::Default;
    pub use std::mem::swap;
    pub use std::option::Option;
    pub use std::result::Result;
    pub use std::time::SystemTime;
    pub use std::vec::Vec;

    pub use crate::entity::{
        AttributeSchema, Global, Index, IndexProjection, IndexSchema, KindSchema, Local, Partial,
        Schema, fill_key, set_time, time,
    };
    pub use crate::entity::{Entities, Entity, Found, Includes, Variant, are_apart, share_a_table};
    pub use crate::entity::{Expires, TtlSchema, ttl_form};
    pub use crate::entity::{IndexOf, IndexSortTemplate, MadeSchema, TableOf};
    pub use crate::expr::{Attr, IndexKey, KeyAttribute, Opaque, Ordered, Plain, Set};
    pub use crate::expr::{
        IntoSortCondition, PartRange, SortKey, SortParts, SortTemplate, SortTest,
    };
    pub use crate::key::{
        AnyShape, Composite, IndexKeyField, Key, KeyAttributeSchema, KeyForm, KeyScalar, KeySchema,
        KeyType, KeyValue, MAX_PARTITION_BYTES, MAX_SORT_BYTES, Single, index_key_form,
    };
    pub use crate::key::{ByTemplate, KeyFor, KeyTemplates, Piece, Template};
    pub use crate::lock::{LockKind, LockSchema};
    pub use crate::value::{
        AttributeValue, Attributes, Encoded, Form, Item, ValueError, decode_with, encode_with,
    };
}

/// README's code compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

/// So does the code of the guides.
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/adopting.md")]
struct Adopting;
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/expiring.md")]
struct Expiring;
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/reading.md")]
struct Reading;
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/sharing.md")]
struct Sharing;
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/writing.md")]
struct Writing;
#[cfg(doctest)]
#[doc = include_str!("../../docs/guide/testing.md")]
struct Testing;
