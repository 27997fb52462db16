//! The three standard node interfaces as narrow traits: CRI v1, CNI, (later) CSI.
//!
//! Wire types, gRPC client and server shells, a fake of each. Must not know who implements or who calls.

pub mod cni;
pub mod cri;
