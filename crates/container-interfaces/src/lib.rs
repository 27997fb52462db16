//! container-interfaces
