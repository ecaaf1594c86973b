/// A seed for one test: that of `OPTIMIST_SEED`, or another each time. It is printed with how to use it again, which the
/// harness shows of a test that fails.
///
/// # Panics
/// If `OPTIMIST_SEED` is no number.
#[must_use]
pub fn seed() -> u64 {
    let named = std::env::var("OPTIMIST_SEED").ok();
    let seed = named.map_or_else(
        || fastrand::u64(..),
        |seed| seed.parse().expect("OPTIMIST_SEED is a number"),
    );
    let test = std::thread::current();
    let test = test.name().unwrap_or_default();
    println!("replay: OPTIMIST_SEED={seed} cargo test -p optimist-tests {test}");
    seed
}
