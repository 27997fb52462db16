//! `corten-outer guard …` and `corten-outer enter PID PROGRAM ARGS…`; see `outer` of the library.

use corten_system_tests::outer::{Request, enter, guard};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.split_first() {
        Some((role, rest)) if role == "guard" => Request::from_arguments(rest).and_then(|request| guard::run(&request)),
        Some((role, rest)) if role == "enter" => enter::run(rest),
        _ => Err(anyhow::anyhow!("usage: corten-outer guard …, corten-outer enter PID PROGRAM ARGS…")),
    };
    match outcome {
        Ok(code) => std::process::exit(code),
        Err(error) => {
            eprintln!("corten-outer: {error:#}");
            std::process::exit(1);
        }
    }
}
