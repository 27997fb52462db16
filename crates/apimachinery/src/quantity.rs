//! `resource.Quantity`: exact decimal numbers with SI and binary suffixes, kept in canonical form.

use std::cmp::Ordering;
use std::fmt;

/// Smallest power of ten that is told apart; smaller amounts are rounded away from zero.
const NANO: i32 = -9;

/// Largest decimal exponent that has an SI suffix.
const EXA: i32 = 18;

/// Digits behind the point that are kept of a number too long to hold whole.
const FRACTION_DIGITS_MAX: usize = 15;

const FORMAT_WRONG: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const NUMERIC_WRONG: &str = "unable to parse numeric part of quantity";
const SUFFIX_WRONG: &str = "unable to parse quantity's suffix";

const DECIMAL_SUFFIXES: &[(i32, &str)] =
    &[(-9, "n"), (-6, "u"), (-3, "m"), (0, ""), (3, "k"), (6, "M"), (9, "G"), (12, "T"), (15, "P"), (18, "E")];
const BINARY_SUFFIXES: &[&str] = &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// How a quantity is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `12e6`
    DecimalExponent,
    /// `12Mi`
    BinarySi,
    /// `12M`
    DecimalSi,
}

/// A parsed quantity: `mantissa` × 10^`scale`.
///
/// Equality and order are those of the amount; the way of writing does not count.
#[derive(Clone, Debug)]
pub struct Quantity {
    mantissa: i128,
    scale: i32,
    format: Format,
    /// The text as it was given, where upstream keeps it instead of writing it anew.
    text: Option<Box<str>>,
}

/// Text that is no quantity; upstream's message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QuantityError {
    /// Upstream's text.
    pub message: String,
}

fn error(message: &str) -> QuantityError {
    QuantityError { message: message.to_owned() }
}

impl Quantity {
    /// Zero, written in decimal.
    pub const ZERO: Quantity = Quantity { mantissa: 0, scale: 0, format: Format::DecimalSi, text: None };

