//! The days that people type: `2026-11-01`, a month, a year, or an instant.

use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, Utc};

/// From when on, and until when; of an instant both are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DateSpan {
    pub(super) begin: DateTime<Utc>,
    pub(super) end: DateTime<Utc>,
}

/// What was typed: a day, a month or a year of UTC, or an instant in RFC 3339.
pub(super) fn span(text: &str) -> Option<DateSpan> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        let begin = bounded(instant.to_utc())?;
        return Some(DateSpan { begin, end: begin });
    }
    let mut parts = text.split('-');
    let year = digits(parts.next()?, 4)?;
    let (month, day) = (parts.next(), parts.next());
    if parts.next().is_some() {
        return None;
    }
    let number = |part: Option<&str>| part.map_or(Some(1), |part| digits(part, 2));
    let first = NaiveDate::from_ymd_opt(year.cast_signed(), number(month)?, number(day)?)?;
    let behind = match (month, day) {
        (None, _) => first.checked_add_months(Months::new(12)),
        (_, None) => first.checked_add_months(Months::new(1)),
        _ => first.checked_add_days(Days::new(1)),
    }?;
    let midnight = |day: NaiveDate| bounded(day.and_time(NaiveTime::MIN).and_utc());
    Some(DateSpan {
        begin: midnight(first)?,
        end: midnight(behind)?,
    })
}

fn digits(text: &str, most: usize) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && text.len() <= most && (most < 4 || text.len() == 4))
        .then(|| text.parse().ok())
        .flatten()
}

/// What SQLite compares, as a text, and RFC 3339 can write.
fn bounded(instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
    use chrono::Datelike;
    (1..=9999).contains(&instant.year()).then_some(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_months_years_and_instants_are_spans() {
        let of = |text| span(text).map(|span| (span.begin.to_rfc3339(), span.end.to_rfc3339()));
        let expect =
            |begin: &str, end: &str| Some((format!("{begin}+00:00"), format!("{end}+00:00")));
        for (text, begin, end) in [
            ("2026-11-01", "2026-11-01T00:00:00", "2026-11-02T00:00:00"),
            ("2026-1-2", "2026-01-02T00:00:00", "2026-01-03T00:00:00"),
            ("2024-02", "2024-02-01T00:00:00", "2024-03-01T00:00:00"),
            ("2026", "2026-01-01T00:00:00", "2027-01-01T00:00:00"),
            ("2026-11-01T10:00:00+03:00", "2026-11-01T07:00:00", "2026-11-01T07:00:00"),
        ] {
            assert_eq!(of(text), expect(begin, end), "{text}");
        }
        for wrong in [
            "",
            "x",
            "2026-13-01",
            "2026-02-30",
            "26-01-01",
            "2026-11-01-02",
            "2026-",
            "20260-01-01",
            "9999",
            "0000-01-01",
            "+026-01-01",
            "вчера",
            "2026-11-01T10:00:00",
        ] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
