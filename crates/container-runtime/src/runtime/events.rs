//! Container events to subscribers.

use container_interfaces::cri::EVENTS_LAG_MAX;
use container_interfaces::cri::v1::ContainerEventResponse;
use parking_lot::Mutex;
use tokio::sync::mpsc;

/// Subscribers at a time; the kubelet is one.
const SUBSCRIBERS_MAX: usize = 64;

/// Hands every event to every subscriber that keeps up.
#[derive(Default)]
pub struct EventHub {
    subscribers: Mutex<Vec<mpsc::Sender<ContainerEventResponse>>>,
}

impl EventHub {
    /// Events from now on; `None` when there are too many subscribers.
    pub fn subscribe(&self) -> Option<mpsc::Receiver<ContainerEventResponse>> {
        let mut subscribers = self.subscribers.lock();
        subscribers.retain(|subscriber| !subscriber.is_closed());
        if subscribers.len() >= SUBSCRIBERS_MAX {
            return None;
        }
        let (sender, receiver) = mpsc::channel(EVENTS_LAG_MAX);
        subscribers.push(sender);
        Some(receiver)
    }

    /// Whether anybody listens.
    pub fn has_subscribers(&self) -> bool {
        !self.subscribers.lock().is_empty()
    }

    /// Tells all. One that lags is cut off; it then lists again.
    pub fn publish(&self, event: &ContainerEventResponse) {
        self.subscribers.lock().retain(|subscriber| subscriber.try_send(event.clone()).is_ok());
    }
}
