//! What is stored: one struct of ten fields, under several locks and keys. By hand it carries its version; an entity does not.

use optimist::key::{Composite, Single};
use optimist::{Change, Entity, Part, Replaceable};
use serde::{Deserialize, Serialize};

/// The nested field.
#[derive(Serialize, Deserialize, Part)]
pub struct Address {
    street: String,
    city: String,
    zip: String,
}

/// What the rows need of an entity.
pub trait Account: Replaceable<Key = Single<String>> {
    fn filled(id: &str) -> Self;
    fn edit(&mut self);
    /// The same edit, as a change that the server computes.
    fn change() -> Change<Self>;
}

macro_rules! account {
    (
        $(#[$of_struct:meta])* $name:ident,
        $(#[$of_key:meta])? id, $(#[$of_sort_key:meta])? name $(, $version:ident = $first:literal)?
    ) => {
        $(#[$of_struct])*
        pub struct $name {
            $(#[$of_key])?
            pub id: String,
            $(#[$of_sort_key])?
            pub name: String,
            pub email: String,
            pub nickname: Option<String>,
            pub logins: u64,
            pub balance: i64,
            pub score: f64,
            pub active: bool,
            pub tags: Vec<String>,
            pub address: Address,
            $(pub $version: u64,)?
        }

        impl $name {
            pub fn new(id: &str) -> Self {
                Self {
                    id: id.to_owned(),
                    name: "Ann Example".to_owned(),
                    email: "ann@example.org".to_owned(),
                    nickname: Some("annie".to_owned()),
                    logins: 41,
                    balance: -1250,
                    score: 0.75,
                    active: true,
                    tags: ["new", "beta", "eu"].map(str::to_owned).to_vec(),
                    address: Address {
                        street: "1 Long Street".to_owned(),
                        city: "Springfield".to_owned(),
                        zip: "12345".to_owned(),
                    },
                    $($version: $first,)?
                }
            }

            /// Whatever was there, both fields change.
            pub fn edit_two(&mut self) {
                self.logins += 1;
                self.email = format!("ann+{}@example.org", self.logins);
            }
        }
    };
    (entity $(#[$of_struct:meta])* $name:ident) => {
        account!(#[derive(Entity)] $(#[$of_struct])* $name, #[entity(partition_key)] id, name);

        impl Account for $name {
            fn filled(id: &str) -> Self {
                Self::new(id)
            }

            fn edit(&mut self) {
                self.edit_two();
            }

            fn change() -> Change<Self> {
                Self::LOGINS.add(1) + Self::EMAIL.set(NEW_EMAIL)
            }
        }
    };
    (entry $(#[$of_struct:meta])* $name:ident) => {
        account!(
            #[derive(Entity)] $(#[$of_struct])* $name,
            #[entity(partition_key)] id, #[entity(sort_key)] name
        );

        impl Entry for $name {
            fn numbered(number: u32) -> Self {
                let name = sort_key(number);
                Self { name, ..Self::new(PARTITION) }
            }

            fn edit(&mut self) {
                self.edit_two();
            }
        }
    };
}

pub const NEW_EMAIL: &str = "ann+42@example.org";

account!(
    #[derive(Serialize, Deserialize)]
    Row,
    id,
    name,
    version = 1
);
account!(entity #[entity(table = "journaled", lock = version)] Journaled);
account!(entity #[entity(table = "journal-off", lock(version, journal = off))] JournalOff);

/// The table of the rows, for its creation.
#[derive(Entity)]
#[entity(table = "by-hand", lock = version)]
pub struct ByHandTable {
    #[entity(partition_key)]
    id: String,
}

/// The partition of all entries.
pub const PARTITION: &str = "account-0";

/// The sort key of an entry.
pub fn sort_key(number: u32) -> String {
    format!("Ann Example {number:03}")
}

/// The same as one of many in a partition.
pub trait Entry: Entity<Key = Composite<String, String>> {
    fn numbered(number: u32) -> Self;
    fn edit(&mut self);
}

account!(entry #[entity(table = "journaled-entries", lock = version)] JournaledEntry);
account!(entry #[entity(table = "journal-off-entries", lock(version, journal = off))] JournalOffEntry);

/// The table of the rows of one partition, for its creation.
#[derive(Entity)]
#[entity(table = "by-hand-entries", lock = version)]
pub struct ByHandEntries {
    #[entity(partition_key)]
    id: String,
    #[entity(sort_key)]
    name: String,
}
