//! A view has fields of its entity, with their types, and is read of that entity alone.

use optimist::{Entity, Projection, Table};

mod people {
    #[derive(optimist::Entity)]
    #[entity(table = "users")]
    pub struct User {
        #[entity(partition_key)]
        pub id: String,
        #[entity(index("by-email", partition_key, projection = keys))]
        pub email: Option<String>,
        pub logins: u64,
        #[entity(lock)]
        pub version: Option<u64>,
        #[entity(skip)]
        pub cached: u64,
        secret: String,
    }
}
use people::User;

#[derive(Entity)]
#[entity(table = "orders")]
struct Order {
    #[entity(partition_key)]
    id: String,
}

/// Neither is there, nor visible, nor stored as an attribute with a path.
#[derive(Projection)]
#[projection(of = User)]
struct Absent {
    phone: String,
    secret: String,
    version: Option<u64>,
    cached: u64,
    #[projection(const = "MAIL")]
    email: Option<String>,
}

#[derive(Projection)]
#[projection(of = User)]
struct Unlike {
    id: String,
    email: String,
    logins: Option<u64>,
}

#[derive(Projection)]
struct OfNothing {
    id: String,
}

#[derive(Projection)]
#[projection(of = User, table = "users")]
struct Unknown {
    #[projection(rename = "ident")]
    id: String,
    #[projection(const = "EMAIL", const = "LOGINS")]
    email: Option<String>,
}

struct Page;

#[derive(Projection)]
#[projection(of = Page)]
struct OfNoEntity {}

#[derive(Projection)]
#[projection(of = User)]
struct Pair(String, u64);

#[derive(Projection)]
#[projection(of = User)]
enum Either {
    Id(String),
}

#[derive(Projection)]
#[projection(of = User)]
struct Head {
    id: String,
}

fn use_them(users: Table<User>, orders: Table<Order>) {
    let _ = orders.get("1").select::<Head>();
    let _ = orders.query("1").select::<Head>();
    let _ = users.scan().select::<User>();
    let _ = users.scan().select::<Head>().entities();
    let _ = users.query_index(User::BY_EMAIL, "a@b").select::<Head>().consistent();
    let _ = users.query_index(User::BY_EMAIL, "a@b").fresh().select::<Head>();
    let _ = users.scan().select::<Head>().fresh();
    let _ = users.scan().fresh();
}

fn main() {}
