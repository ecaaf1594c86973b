use optimist::{Entity, Table};

#[derive(Entity)]
#[entity(table = "users")]
struct User {
    #[entity(partition_key)]
    id: String,
}

#[derive(Entity)]
#[entity(table = "orders")]
struct Order {
    #[entity(partition_key)]
    customer: String,
    #[entity(sort_key)]
    number: u64,
}

fn keys(users: Table<User>, orders: Table<Order>) {
    let _ = users.get(7);
    let _ = users.get(("ann", 7));
    let _ = orders.get("ann");
    let _ = orders.get(("ann", "7"));
}

fn main() {}
