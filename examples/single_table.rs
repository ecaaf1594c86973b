//! Several entities in one table: users, their orders and the lines of the orders. All that belongs to a user is one partition, so
//! one query brings it; the sort keys put each line behind its order, so the tree is rebuilt in one pass.
//!
//! ```text
//! cargo run --example single_table -- [--users N (3)] [--orders N (4)] [--lines N (3)] [--endpoint URL | --aws]
//! ```

use optimist::{Entities, Entity, Item, Stored, Table};
use optimist_examples::{AnyError, Options, Site};

#[derive(Entity, Debug)]
#[entity(
    table = "shop",
    partition_key(pk = "USER#{id}"),
    sort_key(sk = "PROFILE"),
    kind = "user"
)]
struct User {
    id: String,
    spent: u64,
}

#[derive(Entity, Debug)]
#[entity(
    table = "shop",
    partition_key(pk = "USER#{user}"),
    sort_key(sk = "ORDER#{day}#{number:05}"),
    kind = "order"
)]
struct Order {
    user: String,
    day: String,
    number: u64,
    total: u64,
}

#[derive(Entity, Debug)]
#[entity(
    table = "shop",
    partition_key(pk = "USER#{user}"),
    sort_key(sk = "ORDER#{day}#{order:05}#LINE#{position:03}"),
    kind = "line"
)]
struct Line {
    user: String,
    day: String,
    order: u64,
    position: u64,
    article: String,
    price: u64,
}

#[derive(Entities)]
#[allow(clippy::large_enum_variant)] // moved once
enum OfShop {
    User(Stored<User>),
    Order(Stored<Order>),
    Line(Line),
    #[entities(other)]
    Other(Item),
}

/// What belongs to a user. Users and orders can be saved.
#[derive(Default)]
struct Tree {
    user: Option<Stored<User>>,
    orders: Vec<(Stored<Order>, Vec<Line>)>,
    others: Vec<Item>,
}

const ARTICLES: [&str; 4] = ["tea", "cup", "spoon", "honey"];

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    let defaults = [("users", 3), ("orders", 4), ("lines", 3)];
    let options = Options::of_process("single_table", defaults);
    let [users, orders, lines] = options.numbers;
    let requests = users * (2 + 2 * orders + orders * lines) + 3;
    let work = async |site: &Site| run(site, users, orders, lines).await;
    options.place.run(requests, work).await
}

async fn run(site: &Site, users: u64, orders: u64, lines: u64) -> Result<(), AnyError> {
    site.create_table::<User>().await?;
    let machine = site.machine();
    let table = machine.db.table::<User>();
    for user in 0..users {
        fill(&table, &format!("user-{user}"), orders, lines).await?;
    }
    machine.transport.reset();
    let mut right = true;
    for user in 0..users {
        let id = format!("user-{user}");
        let mut tree = read(&table, &id).await?;
        let bought: usize = tree.orders.iter().map(|(_, lines)| lines.len()).sum();
        let stored = (usize::try_from(orders)?, usize::try_from(orders * lines)?);
        right &= (tree.orders.len(), bought) == stored && tree.others.is_empty();
        sum_up(&table, &mut tree).await?;
        if user == 0 {
            print(&tree);
        }
        println!("{id}: {} orders, {bought} lines", tree.orders.len());
    }
    let queries = machine.transport.count("Query");
    println!("\n{queries} queries for {users} users, all they ordered, and the lines of it");

    // One entity alone is asked for by the text that begins its sort keys, and by its kind.
    let orders_of = machine.db.table::<Order>();
    let of_day = orders_of.query("user-0").sort_key(|k| k.day(day(0)));
    println!(
        "user-0 ordered {} times on {}",
        of_day.count().await?,
        day(0)
    );
    let spent = table.query("user-0").first().await?.map(|user| user.spent);
    println!("user-0 has spent {}", spent.unwrap_or_default());
    if right && queries == users {
        Ok(())
    } else {
        Err("the trees are not what was stored".into())
    }
}

/// Two orders a day.
fn day(order: u64) -> String {
    format!("2026-11-{:02}", 1 + order / 2 % 30)
}

async fn fill(users: &Table<User>, id: &str, orders: u64, lines: u64) -> optimist::Result<()> {
    let id = || id.to_owned();
    users.insert(User { id: id(), spent: 0 }).await?;
    let (table, lines_of) = (users.db().table::<Order>(), users.db().table::<Line>());
    for number in 0..orders {
        let (user, day) = (id(), day(number));
        for line in 0..lines {
            let article = ARTICLES[usize::try_from(number + line).unwrap_or(0) % ARTICLES.len()];
            let line = Line {
                user: user.clone(),
                day: day.clone(),
                order: number,
                position: line,
                article: article.into(),
                price: 1 + 7 * line,
            };
            lines_of.insert(line).await?;
        }
        let total = 0;
        let order = Order {
            user,
            day,
            number,
            total,
        };
        table.insert(order).await?;
    }
    Ok(())
}

/// One query. A line comes right behind its order.
async fn read(users: &Table<User>, id: &str) -> Result<Tree, AnyError> {
    let mut tree = Tree::default();
    let mut all = users.query_all::<OfShop>(id).stream();
    while let Some(item) = all.try_next().await? {
        match item {
            OfShop::User(user) => tree.user = Some(user),
            OfShop::Order(order) => tree.orders.push((order, Vec::new())),
            OfShop::Line(line) => match tree.orders.last_mut() {
                Some((order, lines)) if order.number == line.order => lines.push(line),
                _ => return Err(format!("a line of order {} has no order", line.order).into()),
            },
            OfShop::Other(item) => tree.others.push(item),
        }
    }
    Ok(tree)
}

/// Writes the totals into what was read.
async fn sum_up(users: &Table<User>, tree: &mut Tree) -> optimist::Result<()> {
    let orders = users.db().table::<Order>();
    let mut spent = 0;
    for (order, lines) in &mut tree.orders {
        order.total = lines.iter().map(|line| line.price).sum();
        spent += order.total;
        orders.save(order).await?;
    }
    if let Some(user) = &mut tree.user {
        user.spent = spent;
        users.save(user).await?;
    }
    Ok(())
}

fn print(tree: &Tree) {
    let Some(user) = &tree.user else { return };
    println!("{}, spent {}", user.id, user.spent);
    for (order, lines) in &tree.orders {
        println!("  order {} of {}: {}", order.number, order.day, order.total);
        for line in lines {
            println!("    {} {:3} {}", line.position, line.price, line.article);
        }
    }
    println!();
}
