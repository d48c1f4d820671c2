//! Whole numbers as JSON has them: to JSON Schema `1.0` is an integer, and some languages know no
//! other number. So a fraction of nothing is no error, while `1.5` is one.

use std::fmt;

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// 2⁵³. Below it no two whole numbers are the same one to a double, and the parser rounds to the
/// nearest (serde_json's `float_roundtrip`).
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A 64-bit integer, also one that was written like `1.0` or `1e3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Integer(pub i64);

struct Whole;

impl Visitor<'_> for Whole {
    type Value = Integer;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("an integer")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Integer, E> {
        Ok(Integer(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Integer, E> {
        let fits = i64::try_from(number).map(Integer);
        fits.map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
    fn visit_f64<E: Error>(self, number: f64) -> Result<Integer, E> {
        if number.fract() == 0.0 && number.abs() < EXACT {
            return Ok(Integer(number as i64));
        }
        Err(E::invalid_value(Unexpected::Float(number), &self))
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_i64(Whole)
    }
}

/// For `#[serde(deserialize_with)]` of a number that must be there.
pub fn required<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    Integer::deserialize(from).map(|number| number.0)
}

/// For `#[serde(default, deserialize_with)]` of a number that may be absent or `null`.
pub fn optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Ok(Option::<Integer>::deserialize(from)?.map(|number| number.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<i64> {
        serde_json::from_str::<Integer>(json).ok().map(|number| number.0)
    }

    #[test]
    fn a_whole_number_may_have_a_fraction_of_nothing() {
        for (json, number) in [
            ("1", 1),
            ("1.0", 1),
            ("-7.000", -7),
            ("0.0", 0),
            ("-0.0", 0),
            ("1e3", 1_000),
            ("1.5e1", 15),
            ("999999999999999.0", 999_999_999_999_999),
            ("1e15", 1_000_000_000_000_000),
            ("1723499068449648.0", 1_723_499_068_449_648),
            ("9007199254740991.0", 9_007_199_254_740_991),
            ("-9007199254740991.0", -9_007_199_254_740_991),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(read(json), Some(number), "{json}");
            let value = serde_json::from_str::<serde_json::Value>(json).ok();
            let number_of = |value| serde_json::from_value::<Integer>(value).ok();
            assert_eq!(value.and_then(number_of), Some(Integer(number)), "{json}");
        }
    }

    #[test]
    fn what_is_no_whole_number_or_no_exact_one_is_refused() {
        for json in [
            "1.5",
            "0.1",
            "1e-1",
            "1e300",
            "1723499068449648.5",
            "9007199254740992.0",
            "9007199254740993.0",
            "9223372036854775808",
            "9223372036854775807.0",
            "-9223372036854775809",
            "\"1\"",
            "\"1.0\"",
            "true",
            "null",
            "[1]",
            "NaN",
        ] {
            assert_eq!(read(json), None, "{json}");
        }
    }
}
