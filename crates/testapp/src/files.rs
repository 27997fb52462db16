//! Files and directories.

use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;

use crate::{Outcome, required};

/// Prints files.
pub fn cat(files: &[String]) -> Outcome {
    let mut out = std::io::stdout().lock();
    for file in files {
        let bytes = std::fs::read(file).map_err(|error| format!("{file}: {error}"))?;
        out.write_all(&bytes).map_err(|error| error.to_string())?;
    }
    Ok(0)
}

/// Lists names, sorted, one a line.
pub fn ls(directories: &[String]) -> Outcome {
    let here = [String::from(".")];
    for directory in if directories.is_empty() { &here[..] } else { directories } {
        let entries = std::fs::read_dir(directory).map_err(|error| format!("{directory}: {error}"))?;
        let mut names: Vec<String> =
            entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names.iter().for_each(|name| println!("{name}"));
    }
    Ok(0)
}

/// Prints `path mode uid gid size`.
pub fn stat(files: &[String]) -> Outcome {
    for file in files {
        let found = std::fs::metadata(file).map_err(|error| format!("{file}: {error}"))?;
        println!("{file} {:o} {} {} {}", found.mode() & 0o7777, found.uid(), found.gid(), found.size());
    }
    Ok(0)
}

/// Copies standard input to standard output until it ends.
pub fn stdin(_: &[String]) -> Outcome {
    let mut buffer = [0; 4096];
    loop {
        let read = std::io::stdin().read(&mut buffer).map_err(|error| error.to_string())?;
        if read == 0 {
            return Ok(0);
        }
        let mut out = std::io::stdout();
        out.write_all(&buffer[..read]).and_then(|()| out.flush()).map_err(|error| error.to_string())?;
    }
}

/// Writes a file.
pub fn write(arguments: &[String]) -> Outcome {
    let (file, text) = (required(arguments, 0, "FILE")?, required(arguments, 1, "TEXT")?);
    std::fs::write(file, format!("{text}\n")).map_err(|error| format!("{file}: {error}"))?;
    Ok(0)
}
