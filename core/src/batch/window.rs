use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

/// How many requests of a run may be in flight: fewer where the service throttles them, then again more.
#[derive(Debug, Clone)]
pub(crate) struct Window(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    places: Semaphore,
    pace: Mutex<Pace>,
}

/// The right to send one request. Dropping it lets another in.
#[derive(Debug)]
pub(crate) struct Place {
    window: Window,
    /// When it was taken, counted in halvings.
    round: u64,
}

impl Window {
    /// A window that is wide open.
    pub(crate) fn new(most: usize) -> Self {
        Self(Arc::new(Inner {
            places: Semaphore::new(most),
            pace: Mutex::new(Pace::new(most)),
        }))
    }

    /// Waits for a place; `None` if the window is closed.
    pub(crate) async fn enter(&self) -> Option<Place> {
        self.0.places.acquire().await.ok()?.forget();
        Some(Place {
            window: self.clone(),
            round: self.pace().round,
        })
    }

    /// Whether a place is free.
    pub(crate) fn has_room(&self) -> bool {
        self.0.places.available_permits() > 0
    }

    /// Lets nobody in any more.
    pub(crate) fn close(&self) {
        self.0.places.close();
    }

    fn pace(&self) -> MutexGuard<'_, Pace> {
        // Nothing in here can panic half-way, so a poisoned pace is whole.
        self.0.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// The request was throttled, or a part of it left undone.
    pub(crate) fn throttled(self) {
        let mut pace = self.window.pace();
        pace.throttled(self.round);
        // Places that nobody holds go at once.
        while pace.surplus > 0
            && let Ok(free) = self.window.0.places.try_acquire()
        {
            free.forget();
            pace.surplus -= 1;
        }
    }

    /// The request was answered, and all of it carried out.
    pub(crate) fn went_through(self) {
        if self.window.pace().went_through() {
            self.window.0.places.add_permits(1);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.window.pace().left() {
            self.window.0.places.add_permits(1);
        }
    }
}

/// Halves, and grows by one: as TCP avoids congestion.
#[derive(Debug)]
struct Pace {
    limit: usize,
    most: usize,
    /// Places above the limit, to be given up as they come back.
    surplus: usize,
    /// How often it was halved.
    round: u64,
}

impl Pace {
    fn new(most: usize) -> Self {
        Self {
            limit: most,
            most,
            surplus: 0,
            round: 0,
        }
    }

    /// Requests that were sent before the last halving say nothing about the pace since.
    fn throttled(&mut self, round: u64) {
        if round == self.round {
            let limit = (self.limit / 2).max(1);
            self.surplus += self.limit - limit;
            self.limit = limit;
            self.round += 1;
        }
    }

    /// Whether there is another place from now on.
    fn went_through(&mut self) -> bool {
        if self.limit == self.most {
            return false;
        }
        self.limit += 1;
        self.left()
    }

    /// Whether the place that came back may be taken again.
    fn left(&mut self) -> bool {
        if self.surplus > 0 {
            self.surplus -= 1;
            return false;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn enter(window: &Window, places: usize) -> Vec<Place> {
        let mut held = Vec::new();
        for _ in 0..places {
            held.push(window.enter().await.unwrap());
        }
        held
    }

    fn is_full(window: &Window) -> bool {
        window.0.places.available_permits() == 0
    }

    #[tokio::test]
    async fn it_halves_once_for_what_was_in_flight_and_grows_one_by_one() {
        let window = Window::new(8);
        let mut held = enter(&window, 8).await;
        assert!(is_full(&window));
        held.pop().unwrap().throttled();
        held.pop().unwrap().throttled(); // of the same round
        assert_eq!(window.pace().limit, 4);
        drop(held);
        let mut held = enter(&window, 4).await;
        assert!(is_full(&window));
        held.pop().unwrap().throttled();
        assert_eq!(window.pace().limit, 2);
        held.pop().unwrap().went_through();
        assert_eq!(window.pace().limit, 3);
        drop(held);
        let held = enter(&window, 3).await;
        assert!(is_full(&window));
        drop(held);
        for _ in 0..20 {
            window.enter().await.unwrap().went_through();
        }
        let held = enter(&window, 8).await;
        assert!(is_full(&window));
        drop(held);
    }

    #[tokio::test]
    async fn one_place_stays_and_free_places_go_at_once() {
        let window = Window::new(8);
        for _ in 0..10 {
            window.enter().await.unwrap().throttled();
        }
        let held = enter(&window, 1).await;
        assert!(is_full(&window));
        window.close();
        drop(held);
        assert!(window.enter().await.is_none());
    }
}
