//! Rounds of the same calls by hand, by hand again, and through Optimist, in turn; what one costs in CPU and allocations.

use std::alloc::System;
use std::fmt;
use std::hint::black_box;

use cpu_time::ProcessTime;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::runtime::Runtime;

use crate::Result;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How much is measured.
pub struct Effort {
    pub rounds: usize,
    /// The calls of one contender in one round.
    pub calls: u32,
}

/// What one call costs.
#[derive(Clone, Copy, Default)]
pub struct Cost {
    pub micros: f64,
    pub allocations: f64,
}

/// The medians of all rounds.
pub struct Comparison {
    pub by_hand: Cost,
    pub optimist: Cost,
    /// The CPU time of Optimist over that by hand, in one round.
    pub ratio: f64,
    /// By hand again over by hand: what noise makes of 1.
    pub control: f64,
    /// Microseconds that Optimist takes more, in one round.
    pub added: f64,
}

/// Compares an operation by hand with the same through Optimist.
pub fn compare(
    effort: &Effort,
    by_hand: &dyn Fn() -> Result<Cost>,
    optimist: &dyn Fn() -> Result<Cost>,
) -> Result<Comparison> {
    let contenders = [by_hand, by_hand, optimist];
    for warm_up in contenders {
        warm_up()?;
    }
    let mut rounds = Vec::with_capacity(effort.rounds);
    for round in 0..effort.rounds {
        let mut costs = [Cost::default(); 3];
        for turn in 0..contenders.len() {
            let contender = (round + turn) % contenders.len();
            costs[contender] = contenders[contender]()?;
        }
        rounds.push(costs);
    }
    let median_cost = |contender: usize| Cost {
        micros: median(&rounds, |costs| costs[contender].micros),
        allocations: median(&rounds, |costs| costs[contender].allocations),
    };
    Ok(Comparison {
        by_hand: median_cost(0),
        optimist: median_cost(2),
        ratio: median(&rounds, |costs| costs[2].micros / costs[0].micros),
        control: median(&rounds, |costs| costs[1].micros / costs[0].micros),
        added: median(&rounds, |costs| costs[2].micros - costs[0].micros),
    })
}

/// The head of a table of comparisons.
pub fn head() {
    println!(
        "{:20}{:>10}{:>10}{:>8}{:>9}{:>8}{:>20}",
        "", "by hand", "optimist", "ratio", "control", "added", "allocations"
    );
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            by_hand,
            optimist,
            ratio,
            control,
            added,
        } = self;
        write!(
            f,
            "{:>10.1}{:>10.1}{ratio:>8.2}{control:>9.2}{added:>8.1}{:>12.0} / {:<5.0}",
            by_hand.micros, optimist.micros, by_hand.allocations, optimist.allocations
        )
    }
}

fn median(rounds: &[[Cost; 3]], of: impl Fn(&[Cost; 3]) -> f64) -> f64 {
    let mut values: Vec<_> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The calls of one round.
#[derive(Clone, Copy)]
pub struct Round {
    pub calls: u32,
    /// The items that they go to, in turn.
    pub items: u32,
}

/// Times a round of calls: `prepare` makes what each starts from, before the clock starts.
pub fn cost<P, R>(
    runtime: &Runtime,
    round: Round,
    prepare: &impl AsyncFn(&str) -> Result<P>,
    call: impl AsyncFn(P) -> Result<R>,
) -> Result<Cost> {
    let prepared = runtime.block_on(async {
        let mut prepared = Vec::new();
        for key in (0..round.calls).map(|call| key(call % round.items)) {
            prepared.push(prepare(&key).await?);
        }
        Result::Ok(prepared)
    })?;
    let allocated = Region::new(ALLOCATOR);
    let started = ProcessTime::now();
    runtime.block_on(async {
        for prepared in prepared {
            black_box(call(prepared).await?);
        }
        Result::Ok(())
    })?;
    let time = started.elapsed();
    let made = allocated.change();
    let allocations = made.allocations + made.reallocations;
    let of_one = |of_all: f64| of_all / f64::from(round.calls);
    #[allow(clippy::cast_precision_loss)]
    Ok(Cost {
        micros: of_one(time.as_secs_f64() * 1e6),
        allocations: of_one(allocations as f64),
    })
}

/// The key of a round's call.
pub fn key(call: u32) -> String {
    format!("account-{call}")
}
