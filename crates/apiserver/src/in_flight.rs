//! How many requests run at a time: reads and writes apart; further ones wait in line for a while.

use std::time::Duration;

use apimachinery::status::{Status, StatusDetails};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Time that a request waits for a place; upstream's priority levels give a quarter of a minute too.
const WAIT_MAX: Duration = Duration::from_secs(15);
/// Requests that wait at a time; further ones are refused at once.
const WAITING_MAX: usize = 4_096;

/// Places for running requests.
pub struct InFlightLimits {
    reads: Semaphore,
    writes: Semaphore,
    waiting: Semaphore,
}

impl InFlightLimits {
    /// With so many places.
    pub fn new(reads_max: usize, writes_max: usize) -> InFlightLimits {
        InFlightLimits {
            reads: Semaphore::new(reads_max),
            writes: Semaphore::new(writes_max),
            waiting: Semaphore::new(WAITING_MAX),
        }
    }

    /// A place for a request that reads.
    pub async fn read(&self) -> Result<SemaphorePermit<'_>, Status> {
        self.place(&self.reads).await
    }

    /// A place for a request that writes.
    pub async fn write(&self) -> Result<SemaphorePermit<'_>, Status> {
        self.place(&self.writes).await
    }

    async fn place<'a>(&self, places: &'a Semaphore) -> Result<SemaphorePermit<'a>, Status> {
        if let Ok(place) = places.try_acquire() {
            return Ok(place);
        }
        let _waiting = self.waiting.try_acquire().map_err(|_| too_many())?;
        match tokio::time::timeout(WAIT_MAX, places.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(too_many()),
        }
    }
}

fn too_many() -> Status {
    let details = StatusDetails { retry_after_seconds: 1, ..StatusDetails::default() };
    Status {
        code: 429,
        reason: "TooManyRequests",
        message: "Too many requests, please try again later.".into(),
        details: Some(Box::new(details)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_request_without_a_place_waits_for_one() {
        let limits = InFlightLimits::new(1, 1);
        let first = limits.read().await.expect("a free place");
        assert!(limits.write().await.is_ok());
        assert!(tokio::time::timeout(Duration::ZERO, limits.read()).await.is_err(), "it waits");
        drop(first);
        assert!(limits.read().await.is_ok());
    }

    #[tokio::test]
    async fn when_too_many_wait_the_next_is_refused() {
        let limits = InFlightLimits { waiting: Semaphore::new(0), ..InFlightLimits::new(0, 0) };
        let refused = limits.read().await.expect_err("nobody may wait");
        assert_eq!((refused.code, refused.details.map(|it| it.retry_after_seconds)), (429, Some(1)));
    }
}
