use optimist::{Db, Entity};

#[derive(Entity)]
#[entity(table = "shapes")]
enum Shape {
    Circle,
}

#[derive(Entity)]
#[entity(table = "pairs")]
struct Pair(String, u64);

#[derive(Entity)]
struct NoKeyNoTable {
    id: String,
}

fn used(db: Db) {
    let _ = (db.table::<Shape>(), db.table::<Pair>(), db.table::<NoKeyNoTable>());
}

fn main() {}
