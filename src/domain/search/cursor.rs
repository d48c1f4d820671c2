//! Where a page of hits goes on.

use std::fmt;
use std::str::FromStr;

use crate::domain::MessageId;

/// Behind which hit a page begins. What is said while somebody turns pages moves none of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchCursor {
    /// By age: behind this message.
    Newest(MessageId),
    /// By likeness: of the hits up to this message, behind so many.
    Best(MessageId, usize),
}

impl fmt::Display for SearchCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Newest(before) => write!(f, "n{before}"),
            Self::Best(upto, behind) => write!(f, "b{upto}-{behind}"),
        }
    }
}

impl FromStr for SearchCursor {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let number = |text: &str| text.parse().ok().filter(|number: &i64| *number >= 0).ok_or(());
        if let Some(before) = text.strip_prefix('n') {
            return Ok(Self::Newest(MessageId(number(before)?)));
        }
        let (upto, behind) =
            text.strip_prefix('b').and_then(|rest| rest.split_once('-')).ok_or(())?;
        let behind = usize::try_from(number(behind)?).map_err(|_| ())?;
        Ok(Self::Best(MessageId(number(upto)?), behind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_is_written() {
        for cursor in [
            SearchCursor::Newest(MessageId(7)),
            SearchCursor::Best(MessageId(7), 50),
        ] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for wrong in [
            "",
            "n",
            "7",
            "n-7",
            "b7",
            "b7-",
            "b7--1",
            "n99999999999999999999",
            "я",
        ] {
            assert_eq!(wrong.parse::<SearchCursor>(), Err(()), "{wrong}");
        }
    }
}
