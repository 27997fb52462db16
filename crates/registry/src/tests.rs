//! The pipeline, the cache and the table of kinds as a client sees them.

mod deletions;
mod every_kind;
mod kinds;
mod owners;
mod reads;
mod upstream;
mod watches;
mod writes;
