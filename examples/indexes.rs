//! A global index is behind its table: tickets change, and the queue is read from the index at once, in three ways. What a plain
//! read shows is partly old; `fresh` shows nothing old, and cannot show what has not arrived; `until` waits for it.
//!
//! ```text
//! cargo run --example indexes -- [--changes N (200)] [--lag N (100)] [--endpoint URL | --aws]
//! ```
//! The embedded engine's index is up to `--lag` milliseconds behind; other endpoints are as far behind as they are.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use optimist::{Entity, Stored, Table};
use optimist_examples::{AnyError, Options, Site};

#[derive(Entity, Debug, Clone, PartialEq)]
#[entity(table = "tickets")]
struct Ticket {
    #[entity(partition_key)]
    id: u64,
    #[entity(index("queue", partition_key))]
    state: String,
    #[entity(index("queue", sort_key))]
    urgency: u64,
    title: String,
}

const TICKETS: u64 = 30;

/// What reads of one kind showed, over all changes.
#[derive(Default)]
struct Shown {
    tickets: u32,
    old: u32,
    missing: u32,
}

impl Shown {
    /// Compares what was read with what is true.
    fn note(&mut self, read: &[Stored<Ticket>], truth: &BTreeMap<u64, Ticket>) {
        let is_old = |ticket: &&Stored<Ticket>| truth[&ticket.id] != ***ticket;
        let is_shown = |id: &u64| read.iter().any(|ticket| ticket.id == *id);
        let open = truth.values().filter(|ticket| ticket.state == "open");
        let missing = open.filter(|ticket| !is_shown(&ticket.id));
        self.tickets += count(read.iter());
        self.old += count(read.iter().filter(is_old));
        self.missing += count(missing);
    }

    fn print(&self, way: &str) {
        let Self {
            tickets,
            old,
            missing,
        } = self;
        println!("{way:8} {tickets:>8} {old:>8} {missing:>8}");
    }
}

fn count(items: impl Iterator) -> u32 {
    items.fold(0, |count, _| count + 1)
}

#[tokio::main]
async fn main() -> Result<(), AnyError> {
    let options = Options::of_process("indexes", [("changes", 200), ("lag", 100)]);
    let [changes, lag] = options.numbers;
    let place = options.place.or_lagging(Duration::from_millis(lag));
    place
        .run(changes * 10, async |site| watch(site, changes).await)
        .await
}

async fn watch(site: &Site, changes: u64) -> Result<(), AnyError> {
    site.create_table::<Ticket>().await?;
    let tickets: Table<Ticket> = site.machine().db.table();
    let mut truth = BTreeMap::new();
    for id in 0..TICKETS {
        let ticket = Ticket {
            id,
            state: "open".into(),
            urgency: id % 5,
            title: "new".into(),
        };
        tickets.insert(ticket.clone()).await?;
        truth.insert(id, ticket);
    }
    let within = Duration::from_mins(1);
    let all = tickets.query_index(Ticket::QUEUE, "open");
    all.until(|hits| hits.len() == truth.len(), within).await?;

    let (mut plain, mut fresh) = (Shown::default(), Shown::default());
    let (mut waits, mut waited) = (0, Duration::ZERO);
    for turn in 0..changes {
        let id = fastrand::u64(..TICKETS);
        let edit = |ticket: &mut Ticket| match fastrand::u8(..3) {
            0 if ticket.state == "open" => ticket.state = "done".into(),
            0 => ticket.state = "open".into(),
            1 => ticket.urgency = fastrand::u64(..5),
            _ => ticket.title = format!("edit {turn}"),
        };
        let modified = tickets.modify(id, edit).await?;
        let now = Stored::into_inner(modified.stored);
        truth.insert(id, now.clone());

        let queue = || tickets.query_index(Ticket::QUEUE, "open").reverse();
        plain.note(&queue().collect().await?, &truth);
        fresh.note(&queue().fresh().collect().await?, &truth);
        if turn % 10 == 0 {
            let begun = Instant::now();
            let arrived = |hits: &[Stored<Ticket>]| match hits.iter().find(|hit| hit.id == id) {
                Some(hit) => **hit == now,
                None => now.state != "open",
            };
            queue().until(arrived, within).await?;
            (waits, waited) = (waits + 1, waited + begun.elapsed());
        }
    }
    println!(
        "{changes} changes of {TICKETS} tickets; after each the open ones are read from the index at once\n"
    );
    println!("{:8} {:>8} {:>8} {:>8}", "", "tickets", "old", "missing");
    plain.print("plain");
    fresh.print("fresh");
    println!(
        "\nuntil: {waits} times, {:?} each until the change showed",
        waited / waits.max(1)
    );
    if fresh.old > 0 {
        return Err("`fresh` showed an old ticket".into());
    }
    Ok(())
}
