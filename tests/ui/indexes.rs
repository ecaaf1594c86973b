use optimist::Entity;

#[derive(Entity)]
#[entity(table = "words")]
struct Words {
    #[entity(partition_key)]
    id: String,
    #[entity(index(partition_key))]
    no_name: String,
    #[entity(index("by-word", partition_key, sparse))]
    word: String,
    #[entity(index("projected", partition_key, projection = some))]
    projection: String,
    #[entity(index("no-role"))]
    role: String,
}

#[derive(Entity)]
#[entity(table = "roles")]
struct Roles {
    #[entity(partition_key)]
    id: String,
    #[entity(
        index("twice", partition_key, projection = keys),
        index("no-partition", sort_key)
    )]
    first: String,
    #[entity(index("twice", partition_key, projection = all), index("sorted", partition_key))]
    second: String,
    #[entity(index("sorted", sort_key))]
    third: String,
    #[entity(index("sorted", sort_key))]
    fourth: String,
    #[entity(index("local", sort_key, local))]
    of_a_table_without_sort_key: String,
}

#[derive(Entity)]
#[entity(table = "local")]
struct LocalOnes {
    #[entity(partition_key)]
    id: String,
    #[entity(sort_key)]
    part: u64,
    #[entity(index("own-partition", partition_key, local))]
    first: String,
    #[entity(index("own-partition", sort_key))]
    second: String,
    #[entity(index("unsorted", local))]
    third: String,
}

#[derive(Entity)]
#[entity(table = "names")]
struct Names {
    #[entity(partition_key)]
    id: String,
    #[entity(index("ab", partition_key), index("by owner", partition_key))]
    short: String,
    #[entity(index("1st", partition_key))]
    no_constant: String,
    #[entity(index("name", partition_key))]
    name: String,
    #[entity(index("by-day", partition_key), index("by.day", partition_key))]
    day: String,
}

#[derive(Entity)]
#[entity(table = "fields")]
struct Fields {
    #[entity(partition_key)]
    id: String,
    #[entity(lock, index("by-lock", partition_key))]
    version: Option<u64>,
    #[entity(skip, index("by-nothing", partition_key))]
    skipped: String,
    #[entity(set, index("by-tags", partition_key))]
    tags: Vec<String>,
    #[entity(with = "chrono::serde::ts_seconds", index("by-time", partition_key))]
    time: String,
    #[serde(alias = "mail")]
    #[entity(index("by-email", partition_key))]
    email: String,
    #[entity(index("by-owner", partition_key, projection = include(nobody, skipped)))]
    owner: String,
    #[entity(index("by-nobody", partition_key, projection = include()))]
    nothing: String,
}

#[derive(Entity)]
#[entity(table = "types")]
struct Types {
    #[entity(partition_key)]
    id: String,
    #[entity(index("by-score", partition_key))]
    score: f64,
    #[entity(index("by-flag", partition_key))]
    flag: bool,
}

#[derive(Entity)]
#[entity(table = "global")]
struct TooManyGlobal {
    #[entity(partition_key)]
    id: String,
    #[entity(index("global-00", partition_key))]
    g00: String,
    #[entity(index("global-01", partition_key))]
    g01: String,
    #[entity(index("global-02", partition_key))]
    g02: String,
    #[entity(index("global-03", partition_key))]
    g03: String,
    #[entity(index("global-04", partition_key))]
    g04: String,
    #[entity(index("global-05", partition_key))]
    g05: String,
    #[entity(index("global-06", partition_key))]
    g06: String,
    #[entity(index("global-07", partition_key))]
    g07: String,
    #[entity(index("global-08", partition_key))]
    g08: String,
    #[entity(index("global-09", partition_key))]
    g09: String,
    #[entity(index("global-10", partition_key))]
    g10: String,
    #[entity(index("global-11", partition_key))]
    g11: String,
    #[entity(index("global-12", partition_key))]
    g12: String,
    #[entity(index("global-13", partition_key))]
    g13: String,
    #[entity(index("global-14", partition_key))]
    g14: String,
    #[entity(index("global-15", partition_key))]
    g15: String,
    #[entity(index("global-16", partition_key))]
    g16: String,
    #[entity(index("global-17", partition_key))]
    g17: String,
    #[entity(index("global-18", partition_key))]
    g18: String,
    #[entity(index("global-19", partition_key))]
    g19: String,
    #[entity(index("global-20", partition_key))]
    g20: String,
}

#[derive(Entity)]
#[entity(table = "local")]
struct TooManyLocal {
    #[entity(partition_key)]
    id: String,
    #[entity(sort_key)]
    part: u64,
    #[entity(index("local-0", sort_key, local))]
    l0: String,
    #[entity(index("local-1", sort_key, local))]
    l1: String,
    #[entity(index("local-2", sort_key, local))]
    l2: String,
    #[entity(index("local-3", sort_key, local))]
    l3: String,
    #[entity(index("local-4", sort_key, local))]
    l4: String,
    #[entity(index("local-5", sort_key, local))]
    l5: String,
}

#[derive(Entity)]
#[entity(table = "included")]
struct TooMuchIncluded {
    #[entity(partition_key)]
    id: String,
    #[entity(index("include-0", partition_key, projection = include(a00, a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, a12, a13, a14, a15, a16)))]
    k0: String,
    #[entity(index("include-1", partition_key, projection = include(a00, a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, a12, a13, a14, a15, a16)))]
    k1: String,
    #[entity(index("include-2", partition_key, projection = include(a00, a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, a12, a13, a14, a15, a16)))]
    k2: String,
    #[entity(index("include-3", partition_key, projection = include(a00, a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, a12, a13, a14, a15, a16)))]
    k3: String,
    #[entity(index("include-4", partition_key, projection = include(a00, a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, a12, a13, a14, a15, a16)))]
    k4: String,
    #[entity(index("include-5", partition_key, projection = include(a00, a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, a12, a13, a14, a15, a16)))]
    k5: String,
    a00: u8,
    a01: u8,
    a02: u8,
    a03: u8,
    a04: u8,
    a05: u8,
    a06: u8,
    a07: u8,
    a08: u8,
    a09: u8,
    a10: u8,
    a11: u8,
    a12: u8,
    a13: u8,
    a14: u8,
    a15: u8,
    a16: u8,
}

#[derive(Entity)]
#[entity(table = "included")]
struct TooMuchInOne {
    #[entity(partition_key)]
    id: String,
    #[entity(
        index(
            "much",
            partition_key,
            projection = include(a00, a01, a02, a03, a04, a05, a06, a07, a08, a09, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20)
        )
    )]
    key: String,
    a00: u8,
    a01: u8,
    a02: u8,
    a03: u8,
    a04: u8,
    a05: u8,
    a06: u8,
    a07: u8,
    a08: u8,
    a09: u8,
    a10: u8,
    a11: u8,
    a12: u8,
    a13: u8,
    a14: u8,
    a15: u8,
    a16: u8,
    a17: u8,
    a18: u8,
    a19: u8,
    a20: u8,
}

fn main() {}
