//! Containers' logs in the CRI's format: reading, following, rotating.

pub mod follow;
pub mod inotify;
pub mod line;
pub mod read;
pub mod rotate;
