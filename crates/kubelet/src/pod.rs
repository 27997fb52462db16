//! The state machine of one Pod on its node: [`step::step`] takes what happened and says what to do.
//!
//! Pure: no IO, no clock, no async; the same code drives a real kubelet and simulated ones.

pub mod actions;
pub mod back_off;
mod container_status;
pub mod effect;
pub mod event;
mod finish;
mod phase;
pub mod probe;
mod pull;
pub mod record;
pub mod resize;
pub mod restart;
mod start;
pub mod status;
pub mod step;
mod stop;
mod sync;
pub mod view;

#[cfg(test)]
mod tests;