    /// Parses; the canonical form is what [`Quantity::canonical`] prints.
    ///
    /// Limit: a number of more than 38 digits before the point is refused as not numeric.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let parts = split(text)?;
        let (base, exponent, format) = interpret(parts.suffix).ok_or_else(|| error(SUFFIX_WRONG))?;
        let is_quick = is_quick(&parts, exponent, format);
        if !is_quick && !parts.has_digits {
            return Err(error(NUMERIC_WRONG));
        }
        let mut quantity = match base {
            2 => binary_amount(&parts, exponent)?,
            _ => {
                let (mantissa, scale) = digits_amount(&parts, 1)?;
                Quantity { mantissa, scale: scale.saturating_add(exponent), format, text: None }
            }
        };
        quantity.round_up(NANO);
        if parts.is_negative {
            quantity.mantissa = -quantity.mantissa;
        }
        if is_quick && keeps_text(&parts, exponent, format) {
            quantity.text = Some(text.into());
        }
        Ok(quantity)
    }

    /// A whole number.
    pub fn from_i64(value: i64, format: Format) -> Self {
        Quantity { mantissa: i128::from(value), scale: 0, format, text: None }
    }

    /// A number of thousandths.
    pub fn from_milli(value: i64, format: Format) -> Self {
        Quantity { mantissa: i128::from(value), scale: -3, format, text: None }
    }

    /// How it is written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Canonical text (`1500m`, `1Gi`), as stored.
    pub fn canonical(&self) -> String {
        match &self.text {
            Some(text) => text.to_string(),
            None => self.written(),
        }
    }

    fn written(&self) -> String {
        if self.mantissa == 0 {
            return "0".to_owned();
        }
        match self.format {
            Format::BinarySi => self.written_binary().unwrap_or_else(|| self.written_decimal(Format::DecimalSi)),
            format => self.written_decimal(format),
        }
    }

    /// `None` for fractions and for amounts below 1024, which are written in decimal.
    fn written_binary(&self) -> Option<String> {
        let mut amount = self.whole()?;
        if amount.unsigned_abs() < 1024 {
            return None;
        }
        let mut times = 0;
        while times + 1 < BINARY_SUFFIXES.len() && amount % 1024 == 0 {
            amount /= 1024;
            times += 1;
        }
        Some(format!("{amount}{}", BINARY_SUFFIXES[times]))
    }

    fn written_decimal(&self, format: Format) -> String {
        let (mut amount, mut exponent) = (self.mantissa, self.scale);
        while amount % 10 == 0 {
            amount /= 10;
            exponent = exponent.saturating_add(1);
        }
        let mut zeroes = exponent.rem_euclid(3);
        if format == Format::DecimalSi && exponent > EXA {
            zeroes = exponent - EXA;
        }
        exponent -= zeroes;
        let zeroes = "0".repeat(usize::try_from(zeroes).unwrap_or(0).min(400));
        match format {
            Format::DecimalExponent if exponent == 0 => format!("{amount}{zeroes}"),
            Format::DecimalExponent => format!("{amount}{zeroes}e{exponent}"),
            _ => {
                let suffix = DECIMAL_SUFFIXES.iter().find(|(at, _)| *at == exponent).map_or("", |(_, suffix)| suffix);
                format!("{amount}{zeroes}{suffix}")
            }
        }
    }

    /// The amount when it is a whole number that can be held.
    fn whole(&self) -> Option<i128> {
        match u32::try_from(self.scale) {
            Ok(scale) => self.mantissa.checked_mul(10i128.checked_pow(scale)?),
            Err(_) => {
                let divisor = 10i128.checked_pow(self.scale.unsigned_abs())?;
                (self.mantissa % divisor == 0).then(|| self.mantissa / divisor)
            }
        }
    }

    /// Drops what is smaller than 10^`scale`, rounding away from zero.
    fn round_up(&mut self, scale: i32) {
        if self.scale >= scale || self.mantissa == 0 {
            return;
        }
        let steps = scale.saturating_sub(self.scale).unsigned_abs();
        self.mantissa = match 10i128.checked_pow(steps) {
            Some(divisor) => {
                let rest = (self.mantissa % divisor).signum();
                self.mantissa / divisor + rest
            }
            None => self.mantissa.signum(),
        };
        self.scale = scale;
    }

    /// The amount in units of 10^`scale`, rounded away from zero, saturating.
    pub fn scaled_value(&self, scale: i32) -> i64 {
        let mut rounded = Quantity { text: None, ..self.clone() };
        rounded.round_up(scale);
        let steps = rounded.scale.saturating_sub(scale).unsigned_abs();
        let factor = 10i128.checked_pow(steps);
        let value = match (rounded.mantissa, factor) {
            (0, _) => 0,
            (mantissa, Some(factor)) => mantissa.saturating_mul(factor),
            (mantissa, None) => mantissa.signum() * i128::MAX,
        };
        i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
    }

    /// Value rounded up to an integer, saturating.
    pub fn value(&self) -> i64 {
        self.scaled_value(0)
    }

    /// Value times 1,000 rounded up, saturating.
    pub fn milli_value(&self) -> i64 {
        self.scaled_value(-3)
    }

    /// The nearest floating point number.
    pub fn as_f64(&self) -> f64 {
        self.mantissa as f64 * 10f64.powi(self.scale)
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.mantissa == 0
    }

    /// -1, 0 or 1.
    pub fn sign(&self) -> i32 {
        self.mantissa.signum() as i32
    }

    /// Exact comparison.
    pub fn compare(&self, other: &Quantity) -> Ordering {
        let signs = self.sign().cmp(&other.sign());
        if signs != Ordering::Equal || self.mantissa == 0 {
            return signs;
        }
        match aligned(self, other) {
            Some((left, right, _)) => left.cmp(&right),
            // The one with the larger scale outgrew the range, so its magnitude is the larger one.
            None if self.sign() > 0 => self.scale.cmp(&other.scale),
            None => other.scale.cmp(&self.scale),
        }
    }

    /// The sum; written as `self`, or as `other` when `self` is zero.
    pub fn add(&self, other: &Quantity) -> Quantity {
        let format = if self.is_zero() { other.format } else { self.format };
        let larger = || if self.scale > other.scale { self } else { other };
        let (mantissa, scale) = match (self.mantissa, other.mantissa) {
            (_, 0) => (self.mantissa, self.scale),
            (0, _) => (other.mantissa, other.scale),
            _ => match aligned(self, other) {
                Some((left, right, scale)) => (left.saturating_add(right), scale),
                None => (larger().mantissa, larger().scale),
            },
        };
        Quantity { mantissa, scale, format, text: None }
    }

    /// The difference; written as `self`, or as `other` when `self` is zero.
    pub fn sub(&self, other: &Quantity) -> Quantity {
        self.add(&other.neg())
    }

    /// The amount times `factor`, saturating.
    pub fn mul(&self, factor: i64) -> Quantity {
        Quantity { mantissa: self.mantissa.saturating_mul(i128::from(factor)), text: None, ..self.clone() }
    }

    /// The amount with the other sign.
    pub fn neg(&self) -> Quantity {
        Quantity { mantissa: self.mantissa.saturating_neg(), text: None, ..self.clone() }
    }
}

