/// The options that builders share: `option!(retry => policy);` in an `impl` block of the builder.
macro_rules! option {
    (retry => $($field:tt).+) => {
        /// Replaces the policy of the `Db`: how long and how often failures that pass, and conflicts, are waited out.
        pub fn retry(mut self, policy: crate::retry::RetryPolicy) -> Self {
            self.$($field).+ = Some(policy);
            self
        }
    };
    (meter => $($table:tt).+) => {
        /// Counts what the requests of this call consume, instead of the meter of the `Db`.
        pub fn meter(mut self, meter: &crate::Meter) -> Self {
            self.$($table).+.set_meter(meter);
            self
        }
    };
    (reread => $($field:tt).+) => {
        /// When to read the item again after a conflict.
        pub fn reread(mut self, reread: crate::write::Reread) -> Self {
            self.$($field).+ = reread;
            self
        }
    };
    (idempotent => $($field:tt).+) => {
        /// Applying the change twice does no harm (it sets a value, say): where it cannot be known whether it landed, the
        /// call reads the item again and applies it to what is there, instead of ending in `OutcomeUnknown`.
        pub fn idempotent(mut self) -> Self {
            self.$($field).+ = true;
            self
        }
    };
    (condition => $($preconditions:tt).+) => {
        /// What else must hold of the item; if it does not, the call ends in `ConditionRefused`. Several must all hold. A call
        /// that has nothing to write sends nothing, and so asks nothing.
        pub fn condition(mut self, condition: crate::expr::Condition<E>) -> Self {
            self.$($preconditions).+.require(condition);
            self
        }
    };
    (guard => $($preconditions:tt).+) => {
        /// This value must still be what was read, or it is a conflict. Of use with `lock = values`.
        pub fn guard<T, K>(mut self, attribute: crate::expr::Attr<E, T, K>) -> Self {
            self.$($preconditions).+.guard(attribute.into_path());
            self
        }
    };
}
pub(super) use option;
