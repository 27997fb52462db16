//! Reading a log file from its end.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use super::line::{LogOptions, LogWriter};

const BLOCK_BYTES: u64 = 8 * 1_024;

/// How much of a log's end is wanted.
#[derive(Clone, Copy, Debug)]
pub struct LogLimits {
    /// Lines.
    pub lines_max: u64,
    /// Bytes of their content.
    pub bytes_max: usize,
}

/// Offset at which the last `lines` lines begin.
pub fn tail_start(file: &mut File, lines: u64) -> io::Result<u64> {
    let length = file.metadata()?.len();
    if lines == 0 {
        return Ok(length);
    }
    let (mut end, mut found) = (length, 0);
    while end > 0 {
        let start = end.saturating_sub(BLOCK_BYTES);
        file.seek(SeekFrom::Start(start))?;
        let mut block = Vec::new();
        Read::by_ref(file).take(end - start).read_to_end(&mut block)?;
        for (at, byte) in block.iter().enumerate().rev() {
            let offset = start + at as u64;
            // The line end of the last line does not begin another one.
            if *byte == b'\n' && offset + 1 < length {
                found += 1;
                if found == lines {
                    return Ok(offset + 1);
                }
            }
        }
        end = start;
    }
    Ok(0)
}

/// The content of a log's last lines.
pub fn tail_text(path: &Path, limits: &LogLimits) -> io::Result<String> {
    let mut file = File::open(path)?;
    let start = tail_start(&mut file, limits.lines_max)?;
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let mut writer = LogWriter::new(LogOptions::default());
    let mut out = Vec::new();
    bytes.split_inclusive(|byte| *byte == b'\n').for_each(|line| writer.write(line, &mut out));
    let from = out.len().saturating_sub(limits.bytes_max);
    Ok(String::from_utf8_lossy(&out[from..]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines_are_found_from_the_end() {
        let path = std::env::temp_dir().join(format!("corten-kubelet-tail-{}", std::process::id()));
        let lines: String = (0..2_000).map(|n| format!("2026-11-21T12:00:00Z stdout F line {n}\n")).collect();
        std::fs::write(&path, &lines).expect("write a file");
        let text = tail_text(&path, &LogLimits { lines_max: 2, bytes_max: 100 });
        let cut = tail_text(&path, &LogLimits { lines_max: 2, bytes_max: 5 });
        let none = tail_text(&path, &LogLimits { lines_max: 0, bytes_max: 100 });
        std::fs::remove_file(&path).expect("remove the file");
        assert_eq!(text.expect("text"), "line 1998\nline 1999\n");
        assert_eq!(cut.expect("text"), "1999\n");
        assert_eq!(none.expect("text"), "");
    }
}
