//! What is stored: one struct of ten fields, three times. By hand it carries its version; an entity does not.

use optimist::key::Single;
use optimist::{Change, Entity, Part};
use serde::{Deserialize, Serialize};

/// The nested field.
#[derive(Serialize, Deserialize, Part)]
pub struct Address {
    street: String,
    city: String,
    zip: String,
}

/// What the rows need of an entity.
pub trait Account: Entity<Key = Single<String>> {
    fn filled(id: &str) -> Self;
    fn edit(&mut self);
    /// The same edit, as a change that the server computes.
    fn change() -> Change<Self>;
}

macro_rules! account {
    ($(#[$of_struct:meta])* $name:ident, $(#[$of_key:meta])? id $(, $version:ident = $first:literal)?) => {
        $(#[$of_struct])*
        pub struct $name {
            $(#[$of_key])?
            pub id: String,
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
        account!(#[derive(Entity)] $(#[$of_struct])* $name, #[entity(partition_key)] id);

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
}

pub const NEW_EMAIL: &str = "ann+42@example.org";

account!(
    #[derive(Serialize, Deserialize)]
    Row,
    id,
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
