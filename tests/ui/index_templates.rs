use optimist::Entity;

#[derive(Entity)]
#[entity(table = "a", index("by-day", partition_key))]
struct Marked {
    #[entity(partition_key)]
    id: String,
}

#[derive(Entity)]
#[entity(table = "a")]
struct OnAField {
    #[entity(partition_key)]
    id: String,
    #[entity(index("by-day", partition_key(day_key = "DAY#{day}")))]
    day: String,
}

#[derive(Entity)]
#[entity(
    table = "a",
    index("by-day", partition_key(key = "DAY#{day}")),
    index("by-state", partition_key(key = "STATE#{state}"))
)]
struct TwoWays {
    #[entity(partition_key)]
    id: String,
    day: String,
    state: String,
}

#[derive(Entity)]
#[entity(
    table = "a",
    index("by-day", partition_key(day = "DAY#{day}"), sort_key(all = "ALL")),
    index("by-all", partition_key(all = "ALL"))
)]
struct Names {
    #[entity(partition_key)]
    id: String,
    #[entity(set)]
    day: Vec<String>,
}

#[derive(Entity)]
#[entity(
    table = "a",
    index("by-day", partition_key(day_key = "DAY#{day}")),
    index("by-day", partition_key(other = "{da}"))
)]
struct Twice {
    #[entity(partition_key)]
    id: String,
    #[serde(alias = "date")]
    day: String,
}

fn main() {}
