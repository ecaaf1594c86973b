//! Where zero is promised, zero it is.

use crate::check::{Promise, Seeds, Tally, check};
use crate::client::{Mix, Uuid, Version};
use crate::replay::Replay;
use crate::scenario::{Scenario, all_faults};

const SEEDS: Seeds = Seeds::First(120);

/// Both kinds of lock.
fn both(scenario: &Scenario, promise: Promise) -> Tally {
    let version = check::<Version>(scenario, SEEDS, promise);
    let uuid = check::<Uuid>(scenario, SEEDS, promise);
    Tally {
        histories: version.histories + uuid.histories,
        violations: version.violations + uuid.violations,
        unknown: version.unknown + uuid.unknown,
    }
}

/// Some outcomes are unknown, which shows that the scenario meets what it is to meet.
fn unknown_at_times(scenario: &Scenario) {
    let unknown = both(scenario, Promise::Linearizable).unknown;
    // One history that is replayed need not show it.
    assert!(unknown > 0 || Replay::from_env().is_some(), "no unknowns");
}

#[test]
fn every_fault_at_two_percent() {
    both(
        &Scenario {
            faults: all_faults(0.02),
            ..Scenario::new("every_fault_at_two_percent")
        },
        Promise::Known,
    );
}

#[test]
fn every_fault_at_six_percent() {
    both(
        &Scenario {
            faults: all_faults(0.06),
            ..Scenario::new("every_fault_at_six_percent")
        },
        Promise::Known,
    );
}

#[test]
fn clients_that_share_a_db() {
    both(
        &Scenario {
            machines: 2,
            clients_each: 2,
            operations_each: 3,
            faults: all_faults(0.04),
            ..Scenario::new("clients_that_share_a_db")
        },
        Promise::Known,
    );
}

#[test]
fn several_keys() {
    both(
        &Scenario {
            keys: 3,
            operations_each: 5,
            faults: all_faults(0.04),
            ..Scenario::new("several_keys")
        },
        Promise::Known,
    );
}

#[test]
fn as_many_writers_as_k() {
    both(
        &Scenario {
            machines: 2,
            operations_each: 5,
            journal_writers: &[2],
            faults: all_faults(0.05),
            ..Scenario::new("as_many_writers_as_k")
        },
        Promise::Known,
    );
}

#[test]
fn more_writers_than_k_are_unknown_at_times_and_never_wrong() {
    unknown_at_times(&Scenario {
        machines: 5,
        operations_each: 3,
        journal_writers: &[2],
        faults: all_faults(0.06),
        ..Scenario::new("more_writers_than_k_are_unknown_at_times_and_never_wrong")
    });
}

#[test]
fn machines_of_different_k() {
    both(
        &Scenario {
            journal_writers: &[2, 8, 1],
            faults: all_faults(0.05),
            ..Scenario::new("machines_of_different_k")
        },
        Promise::Linearizable,
    );
}

#[test]
fn two_machines_with_one_writer_id() {
    unknown_at_times(&Scenario {
        machines: 4,
        operations_each: 3,
        shared_writer_ids: true,
        faults: all_faults(0.06),
        ..Scenario::new("two_machines_with_one_writer_id")
    });
}

#[test]
fn items_that_come_and_go() {
    both(
        &Scenario {
            mix: Mix::Lives,
            operations_each: 5,
            faults: all_faults(0.04),
            ..Scenario::new("items_that_come_and_go")
        },
        Promise::Linearizable,
    );
}
