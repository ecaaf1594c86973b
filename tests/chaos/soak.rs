//! The promised histories for as long as you have time, under both kinds of lock, from another seed each time.
//!
//! ```text
//! cargo run --release -p optimist-tests --example soak -- --seconds 600 --seed 7
//! ```

mod check;
mod client;
mod events;
mod history;
mod replay;
mod scenario;

use std::process::ExitCode;
use std::time::Duration;

use check::{Promise, Seeds, check};
use client::{Mix, Uuid, Version};
use scenario::{Scenario, all_faults};

/// How long, and the first seed.
struct Options {
    seconds: u64,
    seed: u64,
}

impl Options {
    fn parse(arguments: impl IntoIterator<Item = String>) -> Option<Self> {
        let mut options = Self {
            seconds: 60,
            // Room above for as many histories as there may be.
            seed: fastrand::u64(..1 << 48),
        };
        let mut arguments = arguments.into_iter();
        while let Some(name) = arguments.next() {
            let value = arguments.next()?.parse().ok()?;
            match name.as_str() {
                "--seconds" => options.seconds = value,
                "--seed" => options.seed = value,
                _ => return None,
            }
        }
        Some(options)
    }
}

fn main() -> ExitCode {
    let Some(Options { seconds, seed }) = Options::parse(std::env::args().skip(1)) else {
        eprintln!("usage: soak [--seconds N] [--seed N]");
        return ExitCode::from(2);
    };
    println!("from seed {seed}: --seed {seed} begins there again");
    let scenarios = [
        Scenario {
            faults: all_faults(0.06),
            ..Scenario::new("soak_every_fault_at_six_percent")
        },
        Scenario {
            machines: 5,
            operations_each: 3,
            journal_writers: &[2, 8],
            faults: all_faults(0.04),
            ..Scenario::new("soak_five_writers_of_different_k")
        },
        Scenario {
            mix: Mix::Lives,
            operations_each: 5,
            faults: all_faults(0.04),
            ..Scenario::new("soak_items_that_come_and_go")
        },
    ];
    let each = Duration::from_secs(seconds) / 6;
    let seeds = Seeds::From(seed, each);
    let mut histories = 0;
    for scenario in &scenarios {
        histories += check::<Version>(scenario, seeds, Promise::Linearizable).histories;
        histories += check::<Uuid>(scenario, seeds, Promise::Linearizable).histories;
    }
    if histories == 0 {
        eprintln!("OPTIMIST_CHAOS names no history of this soak");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
