//! One process of the suite `processes`: takes its steps on a shared tally, from wherever the tally says that it came to,
//! and is killed at any moment.
//!
//! `worker FILE NAME STEPS SEED`

use std::process::ExitCode;

use optimist_tests::{Backend, Fault, Tally};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, name, steps, seed] = arguments.as_slice() else {
        eprintln!("usage: worker FILE NAME STEPS SEED");
        return ExitCode::from(2);
    };
    match work(file, name, steps, seed).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("worker {name}: {error}");
            ExitCode::FAILURE
        }
    }
}

type AnyError = Box<dyn std::error::Error + Send + Sync>;

async fn work(file: &str, name: &str, steps: &str, seed: &str) -> Result<(), AnyError> {
    let machine = Backend::on_file(file)?.machine();
    let faults = [Fault::LoseAnswer, Fault::FailAfter, Fault::LoseRequest].map(|f| (f, 0.05));
    machine.transport.plan(seed.parse()?, &[], faults);
    let tallies = machine.db.table::<Tally>();
    // Whether the last step before a kill landed, the tally alone knows.
    let read = tallies.require("all").await?;
    let done = read.steps.get(name).copied().unwrap_or(0);
    for step in done + 1..=steps.parse()? {
        let check = |tally: &mut Tally| {
            let last = tally.steps.insert(name.to_owned(), step).unwrap_or(0);
            tally.total += 1;
            if last + 1 == step {
                Ok(())
            } else {
                Err(format!("step {step} follows {last}: lost or doubled").into())
            }
        };
        tallies.try_modify::<(), AnyError, _>("all", check).await?;
    }
    Ok(())
}
