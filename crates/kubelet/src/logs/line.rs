//! Lines of a CRI log: `<time> <stream> <tags> <content>`. Pure.

/// One line; `P` among the tags means that the next line of the stream goes on where this one ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLine<'a> {
    /// RFC 3339 with nanoseconds.
    pub time: &'a str,
    /// Whether it came from the error output.
    pub is_stderr: bool,
    /// Content; with its line end unless partial.
    pub content: &'a [u8],
}

/// Reads a line with its line end; `None` if it is no log line.
pub fn parse(line: &[u8]) -> Option<LogLine<'_>> {
    let mut parts = line.splitn(4, |byte| *byte == b' ');
    let time = std::str::from_utf8(parts.next()?).ok()?;
    let is_stderr = match parts.next()? {
        b"stdout" => false,
        b"stderr" => true,
        _ => return None,
    };
    let is_partial = parts.next()?.split(|byte| *byte == b':').next() == Some(b"P");
    let content = parts.next()?;
    let content = match is_partial {
        true => content.strip_suffix(b"\n").unwrap_or(content),
        false => content,
    };
    time.parse::<jiff::Timestamp>().ok()?;
    Some(LogLine { time, is_stderr, content })
}

/// Which lines are wanted, and how they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogOptions {
    /// Goes on as long as the container runs.
    pub is_follow: bool,
    /// Only that many lines from the end.
    pub tail_lines: Option<u64>,
    /// Only that many bytes.
    pub limit_bytes: Option<u64>,
    /// Only lines from then on.
    pub since: Option<jiff::Timestamp>,
    /// Each line begins with its time.
    pub has_timestamps: bool,
    /// Only the output (`Stdout`) or the error output (`Stderr`).
    pub stream: Option<Stream>,
}

/// One of a container's outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// `Stdout`
    Stdout,
    /// `Stderr`
    Stderr,
}

/// Turns log lines into what a client gets.
#[derive(Debug)]
pub struct LogWriter {
    options: LogOptions,
    left: u64,
    is_line_start: bool,
}

impl LogWriter {
    /// For one client.
    pub fn new(options: LogOptions) -> LogWriter {
        LogWriter { left: options.limit_bytes.unwrap_or(u64::MAX), options, is_line_start: true }
    }

    /// Whether the client's limit is reached.
    pub fn is_full(&self) -> bool {
        self.left == 0
    }

    /// Appends what the client gets of a line.
    pub fn write(&mut self, line: &[u8], out: &mut Vec<u8>) {
        let Some(parsed) = parse(line) else { return };
        let is_wanted = match self.options.stream {
            None => true,
            Some(Stream::Stdout) => !parsed.is_stderr,
            Some(Stream::Stderr) => parsed.is_stderr,
        };
        let is_old =
            self.options.since.is_some_and(|since| parsed.time.parse::<jiff::Timestamp>().is_ok_and(|t| t < since));
        if is_old || !is_wanted || self.is_full() {
            return;
        }
        let prefix = match self.options.has_timestamps && self.is_line_start {
            true => format!("{} ", parsed.time),
            false => String::new(),
        };
        for piece in [prefix.as_bytes(), parsed.content] {
            let length = piece.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
            out.extend_from_slice(&piece[..length]);
            self.left -= length as u64;
        }
        self.is_line_start = parsed.content.last().is_none_or(|byte| *byte == b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "2026-11-21T12:00:00.000000001Z stdout P part one, \n2026-11-21T12:00:01Z stdout F part two\nnonsense\n2026-11-21T12:00:02Z stderr F oops\n";

    fn print(options: LogOptions) -> String {
        let mut writer = LogWriter::new(options);
        let mut out = Vec::new();
        LOG.split_inclusive('\n').for_each(|line| writer.write(line.as_bytes(), &mut out));
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn parts_are_joined_and_options_are_kept() {
        assert_eq!(print(LogOptions::default()), "part one, part two\noops\n");
        let timestamps = LogOptions { has_timestamps: true, ..LogOptions::default() };
        assert_eq!(print(timestamps), "2026-11-21T12:00:00.000000001Z part one, part two\n2026-11-21T12:00:02Z oops\n");
        assert_eq!(print(LogOptions { stream: Some(Stream::Stderr), ..LogOptions::default() }), "oops\n");
        assert_eq!(print(LogOptions { limit_bytes: Some(4), ..LogOptions::default() }), "part");
        let since = "2026-11-21T12:00:02Z".parse().ok();
        assert_eq!(print(LogOptions { since, ..LogOptions::default() }), "oops\n");
    }
}
