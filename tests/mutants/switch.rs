/// Whether the mutant `n` is on. A panic then ends the process, since one failing test is enough.
pub(crate) fn mutant(n: u32) -> bool {
    use std::cell::RefCell;
    use std::collections::HashSet;
    use std::io::Write;
    use std::sync::{LazyLock, Mutex};
    static ON: LazyLock<u32> = LazyLock::new(|| {
        let on = std::env::var("OPTIMIST_MUTANT").map_or(0, |n| n.parse().unwrap());
        if on > 0 {
            let usual = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                usual(panic);
                std::process::exit(101)
            }));
        }
        on
    });
    static REACHED: LazyLock<Option<Mutex<std::fs::File>>> = LazyLock::new(|| {
        let file = std::env::var_os("OPTIMIST_MUTANTS_REACHED")?;
        Some(Mutex::new(std::fs::File::create(file).unwrap()))
    });
    if let Some(file) = &*REACHED {
        thread_local! { static KNOWN: RefCell<HashSet<u32>> = RefCell::default(); }
        if KNOWN.with_borrow_mut(|known| known.insert(n)) {
            let thread = std::thread::current();
            writeln!(file.lock().unwrap(), "{n} {}", thread.name().unwrap_or("?")).unwrap();
        }
    }
    n == *ON
}
