//! What an attribute cannot do does not compile, and the message says what to do instead.

use std::collections::BTreeSet;

use optimist::attr::IntoChange;
use optimist::{Change, Condition, Edit, Entity};
use serde::{Deserialize, Serialize};

mod cents {
    pub fn serialize<S: serde::Serializer>(v: &u64, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_u64(*v)
    }
    pub fn deserialize<'de, D: serde::Deserializer<'de>>(d: D) -> Result<u64, D::Error> {
        serde::Deserialize::deserialize(d)
    }
}

#[derive(Entity)]
#[entity(table = "users")]
struct User {
    #[entity(partition_key)]
    id: String,
    points: Points,
    email: String,
    logins: u64,
    list: Vec<String>,
    #[entity(set)]
    set: Vec<String>,
    #[entity(set)]
    friends: BTreeSet<String>,
    #[entity(with = "cents")]
    price: u64,
}

#[derive(Serialize, Deserialize)]
struct Points(u64);

#[derive(Entity)]
#[entity(table = "orders")]
struct Order {
    #[entity(partition_key)]
    id: String,
    total: u64,
}

fn main() {
    // A key has no setter, and the lock no path.
    let _ = User::ID.set("bob");
    let _ = User::VERSION;
    // Arithmetic needs a number, stored plainly.
    let _ = User::EMAIL.add(1);
    let _ = User::PRICE.add(1u64);
    // Sets and lists are told apart, also where both are a Vec.
    let _ = User::LIST.insert(["x"]);
    let _ = User::SET.append(["x"]);
    let _ = User::SET.remove_value("x");
    // Values are of the attribute's type.
    let _ = User::LOGINS.eq("three");
    let _ = User::EMAIL.gt(3);
    let _ = User::LOGINS.begins_with("1");
    // A condition of another entity, and an edit where a change is asked for.
    let _: Condition<User> = User::LOGINS.gt(1) & Order::TOTAL.gt(1);
    let _: Change<User> = User::LIST.remove_value("x");
    let _: Edit<User> = Order::TOTAL.add(1).into();
    // What an index is on the way to holds only for what was read: no blind change.
    let _: Change<User> = User::LIST.at(3).remove();
    let _: Change<User> = User::LIST.at(3).set("x");
    apply(User::LIST.remove_value("x"));
    apply(User::LIST.at(3).set("x") + User::LOGINS.add(1));
    apply(Order::TOTAL.add(1));
    // A newtype says itself that it is a number; what a `with` module stores has no order that we know.
    let _ = User::POINTS.add(Points(1));
    let _ = User::POINTS.lt(Points(1));
    let _ = User::PRICE.lt(1u64);
}

fn apply(_: impl IntoChange<User>) {}
