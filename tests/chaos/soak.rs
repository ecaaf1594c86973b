//! The promised histories for as long as you have time, under both kinds of lock.
//!
//! ```text
//! cargo run --release -p optimist-tests --example soak -- --seconds 600
//! ```

mod client;
mod history;
mod scenario;

use std::process::ExitCode;
use std::time::Duration;

use client::{Mix, Uuid, Version};
use scenario::{Length, Scenario, all_faults, check};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let seconds = match arguments.as_slice() {
        [] => Some(60),
        [name, value] if name == "--seconds" => value.parse().ok(),
        _ => None,
    };
    let Some(seconds) = seconds else {
        eprintln!("usage: soak [--seconds N]");
        return ExitCode::from(2);
    };
    let scenarios = [
        Scenario {
            faults: all_faults(0.06),
            ..Scenario::new("6 % each")
        },
        Scenario {
            machines: 5,
            operations_each: 3,
            journal_writers: &[2, 8],
            faults: all_faults(0.04),
            ..Scenario::new("five writers, mixed K")
        },
        Scenario {
            mix: Mix::Lives,
            operations_each: 5,
            faults: all_faults(0.04),
            ..Scenario::new("inserts and deletes")
        },
    ];
    let each = Length::Time(Duration::from_secs(seconds) / 6);
    for scenario in &scenarios {
        check::<Version>(scenario, each, true);
        check::<Uuid>(scenario, each, true);
    }
    ExitCode::SUCCESS
}
