use optimist::{Entity, Table};

#[derive(Entity)]
#[entity(table = "shop", partition_key(pk = "USER#{user}"), sort_key(sk = "ORDER#{day}#{number:05}"))]
struct Order {
    user: String,
    day: String,
    number: u32,
}

#[derive(Entity)]
#[entity(table = "users", partition_key(pk = "USER#{id}"))]
struct User {
    id: String,
}

fn keys(orders: Table<Order>, users: Table<User>) {
    let _ = orders.get(("ann", "2026-11-03"));
    let _ = orders.query(("ann", "2026-11-03"));
    let _ = orders.query("ann").sort_key(|k| k.number(7));
    let _ = orders.query("ann").sort_key(|k| k.day(7));
    let _ = orders.query("ann").sort_key(|_| "ORDER#");
    let _ = users.query("ann").sort_key(|k| k.begins_with("x"));
    let _ = Order::DAY.set("2026-11-04");
}

fn main() {}
