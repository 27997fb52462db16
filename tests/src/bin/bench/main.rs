//! `corten-bench skeleton`: measures the first slice of the system and prints a table in Markdown.
//!
//! Every figure stands beside a floor that was measured in the same run: what the kernel, the disk or the transport
//! needs for the same thing when nothing else is done.

mod floors;
mod report;
mod skeleton;

fn main() -> anyhow::Result<()> {
    let name = std::env::args().nth(1).unwrap_or_default();
    match name.as_str() {
        "skeleton" => {
            print!("{}", skeleton::run()?);
            Ok(())
        }
        _ => anyhow::bail!("no benchmark {name:?}; there is: skeleton"),
    }
}
