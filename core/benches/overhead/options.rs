//! The command line.

use crate::Result;
use crate::measure::Effort;

const USAGE: &str =
    "usage: cargo bench -p optimist --bench overhead -- [--rounds N] [--quick] [OPERATION]…";

pub struct Options {
    pub effort: Effort,
    operations: Vec<String>,
}

impl Options {
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self> {
        let mut effort = Effort {
            rounds: 60,
            calls: 50,
        };
        let (mut bench, mut test, mut operations) = (false, false, Vec::new());
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--rounds" => {
                    let rounds = arguments.next().and_then(|n| n.parse().ok());
                    effort.rounds = rounds.filter(|n| *n > 0).ok_or(USAGE)?;
                }
                "--quick" => {
                    effort = Effort {
                        rounds: 5,
                        calls: 20,
                    }
                }
                "--bench" => bench = true,
                "--test" => test = true,
                // What `cargo test` and `cargo bench` pass on to every target.
                flag if flag.starts_with('-') => {}
                operation => operations.push(operation.to_owned()),
            }
        }
        // `cargo test --benches` asks whether it runs at all, and says so by the absence of `--bench`.
        if test || !bench {
            effort = Effort {
                rounds: 1,
                calls: 2,
            };
        }
        Ok(Self { effort, operations })
    }

    /// The same rounds, of calls that are a tenth as many.
    pub fn effort_of_many(&self) -> Effort {
        Effort {
            rounds: self.effort.rounds,
            calls: self.effort.calls.div_ceil(10),
        }
    }

    /// Whether this operation is asked for; all are if none is named.
    pub fn asks_for(&self, operation: &str) -> bool {
        self.operations.is_empty() || self.operations.iter().any(|o| o == operation)
    }
}
