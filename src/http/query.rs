//! The query of a request. Parameters that nobody asks for are ignored; one that is no number or no
//! instant where it must be is 400 `invalid_query` and named.

use std::future::{Ready, ready};
use std::ops::RangeInclusive;

use actix_http::RequestHead;
use actix_web::{FromRequest, HttpRequest, dev, web};
use chrono::{DateTime, Datelike, Utc};

use crate::wire::integer::Integer;
use crate::wire::{Code, Problem};

/// How many items a page holds unless the query says.
pub const DEFAULT_LIMIT: i64 = 50;
/// How many items a page holds at most.
pub const MAX_LIMIT: i64 = 200;

/// The parameters of a request.
#[derive(Debug)]
pub struct Query(Vec<(String, String)>);

impl FromRequest for Query {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        ready(Ok(Self(pairs(request.query_string()))))
    }
}

/// The names and values of a query, unescaped.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    web::Query::from_query(query).map_or_else(|_| Vec::new(), web::Query::into_inner)
}

fn invalid(text: String) -> Problem {
    Problem::new(Code::INVALID_QUERY, text)
}

/// A whole number in digits, or as it may stand in a body: `10`, `10.0`, `1e1`. No spaces, no separators.
pub(super) fn whole(text: &str) -> Option<i64> {
    let as_in_a_body = || serde_json::from_str::<Integer>(text).ok().map(|number| number.0);
    text.parse().ok().or_else(|| as_in_a_body().filter(|_| text.trim() == text))
}

impl Query {
    /// The parameters of a request that the routes never see.
    pub fn of(head: &RequestHead) -> Self {
        Self(pairs(head.uri.query().unwrap_or_default()))
    }

    /// A text, if it is there and says something.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|text| !text.trim().is_empty())
    }

    /// A parameter, unescaped.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// A number, if it is there.
    pub fn number(&self, name: &str) -> Result<Option<i64>, Problem> {
        let number =
            |text: &str| whole(text).ok_or_else(|| invalid(format!("{name} must be an integer")));
        self.get(name).map(number).transpose()
    }

    /// Numbers with commas between them, so many at most; none at all is none.
    pub fn numbers(&self, name: &str, most: usize) -> Result<Vec<i64>, Problem> {
        let wanted = || invalid(format!("{name} must be up to {most} integers, like 7,8"));
        let parts = self.get(name).unwrap_or_default().split(',').filter(|part| !part.is_empty());
        let numbers: Vec<i64> =
            parts.take(most + 1).map(whole).collect::<Option<_>>().ok_or_else(wanted)?;
        if numbers.len() > most {
            return Err(wanted());
        }
        Ok(numbers)
    }

    /// After which id a page begins: 0, before all, unless the query says.
    pub fn after(&self) -> Result<i64, Problem> {
        Ok(self.number("after")?.unwrap_or(0))
    }

    /// How many items a page holds.
    pub fn limit(&self) -> Result<PageLimit, Problem> {
        const BOUNDS: RangeInclusive<i64> = 1..=MAX_LIMIT;
        let limit = self.number("limit")?.unwrap_or(DEFAULT_LIMIT);
        match usize::try_from(limit) {
            Ok(items) if BOUNDS.contains(&limit) => Ok(PageLimit(items)),
            _ => Err(invalid(format!("limit must be 1 to {MAX_LIMIT}"))),
        }
    }

    /// An instant in RFC 3339, which must be there.
    pub fn instant(&self, name: &str) -> Result<DateTime<Utc>, Problem> {
        let wanted = || invalid(format!("{name} must be a time like 2025-02-01T00:00:00Z"));
        let text = self.get(name).ok_or_else(wanted)?;
        // Unescaped, the plus of an offset is a space; RFC 3339 has none after the time.
        let text = match text.get(19..).and_then(|rest| rest.find(' ')) {
            Some(place) => format!("{}+{}", &text[..19 + place], &text[20 + place..]),
            None => text.to_owned(),
        };
        let instant = DateTime::parse_from_rfc3339(&text).map_err(|_| wanted())?.to_utc();
        // In UTC it may be a year that RFC 3339 cannot write, and SQLite not compare.
        if !(0..=9999).contains(&instant.year()) {
            return Err(wanted());
        }
        Ok(instant)
    }
}

/// How many items a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit(usize);

