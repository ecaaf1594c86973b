//! The memory of a client that scans a large table as plain entities, page by page.
//!
//! ```text
//! cargo bench -p optimist-tests --bench scan_memory -- [--items N]
//! ```
//!
//! The engine stands behind loopback in another process, which fills itself before it listens. What is printed is the peak of
//! the resident memory of this process (`VmHWM`), which Linux alone tells.

mod server;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use aws_smithy_http_client::Builder as HttpBuilder;
use optimist::{Db, Entity, local};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const SEGMENTS: u32 = 4;
const PAGE_SIZE: u32 = 1000;
const ITEM_BYTES: usize = 200;
/// The count of the first item.
const FIRST: u64 = 1_000_000_001;

/// Four attributes.
#[derive(Entity)]
#[entity(table = "events", lock(version, journal = off))]
struct Event {
    #[entity(partition_key)]
    id: String,
    kind: String,
    text: String,
    count: u64,
}

/// What the table has, item by item.
fn event(number: u64) -> Event {
    Event {
        id: format!("event-{number:012}"),
        kind: "measured".to_owned(),
        text: "x".repeat(153),
        // Of ten digits, the last of which is not 0: all have one size.
        count: FIRST + 2 * number,
    }
}

fn main() -> Result<()> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let number = |after: &str| {
        let at = arguments.iter().position(|argument| argument == after)?;
        arguments.get(at + 1)?.parse().ok()
    };
    if let Some(items) = number("--serve") {
        return server::run(items);
    }
    // `cargo test --benches` asks whether it runs at all, and says so by the absence of `--bench`.
    let whole = arguments.iter().any(|argument| argument == "--bench");
    let items = number("--items").unwrap_or(if whole { 1_000_000 } else { 5_000 });
    let engine = Engine::with(items)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let before = peak()?;
    let started = Instant::now();
    let scanned = runtime.block_on(scan(&engine.address))?;
    let seconds = started.elapsed().as_secs_f64();
    if scanned != items {
        return Err(format!("{items} items are there, and the scan gave {scanned}").into());
    }
    println!(
        "{scanned} items of {ITEM_BYTES} bytes in {SEGMENTS} segments, pages of {PAGE_SIZE}, {seconds:.1} s\n\
         peak RSS of the client: {:.1} MB, {before:.1} MB of it before the scan",
        peak()?
    );
    Ok(())
}

async fn scan(address: &str) -> Result<u64> {
    let config = local::config()
        .endpoint_url(address)
        .http_client(HttpBuilder::new().build_http());
    let events = Db::new(aws_sdk_dynamodb::Client::from_conf(config.build())).table::<Event>();
    let mut scan = events
        .scan()
        .segments(SEGMENTS)
        .page_size(PAGE_SIZE)
        .entities();
    let (mut scanned, mut sum) = (0u64, 0);
    while let Some(event) = scan.try_next().await? {
        scanned += 1;
        sum += (event.count - FIRST) / 2;
    }
    if sum != scanned * scanned.saturating_sub(1) / 2 {
        return Err("an item came twice, or not at all".into());
    }
    Ok(scanned)
}

/// The most memory that was resident, in MB.
fn peak() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB"));
    let kilobytes: f64 = kilobytes.ok_or("no VmHWM")?.trim().parse()?;
    Ok(kilobytes * 1024.0 / 1e6)
}

/// The other process; it ends with this value.
struct Engine {
    process: Child,
    address: String,
}

impl Engine {
    fn with(items: u64) -> Result<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .args(["--serve", &items.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let said = process.stdout.take().ok_or("no output")?;
        let mut address = String::new();
        BufReader::new(said).read_line(&mut address)?;
        let engine = Self {
            process,
            address: address.trim().to_owned(),
        };
        if engine.address.is_empty() {
            return Err("the engine did not start".into());
        }
        Ok(engine)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
