//! The friends-list story: two people unfriend at the same moment, from two machines that read the same list. Removed by
//! index, as `REMOVE friends[i]` does it, the wrong friend can go; here are the ways that are safe.
//!
//! ```text
//! cargo run --example friends -- [--endpoint URL | --aws]
//! ```

use std::collections::BTreeSet;

use optimist::{Edit, Entity, Table};
use optimist_examples::{AnyError, Options, Site};
use optimist_tests::Machine;

/// A list under a version lock.
#[derive(Entity, Debug, Clone)]
#[entity(table = "versioned", lock = version)]
struct Versioned {
    #[entity(partition_key)]
    id: String,
    friends: Vec<String>,
}

/// A list in a table where no attribute may be added: the element itself is compared.
#[derive(Entity, Debug, Clone)]
#[entity(table = "plain", lock = values)]
struct Plain {
    #[entity(partition_key)]
    id: String,
    friends: Vec<String>,
}

/// A set: members have no place, so nothing can be in the wrong one.
#[derive(Entity, Debug, Clone)]
#[entity(table = "sets")]
struct Members {
    #[entity(partition_key)]
    id: String,
    #[entity(set)]
    friends: BTreeSet<String>,
}

const FRIENDS: [&str; 6] = ["bob", "cat", "dan", "eve", "fay", "gus"];

fn names() -> Vec<String> {
    FRIENDS.map(String::from).to_vec()
}

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    let options = Options::of_process("friends", []);
    options.place.run(30, unfriend).await
}

async fn unfriend(site: &Site) -> Result<(), AnyError> {
    println!("ann's friends: {}\n", FRIENDS.join(" "));
    println!("two machines read the list; one removes bob, the other eve\n");

    by_index(site).await?;
    let ways = [
        (
            "element and version",
            lists::<Versioned>(site, |name| Versioned::FRIENDS.remove_value(name)).await?,
        ),
        (
            "element alone (values)",
            lists::<Plain>(site, |name| Plain::FRIENDS.remove_value(name)).await?,
        ),
        ("set", sets(site).await?),
    ];
    let expected = ["cat", "dan", "fay", "gus"];
    let mut right = true;
    for (way, (left, note)) in ways {
        println!("{way:24} → {:20} {note}", left.join(" "));
        right &= left == expected;
    }
    if right {
        Ok(())
    } else {
        Err(format!("a way that is called safe left something other than {expected:?}").into())
    }
}

/// What goes wrong: both found their index in the list as it was read.
async fn by_index(site: &Site) -> Result<(), AnyError> {
    site.create_table::<Versioned>().await?;
    let machine = site.machine();
    let table = machine.db.table::<Versioned>();
    let friends = names();
    let (bob, eve) = (0, 3);
    table
        .insert(Versioned {
            id: "ann".into(),
            friends,
        })
        .await?;
    for index in [bob, eve] {
        let update = machine.db.client().update_item().table_name(table.name());
        update
            .key("id", optimist::AttributeValue::S("ann".into()))
            .update_expression(format!("REMOVE friends[{index}]"))
            .send()
            .await?;
    }
    let ann = table.require("ann").await?;
    println!(
        "{:24} → {:20} fay is gone, eve stayed",
        "REMOVE friends[index]",
        ann.friends.join(" ")
    );
    let _ = table.delete(ann).await?;
    Ok(())
}

/// An entity with a list of friends.
trait Friends: Entity {
    fn new() -> Self;
    fn friends(&self) -> &[String];
}

impl Friends for Versioned {
    fn new() -> Self {
        Self {
            id: "ann".into(),
            friends: names(),
        }
    }

    fn friends(&self) -> &[String] {
        &self.friends
    }
}

impl Friends for Plain {
    fn new() -> Self {
        Self {
            id: "ann".into(),
            friends: names(),
        }
    }

    fn friends(&self) -> &[String] {
        &self.friends
    }
}

type Left = (Vec<String>, String);

/// Both machines read before either writes: the second one's element has moved, which it notices, finds it again, and
/// removes the right one.
async fn lists<E: Friends>(site: &Site, remove: fn(&str) -> Edit<E>) -> Result<Left, AnyError>
where
    &'static str: optimist::IntoKey<E::Key>,
{
    site.create_table::<E>().await?;
    let machines = [site.machine(), site.machine()];
    let tables: [Table<E>; 2] = [machines[0].db.table(), machines[1].db.table()];
    tables[0].insert(E::new()).await?;
    let (mut first, mut second) = (
        tables[0].require("ann").await?,
        tables[1].require("ann").await?,
    );
    tables[0].update(&mut first, remove("bob")).await?;
    let stale = tables[1].update(&mut second, remove("eve")).await;
    let noticed = stale.is_err_and(|error| error.is_conflict());
    let modified = tables[1].modify_with("ann", |_| remove("eve")).await?;
    let again = tables[0].modify_with("ann", |_| remove("eve")).await?;
    let gone = again.output.gone.len();
    if !noticed || gone != 1 {
        return Err(
            format!("stale removal noticed: {noticed}, second removal: {gone} gone").into(),
        );
    }
    let note = format!("stale removal noticed; a second removal of eve finds {gone} gone");
    Ok((modified.stored.friends().to_vec(), note))
}

/// One blind request each: no read, no conflict, no retry.
async fn sets(site: &Site) -> Result<Left, AnyError> {
    site.create_table::<Members>().await?;
    let machines = [site.machine(), site.machine()];
    let table = machines[0].db.table::<Members>();
    let friends = names().into_iter().collect();
    table
        .insert(Members {
            id: "ann".into(),
            friends,
        })
        .await?;
    machines[0].transport.reset();
    let remove = |machine: &Machine, name: &str| {
        let table = machine.db.table::<Members>();
        table
            .apply("ann", Members::FRIENDS.delete([name]))
            .into_future()
    };
    futures::future::try_join(remove(&machines[0], "bob"), remove(&machines[1], "eve")).await?;
    let requests = machines[0].transport.total() + machines[1].transport.total();
    let ann = table.require("ann").await?;
    let left = ann.friends.iter().cloned().collect();
    if requests != 2 {
        return Err(format!("{requests} requests for two removals").into());
    }
    Ok((left, format!("{requests} requests, no retries")))
}