impl fmt::Display for Quantity {
    /// The canonical text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical())
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.compare(other) == Ordering::Equal
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare(other)
    }
}

/// Both mantissas at the smaller of the two scales; `None` when one does not fit there.
fn aligned(left: &Quantity, right: &Quantity) -> Option<(i128, i128, i32)> {
    let scale = left.scale.min(right.scale);
    let at_scale = |quantity: &Quantity| {
        let steps = quantity.scale.checked_sub(scale)?.unsigned_abs();
        quantity.mantissa.checked_mul(10i128.checked_pow(steps)?)
    };
    Some((at_scale(left)?, at_scale(right)?, scale))
}

/// A quantity's text in pieces.
struct Parts<'a> {
    is_negative: bool,
    /// There is a digit at all; upstream takes none for zero where its quick reader is used.
    has_digits: bool,
    /// Digits before the point without leading zeroes; `0` when there are none.
    whole: &'a str,
    /// Digits behind the point.
    fraction: &'a str,
    suffix: &'a str,
}

/// Splits as upstream's scanner does, which takes more than its regular expression says (`.`, `+`, `m`).
fn split(text: &str) -> Result<Parts<'_>, QuantityError> {
    if text.is_empty() {
        return Err(error(FORMAT_WRONG));
    }
    let is_negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, rest) = leading(unsigned.trim_start_matches('0'), |c| c.is_ascii_digit());
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => leading(rest, |c| c.is_ascii_digit()),
        None => ("", rest),
    };
    let (_, tail) = leading(suffix, |c| "eEinumkKMGTP".contains(c));
    let tail = tail.strip_prefix(['-', '+']).unwrap_or(tail);
    if !tail.bytes().all(|b| b.is_ascii_digit()) {
        return Err(error(FORMAT_WRONG));
    }
    let number = &unsigned[..unsigned.len() - suffix.len()];
    let has_digits = number.bytes().any(|b| b.is_ascii_digit());
    let whole = if whole.is_empty() { "0" } else { whole };
    Ok(Parts { is_negative, has_digits, whole, fraction, suffix })
}

fn leading(text: &str, is_in: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !is_in(c)).unwrap_or(text.len()))
}

/// Base, exponent to that base, and format of a suffix.
fn interpret(suffix: &str) -> Option<(u32, i32, Format)> {
    if let Some((exponent, _)) = DECIMAL_SUFFIXES.iter().find(|(_, known)| *known == suffix) {
        return Some((10, *exponent, Format::DecimalSi));
    }
    if let Some(times) = BINARY_SUFFIXES.iter().position(|known| *known == suffix) {
        return Some((2, 10 * i32::try_from(times).ok()?, Format::BinarySi));
    }
    let exponent = suffix.strip_prefix(['e', 'E']).filter(|rest| !rest.is_empty())?;
    // Upstream cuts the exponent down to 32 bits.
    let exponent = exponent.parse::<i64>().ok()? as i32;
    Some((10, exponent, Format::DecimalExponent))
}

