use optimist::{Entity, Table};

#[derive(Entity)]
#[entity(table = "a", index("by-day", partition_key(day_key = "DAY#{day}")))]
struct NoWidth {
    #[entity(partition_key)]
    id: String,
    day: Option<u32>,
}

#[derive(Entity)]
#[entity(table = "a", index("by-day", partition_key(day_key = "DAY#{day}")))]
struct NoSort {
    #[entity(partition_key)]
    id: String,
    day: String,
}

fn query(table: Table<NoSort>) {
    let _ = table.query_index(NoSort::BY_DAY, "a").sort_key(|k| k);
    let _ = table.query_index(NoSort::BY_DAY, 7);
}

fn main() {}
