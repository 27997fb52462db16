//! `corten-cases KUBECONFIG FILE…`: runs case files against the cluster of a kubeconfig and writes its answers into
//! them as the expected ones. This is how upstream's answers are recorded.

use std::path::Path;

use corten_system_tests::cases;
use corten_system_tests::cases::run::Foreign;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [kubeconfig, files @ ..] = &arguments[..] else { anyhow::bail!("usage: corten-cases KUBECONFIG FILE…") };
    let target = Foreign::new(Path::new(kubeconfig))?;
    for file in files {
        println!("{file}");
        cases::record(Path::new(file), &target)?;
    }
    Ok(())
}
