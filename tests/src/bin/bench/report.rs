//! A table of figures in Markdown.

use std::fmt::{self, Write};
use std::time::Duration;

/// A measured value.
#[derive(Clone, Copy, Debug)]
pub enum Value {
    /// Time.
    Time(Duration),
    /// Memory in bytes.
    Bytes(u64),
    /// Millions of bytes per second of processor time.
    Throughput(f64),
    /// Operations per second.
    Rate(f64),
    /// Part of one processor, in percent.
    Percent(f64),
}

impl Value {
    fn number(self) -> f64 {
        match self {
            Value::Time(time) => time.as_secs_f64(),
            Value::Bytes(bytes) => bytes as f64,
            Value::Throughput(number) | Value::Rate(number) | Value::Percent(number) => number,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Time(time) if time.as_secs() >= 1 => write!(formatter, "{:.2} s", time.as_secs_f64()),
            Value::Time(time) if time.as_millis() >= 10 => write!(formatter, "{} ms", time.as_millis()),
            Value::Time(time) if time.as_micros() < 100 => write!(formatter, "{:.1} µs", time.as_secs_f64() * 1e6),
            Value::Time(time) => write!(formatter, "{:.2} ms", time.as_secs_f64() * 1e3),
            Value::Bytes(bytes) if *bytes < 10 << 20 => write!(formatter, "{} KiB", bytes >> 10),
            Value::Bytes(bytes) => write!(formatter, "{:.1} MiB", *bytes as f64 / f64::from(1 << 20)),
            Value::Throughput(number) => write!(formatter, "{number:.0} MB per CPU-s"),
            Value::Rate(number) => write!(formatter, "{number:.0}/s"),
            Value::Percent(number) => write!(formatter, "{number:.2} %"),
        }
    }
}

/// One figure.
pub struct Row {
    what: String,
    value: Value,
    floor: Option<(Value, &'static str)>,
    goal: &'static str,
}

/// All figures of a run.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
}

impl Report {
    /// Adds a figure with its floor and what the floor is; says it on standard error at once.
    pub fn add(&mut self, what: &str, value: Value, floor: Option<(Value, &'static str)>, goal: &'static str) {
        eprintln!("{what}: {value}");
        self.rows.push(Row { what: what.to_owned(), value, floor, goal });
    }
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "| what | measured | floor | × floor | goal |\n|---|---|---|---|---|")?;
        for row in &self.rows {
            let mut floor = String::from("|");
            if let Some((value, what)) = row.floor {
                floor.clear();
                let times = row.value.number() / value.number();
                let times = if times < 10.0 { format!("{times:.2}") } else { format!("{times:.0}") };
                write!(floor, "{value}, {what} | {times}")?;
            }
            writeln!(formatter, "| {} | {} | {floor} | {} |", row.what, row.value, row.goal)?;
        }
        Ok(())
    }
}