/// The number of the digits times `factor`, as mantissa and scale.
fn digits_amount(parts: &Parts<'_>, factor: i128) -> Result<(i128, i32), QuantityError> {
    let fraction = parts.fraction.trim_end_matches('0');
    let amount = |fraction: &str, rest: &str| {
        let digits = format!("{}{fraction}{rest}", parts.whole);
        let scale = i32::try_from(fraction.len() + rest.len()).ok()?;
        Some((digits.parse::<i128>().ok()?.checked_mul(factor)?, -scale))
    };
    amount(fraction, "")
        // Far too precise: what is cut off only matters in that it rounds up.
        .or_else(|| amount(fraction.get(..FRACTION_DIGITS_MAX)?, "1"))
        .ok_or_else(|| error(NUMERIC_WRONG))
}

/// A number with a binary suffix, capped at the largest 64-bit number.
fn binary_amount(parts: &Parts<'_>, exponent: i32) -> Result<Quantity, QuantityError> {
    let limit = Quantity::from_i64(i64::MAX, Format::BinarySi);
    let Ok((mantissa, scale)) = digits_amount(parts, 1i128 << exponent) else {
        return Ok(limit);
    };
    let mut quantity = Quantity { mantissa, scale, format: Format::BinarySi, text: None };
    if quantity > limit {
        return Ok(limit);
    }
    if !quantity.is_zero() && quantity < Quantity::from_i64(1, Format::BinarySi) {
        quantity.format = Format::DecimalSi;
    }
    Ok(quantity)
}

/// Whether upstream's quick reader handles the number, the one for up to 18 digits.
fn is_quick(parts: &Parts<'_>, exponent: i32, format: Format) -> bool {
    let digits = i32::try_from(parts.whole.len() + parts.fraction.len()).unwrap_or(i32::MAX);
    let fraction_digits = i32::try_from(parts.fraction.len()).unwrap_or(i32::MAX);
    match format {
        Format::BinarySi => parts.fraction.is_empty() && 14 - exponent * 3 / 10 >= digits,
        _ => digits <= 18 && exponent.saturating_sub(fraction_digits) >= NANO,
    }
}

