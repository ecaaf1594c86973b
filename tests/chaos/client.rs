//! One operation of one client: done, and told to the history.

use optimist::{Db, Entity, Error, IntoKey, Stored};

use crate::history::{Begun, History, Op, Ret};

/// An entity that counts, whatever its lock.
pub trait Counts: Entity + Clone {
    fn new(id: &str, count: u64) -> Self;
    fn count(&mut self) -> &mut u64;
    fn add(by: u64) -> optimist::Change<Self>;
}

macro_rules! counts {
    ($name:ident, $table:literal, $($lock:tt)*) => {
        #[derive(Entity, Debug, Clone)]
        #[entity(table = $table, $($lock)*)]
        pub struct $name {
            #[entity(partition_key)]
            id: String,
            count: u64,
        }

        impl Counts for $name {
            fn new(id: &str, count: u64) -> Self {
                Self { id: id.to_owned(), count }
            }

            fn count(&mut self) -> &mut u64 {
                &mut self.count
            }

            fn add(by: u64) -> optimist::Change<Self> {
                Self::COUNT.add(by)
            }
        }
    };
}
counts!(Version, "version", lock = version);
counts!(Uuid, "uuid", lock = uuid);

/// What clients do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// Changes and reads of an item that nobody deletes.
    Writes,
    /// Inserts and deletes as well, each insert landing at most once.
    Lives,
}

/// Does something at random; `false` if its outcome is unknown.
pub async fn act<E: Counts>(
    db: &Db,
    key: &'static str,
    history: &History,
    mix: Mix,
    change: u64,
    random: &mut fastrand::Rng,
) -> bool
where
    &'static str: IntoKey<E::Key>,
{
    let drawn = random.u8(..10);
    if mix == Mix::Lives && drawn < 3 {
        return insert::<E>(db, key, history, change).await;
    }
    if mix == Mix::Lives && drawn < 5 {
        return delete::<E>(db, key, history).await;
    }
    match random.u8(..10) {
        0 => read::<E>(db, key, history).await,
        1 => apply::<E>(db, key, history, change, mix).await,
        2..=3 => save::<E>(db, key, history, change, mix, random.bool()).await,
        4 => update::<E>(db, key, history, change, mix).await,
        5 => modify_with::<E>(db, key, history, change, mix).await,
        _ => modify::<E>(db, key, history, change, mix).await,
    }
}

pub async fn read<E: Counts>(db: &Db, key: &'static str, history: &History) -> bool
where
    &'static str: IntoKey<E::Key>,
{
    let begun = history.begin(Op::Read);
    match db.table::<E>().get(key).await {
        Ok(item) => begun.end(Ret::Value(item.map(|mut item| *item.count()))),
        Err(_) => begun.end(Ret::Nothing),
    }
    true
}

/// Ends an operation that failed: nothing was done, unless that is unknown. Where items come and go, the weak row of the
/// judge counts as unknown, and so does every refusal.
fn failed(begun: Begun, error: &Error, mix: Mix) -> bool {
    let doubtful = mix == Mix::Lives && (error.is_conflict() || error.is_not_found());
    if error.is_outcome_unknown() || doubtful {
        return !error.is_outcome_unknown();
    }
    begun.end(Ret::Nothing);
    true
}

async fn modify<E: Counts>(
    db: &Db,
    key: &'static str,
    history: &History,
    change: u64,
    mix: Mix,
) -> bool
where
    &'static str: IntoKey<E::Key>,
{
    let begun = history.begin(Op::Add(change));
    match db.table::<E>().modify(key, |c| *c.count() += change).await {
        Ok(mut modified) => {
            begun.end(Ret::Value(Some(*modified.stored.count())));
            true
        }
        Err(error) => failed(begun, &error, mix),
    }
}

async fn modify_with<E: Counts>(
    db: &Db,
    key: &'static str,
    history: &History,
    change: u64,
    mix: Mix,
) -> bool
where
    &'static str: IntoKey<E::Key>,
{
    let begun = history.begin(Op::Add(change));
    match db.table::<E>().modify_with(key, |_| E::add(change)).await {
        // What the handle shows may be a later state: the value is not told.
        Ok(_) => {
            begun.end(Ret::Done);
            true
        }
        Err(error) => failed(begun, &error, mix),
    }
}

async fn apply<E: Counts>(
    db: &Db,
    key: &'static str,
    history: &History,
    change: u64,
    mix: Mix,
) -> bool
where
    &'static str: IntoKey<E::Key>,
{
    let begun = history.begin(Op::Add(change));
    match db
        .table::<E>()
        .apply(key, E::add(change))
        .exactly_once()
        .await
    {
        Ok(()) => {
            begun.end(Ret::Done);
            true
        }
        Err(error) => failed(begun, &error, mix),
    }
}

/// Reads, perhaps an older state, to base a write on.
async fn handle<E: Counts>(db: &Db, key: &'static str, stale: bool) -> Option<(Stored<E>, u64)>
where
    &'static str: IntoKey<E::Key>,
{
    let get = db.table::<E>().get(key);
    let get = if stale {
        get.eventually_consistent()
    } else {
        get
    };
    let stored = get.await.ok()??;
    let count = *stored.clone().count();
    Some((stored, count))
}

async fn save<E: Counts>(
    db: &Db,
    key: &'static str,
    history: &History,
    change: u64,
    mix: Mix,
    stale: bool,
) -> bool
where
    &'static str: IntoKey<E::Key>,
{
    let Some((mut stored, count)) = handle::<E>(db, key, stale).await else {
        return true;
    };
    let begun = history.begin(Op::AddTo(count, change));
    *stored.count() += change;
    match db.table::<E>().save(&mut stored).await {
        Ok(()) => {
            begun.end(Ret::Value(Some(*stored.count())));
            true
        }
        Err(error) => failed(begun, &error, mix),
    }
}

async fn update<E: Counts>(
    db: &Db,
    key: &'static str,
    history: &History,
    change: u64,
    mix: Mix,
) -> bool
where
    &'static str: IntoKey<E::Key>,
{
    let Some((mut stored, count)) = handle::<E>(db, key, false).await else {
        return true;
    };
    let begun = history.begin(Op::AddTo(count, change));
    match db.table::<E>().update(&mut stored, E::add(change)).await {
        Ok(_) => {
            begun.end(Ret::Done);
            true
        }
        Err(error) => failed(begun, &error, mix),
    }
}

async fn insert<E: Counts>(db: &Db, key: &'static str, history: &History, change: u64) -> bool
where
    &'static str: IntoKey<E::Key>,
{
    let begun = history.begin(Op::Insert(change));
    let insert = db.table::<E>().insert(E::new(key, change));
    match insert.exactly_once().await {
        Ok(_) => begun.end(Ret::Done),
        // A copy of one that was refused may land once the item is gone: it may have happened.
        Err(error) => return !error.is_outcome_unknown(),
    }
    true
}

async fn delete<E: Counts>(db: &Db, key: &'static str, history: &History) -> bool
where
    &'static str: IntoKey<E::Key>,
{
    let Some((stored, count)) = handle::<E>(db, key, false).await else {
        return true;
    };
    let begun = history.begin(Op::Delete(count));
    match db.table::<E>().delete(stored).await {
        Ok(optimist::Deleted::Done) => begun.end(Ret::Done),
        // By this call, or by another: it may have happened.
        Ok(optimist::Deleted::Gone) => {}
        Err(error) => return failed(begun, &error, Mix::Lives),
    }
    true
}
