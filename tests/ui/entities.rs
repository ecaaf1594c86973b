use optimist::{Entities, Entity, Item, Stored, Table};

#[derive(Entity)]
#[entity(table = "shop", partition_key(pk = "USER#{id}"), sort_key(sk = "PROFILE"))]
struct User {
    id: String,
}

#[derive(Entity)]
#[entity(table = "shop", partition_key(pk = "USER#{id}"), sort_key(sk = "ORDER#{number:05}"))]
struct Order {
    id: String,
    number: u32,
}

#[derive(Entity)]
#[entity(table = "shop", partition_key(pk = "USER#{id}"), sort_key(sk = "ORDER#LINE#{line}"))]
struct Line {
    id: String,
    line: String,
}

#[derive(Entity)]
#[entity(table = "shop", kind = "note", partition_key(pk = "USER#{id}"), sort_key(sk = "NOTE"))]
struct Note {
    id: String,
}

#[derive(Entity)]
#[entity(table = "shop", kind = "note", partition_key(pk = "USER#{id}"), sort_key(sk = "MEMO"))]
struct Memo {
    id: String,
}

#[derive(Entity)]
#[entity(table = "other", partition_key(pk = "USER#{id}"), sort_key(sk = "X"))]
struct Elsewhere {
    id: String,
}

#[derive(Entities)]
enum Alike {
    User(User),
    Order(Order),
    Line(Stored<Line>),
}

#[derive(Entities)]
enum OneKind {
    Note(Note),
    Memo(Memo),
}

#[derive(Entities)]
enum TwoTables {
    User(User),
    Elsewhere(Elsewhere),
}

#[derive(Entities)]
enum Good {
    User(User),
    #[entities(other)]
    Other(Item),
}

fn query(orders: Table<Order>) {
    let _ = orders.query_all::<Good>("ann");
    let _ = orders.query_all::<User>("ann");
}

fn main() {}

#[derive(Entity)]
#[entity(table = "shop", partition_key(pk = "USER#{id}"), sort_key(sk = "PET"))]
struct Pet {
    id: String,
    kind: String,
}

#[derive(Entities)]
enum LooksLikeAKind {
    Note(Note),
    Pet(Pet),
}
