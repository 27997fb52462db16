//! container-runtime

pub mod images;
