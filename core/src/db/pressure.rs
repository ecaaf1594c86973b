use std::sync::atomic::{AtomicU32, Ordering};

/// How contended the items of a `Db` have been of late: conflicts per change, as a moving average. A change that meets a
/// conflict under pressure waits from the start about as long as the last ones had to in the end.
#[derive(Debug, Default)]
pub(crate) struct Pressure(AtomicU32);

/// Conflicts are counted in 1024ths.
const ONE: u32 = 1024;
const MAX_CONFLICTS: u32 = 64;

impl Pressure {
    /// How many doublings of the first wait to begin with. Measured with `examples/contention`: fewer cost requests, more
    /// cost time.
    pub(crate) fn waits(&self) -> u32 {
        self.0.load(Ordering::Relaxed) * 9 / (5 * ONE)
    }

    /// Tells of a change that landed after so many conflicts. Of two that tell at once, one may be forgotten.
    pub(crate) fn landed_after(&self, conflicts: u32) {
        let average = self.0.load(Ordering::Relaxed);
        let moved = (average * 7 + conflicts.min(MAX_CONFLICTS) * ONE * 3) / 10;
        self.0.store(moved, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pressure_follows_conflicts_up_and_down() {
        let pressure = Pressure::default();
        assert_eq!(pressure.waits(), 0);
        (0..20).for_each(|_| pressure.landed_after(u32::MAX));
        assert!(pressure.waits() > 32);
        (0..40).for_each(|_| pressure.landed_after(0));
        assert_eq!(pressure.waits(), 0);
    }

    #[test]
    fn one_change_counts_for_three_tenths_and_a_conflict_for_nine_fifths_of_a_wait() {
        let pressure = Pressure::default();
        pressure.landed_after(10);
        assert_eq!(pressure.waits(), 5); // 3 conflicts on average
        pressure.landed_after(0);
        assert_eq!(pressure.waits(), 3); // 2.1
        pressure.landed_after(1000);
        assert_eq!(pressure.waits(), 37); // 20.67: no change counts for more than 64
    }
}