/// Whether upstream's quick reader takes the text for canonical and keeps it. Its test also keeps `1.500`
/// and `+1`.
fn keeps_text(parts: &Parts<'_>, exponent: i32, format: Format) -> bool {
    match format {
        Format::BinarySi => parts.whole.parse::<i64>().unwrap_or(0) & 7 != 0,
        _ => {
            let fraction_digits = i32::try_from(parts.fraction.len()).unwrap_or(i32::MAX);
            let all = [parts.whole, parts.fraction].concat();
            exponent.saturating_sub(fraction_digits) % 3 == 0 && !all.ends_with("000") && !all.starts_with('0')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Quantity {
        Quantity::parse(text).expect("the test's text is a quantity")
    }

    /// Expected texts are what upstream's `ParseQuantity(text).String()` gives.
    #[test]
    fn canonical_texts_are_upstreams() {
        for (text, expected) in CANONICAL {
            assert_eq!(parse(text).canonical(), *expected, "{text}");
        }
    }

    const CANONICAL: &[(&str, &str)] = &[
        ("0", "0"),
        ("0.5", "500m"),
        ("1.5", "1500m"),
        ("1500m", "1500m"),
        ("1000m", "1"),
        ("100m", "100m"),
        ("1024Mi", "1Gi"),
        ("100Ki", "100Ki"),
        ("1.5Gi", "1536Mi"),
        ("1e3", "1e3"),
        ("1E3", "1E3"),
        ("1.5e3", "1500"),
        ("12e6", "12e6"),
        ("1000k", "1M"),
        ("0.1m", "100u"),
        ("0.0000000001", "1n"),
        ("-0.0000000001", "-1n"),
        ("1n", "1n"),
        ("0Ki", "0"),
        ("m", "0"),
        (".", "0"),
        ("+1", "+1"),
        ("007", "007"),
        ("1.500", "1.500"),
        ("1.000", "1"),
        ("0.5Ki", "512"),
        ("0.0001Ki", "102400u"),
        ("512", "512"),
        ("2048Ki", "2Mi"),
        ("10Ei", "9223372036854775807"),
        ("-10Ei", "-9223372036854775807"),
        ("1Ei", "1Ei"),
        ("8192Pi", "9223372036854775807"),
        ("12345678901234567890", "12345678901234567890"),
        ("1234567890123456789k", "1234567890123456789k"),
        ("1.0001", "1000100u"),
        ("-1e1000", "-10e999"),
        ("1e-5", "10e-6"),
        ("1.5e-3", "1500e-6"),
        ("0.00001e3", "10e-3"),
        ("1e+3", "1e+3"),
        ("0.1Gi", "107374182400m"),
        ("0.3Mi", "314572800m"),
        ("5.Gi", "5.Gi"),
        ("-", "0"),
        ("-0", "0"),
        ("0.000000000000000000000000000000000000000000000000000000000001", "1n"),
        ("1.33333333333333333333333333333333333333333333333333333333333", "1333333334n"),
    ];

    #[test]
    fn errors_name_the_broken_part() {
        for (text, expected) in [
            ("", FORMAT_WRONG),
            ("abc", FORMAT_WRONG),
            ("1 Gi", FORMAT_WRONG),
            ("1.2.3", FORMAT_WRONG),
            ("1Gib", FORMAT_WRONG),
            ("1mm", SUFFIX_WRONG),
            ("1e", SUFFIX_WRONG),
            ("1Ki5", SUFFIX_WRONG),
            ("Ei", NUMERIC_WRONG),
            ("e-12", NUMERIC_WRONG),
            ("1µ", FORMAT_WRONG),
            ("1234567890123456789012345678901234567890123", NUMERIC_WRONG),
        ] {
            assert_eq!(Quantity::parse(text).expect_err(text).message, expected, "{text}");
        }
    }

    #[test]
    fn values_round_away_from_zero_and_saturate() {
        assert_eq!(parse("1500m").value(), 2);
        assert_eq!(parse("-1500m").value(), -2);
        assert_eq!(parse("1.0001").milli_value(), 1001);
        assert_eq!(parse("1Gi").value(), 1 << 30);
        assert_eq!(parse("100E").value(), i64::MAX);
        assert_eq!(parse("-1e1000").value(), i64::MIN);
        assert_eq!(parse("9E").milli_value(), i64::MAX);
    }

    #[test]
    fn order_is_that_of_the_amounts() {
        let ascending = ["-1e500", "-1e400", "-1Gi", "-1", "0", "1n", "1m", "1", "1Ki", "1M", "1e400", "1e500"];
        for (at, left) in ascending.iter().enumerate() {
            for (other, right) in ascending.iter().enumerate() {
                assert_eq!(parse(left).compare(&parse(right)), at.cmp(&other), "{left} {right}");
            }
        }
        assert_eq!(parse("1000m"), parse("1"));
    }

    #[test]
    fn sums_keep_the_left_format() {
        assert_eq!(parse("1Gi").add(&parse("1G")).canonical(), "2073741824");
        assert_eq!(parse("0").add(&parse("1Mi")).canonical(), "1Mi");
        assert_eq!(parse("1").sub(&parse("250m")).canonical(), "750m");
        assert_eq!(parse("1Ki").sub(&parse("1Ki")).canonical(), "0");
        assert_eq!(parse("100m").mul(25).canonical(), "2500m");
        assert_eq!(Quantity::from_milli(1500, Format::DecimalSi).canonical(), "1500m");
        assert_eq!(Quantity::from_i64(1 << 30, Format::BinarySi).canonical(), "1Gi");
    }
}
