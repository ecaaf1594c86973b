use optimist::query::Projected;
use optimist::{Db, Entity, Table};

#[derive(Entity)]
#[entity(table = "users")]
struct User {
    #[entity(partition_key)]
    id: String,
    #[entity(index("by-email", partition_key))]
    email: String,
    #[entity(index("digest", partition_key, projection = keys))]
    name: String,
    logins: u64,
}

#[derive(Entity)]
#[entity(table = "orders")]
struct Order {
    #[entity(partition_key)]
    customer: String,
    #[entity(sort_key, index("by-number", partition_key))]
    number: u64,
    #[entity(index("by-number", sort_key), index("by-day", sort_key, local))]
    day: String,
}

fn consistent_reads_of_a_global_index(users: Table<User>) {
    let _ = users.query_index(User::BY_EMAIL, "a@b").consistent();
    let _ = users.scan_index(User::DIGEST).consistent();
}

fn fresh_reads_of_what_is_read_consistently(orders: Table<Order>) {
    let _ = orders.query("ann").fresh();
    let _ = orders.query_index(Order::BY_DAY, "ann").fresh();
}

async fn views_are_not_saved(users: Table<User>, mut view: Projected<User>) {
    let _ = users.save(&mut view).await;
    let _ = users.update(&mut view, User::LOGINS.add(1)).await;
    let _ = users.delete(view).await;
    let _ = users.scan_index(User::DIGEST).entities();
}

fn sort_conditions(users: Table<User>, orders: Table<Order>) {
    // There is no sort key.
    let _ = users.query("ann").sort_key(|k| k.eq("x"));
    let _ = users.query_index(User::BY_EMAIL, "a@b").sort_key(|k| k.eq("x"));
    // That of the table is a number, that of the index a string.
    let _ = orders.query("ann").sort_key(|k| k.eq("2026-11-03"));
    let _ = orders.query_index(Order::BY_NUMBER, 7).sort_key(|k| k.eq(7));
}

fn partitions(orders: Table<Order>) {
    let _ = orders.query(("ann", 7));
    let _ = orders.query(7);
    let _ = orders.query_index(Order::BY_NUMBER, "ann");
}

fn an_index_of_another_entity(orders: Table<Order>) {
    let _ = orders.query_index(User::BY_EMAIL, "a@b");
    let _ = orders.scan_index(User::BY_EMAIL);
}

fn what_is_no_table(db: Db) {
    let _ = db.create_table::<String>();
    let _ = db.create_table::<(User, String)>();
    let _ = db.verify_table::<((User, Order), Order)>();
}

fn main() {}