impl PageLimit {
    /// How many to ask the store for: one more, which tells whether there is more.
    pub fn rows(self) -> u64 {
        self.0 as u64 + 1
    }

    /// So many.
    pub fn items(self) -> usize {
        self.0
    }

    /// Cuts off that one; says whether it was there.
    pub fn cut<T>(self, rows: &mut Vec<T>) -> bool {
        let more = rows.len() > self.0;
        rows.truncate(self.0);
        more
    }

    /// Cuts off that one at the front, for a page that ends where it was asked for.
    pub fn cut_front<T>(self, rows: &mut Vec<T>) -> bool {
        let surplus = rows.len().saturating_sub(self.0);
        rows.drain(..surplus);
        surplus > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query(pairs(text))
    }

    #[test]
    fn limits_are_bounded_and_have_a_default() {
        let limit = |text: &str| query(text).limit().map(|limit| limit.0).map_err(|p| p.code);
        assert_eq!(limit(""), Ok(50));
        assert_eq!(limit("limit=1&x=y"), Ok(1));
        assert_eq!(limit("limit=200"), Ok(200));
        // As in a body: JSON's ways to write an integer, and of several the first.
        assert_eq!(limit("limit=10.0"), Ok(10));
        assert_eq!(limit("limit=1e1"), Ok(10));
        assert_eq!(limit("limit=%2B010"), Ok(10));
        assert_eq!(limit("limit=10&limit=x"), Ok(10));
        for bad in [
            "limit=0",
            "limit=201",
            "limit=-1",
            "limit=x",
            "limit=",
            "limit=1.5",
            "limit=1e300",
            "limit=+10",
            "limit=10+",
            "limit=0x10",
            "limit=1_0",
            "limit=1,0",
            "limit=%D9%A1",
            "limit=10%00",
            "limit=\"10\"",
            "limit=null",
            "limit=x&limit=10",
        ] {
            assert_eq!(limit(bad), Err(Code::INVALID_QUERY), "{bad}");
        }
    }

    #[test]
    fn lists_of_numbers_are_bounded() {
        let numbers = |text: &str| query(text).numbers("open", 3).map_err(|problem| problem.code);
        assert_eq!(numbers(""), Ok(vec![]));
        assert_eq!(numbers("open="), Ok(vec![]));
        assert_eq!(numbers("open=7,8"), Ok(vec![7, 8]));
        assert_eq!(numbers("open=7%2C8"), Ok(vec![7, 8]));
        assert_eq!(numbers("open=7.0,,8,"), Ok(vec![7, 8]));
        for bad in ["open=1,2,3,4", "open=x", "open=1,x", "open=1 2"] {
            assert_eq!(numbers(bad), Err(Code::INVALID_QUERY), "{bad}");
        }
    }

    #[test]
    fn instants_are_rfc_3339_even_with_a_bare_plus() {
        let instant = |text: &str| query(text).instant("from").map(|at| at.to_rfc3339()).ok();
        let midnight = Some("2025-01-31T21:00:00+00:00");
        for good in [
            "from=2025-02-01T00:00:00%2B03:00",
            "from=2025-02-01T00:00:00+03:00",
            "from=2025-02-01T00:00:00.000+03:00",
            "from=2025-01-31T21:00:00Z",
        ] {
            assert_eq!(instant(good).as_deref(), midnight, "{good}");
        }
        for bad in [
            "",
            "from=",
            "from=yesterday",
            "from=2025-02-01",
            "from=2025-02-30T00:00:00Z",
            "from=2025-02-01T25:00:00Z",
            "from=1738368000",
            "from=2025-02-01T00:00:00",
            "from=9999-12-31T23:59:59-01:00",
            "from=0000-01-01T00:00:00+01:00",
            "from=%D1%8F%D1%8F%D1%8F%D1%8F%D1%8F%D1%8F%D1%8F%D1%8F%D1%8F%D1%8F%D1%8F+",
        ] {
            assert_eq!(instant(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_row_too_many_is_cut_where_it_is() {
        let limit = PageLimit(2);
        assert_eq!(limit.rows(), 3);
        let (mut rows, mut full) = (vec![1, 2, 3], vec![1, 2]);
        assert!(limit.cut(&mut rows));
        assert_eq!(rows, [1, 2]);
        assert!(!limit.cut(&mut full));
        let mut rows = vec![1, 2, 3];
        assert!(limit.cut_front(&mut rows));
        assert_eq!(rows, [2, 3]);
    }
}
