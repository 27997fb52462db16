//! `corten-conformance PLAN`: runs specs of upstream's conformance suite against a fresh Corten.
//!
//! The plan is a file in JSON that `cargo xtask conformance` writes; outcomes go to a directory that it names. The
//! cluster, its node and the suite's processes live in namespaces of their own, so their end removes everything.

mod evidence;
mod node;
mod plan;
mod records;
mod round;
mod run;

use anyhow::Context;

fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).context("usage: corten-conformance PLAN")?;
    run::run(&plan::Plan::read(path.as_ref())?)
}
