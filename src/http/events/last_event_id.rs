//! Where a stream stands, as a client hands it back: `EPOCH;1:40,7:2951`, the last `seq` of each
//! chat that it has open.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::domain::ConversationId;

/// Chats that one text may name: more than a stream can have open.
const CHATS: usize = 64;

/// The positions of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StreamPosition {
    /// Which history they belong to.
    pub(super) epoch: String,
    /// The last `seq` by chat.
    pub(super) chats: BTreeMap<ConversationId, i64>,
}

/// It is not one of ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnreadablePosition;

impl fmt::Display for StreamPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};", self.epoch)?;
        for (i, (chat, seq)) in self.chats.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{}:{seq}", chat.0)?;
        }
        Ok(())
    }
}

impl FromStr for StreamPosition {
    type Err = UnreadablePosition;

    fn from_str(text: &str) -> Result<Self, UnreadablePosition> {
        let (epoch, chats) = text.trim().split_once(';').ok_or(UnreadablePosition)?;
        let chat = |pair: &str| {
            let (chat, seq) = pair.split_once(':')?;
            let (chat, seq) = (chat.parse().ok()?, seq.parse().ok()?);
            (seq >= 0).then_some((ConversationId(chat), seq))
        };
        let pairs = chats.split(',').filter(|pair| !pair.is_empty()).take(CHATS + 1);
        let chats =
            pairs.map(chat).collect::<Option<BTreeMap<_, _>>>().ok_or(UnreadablePosition)?;
        if chats.len() > CHATS {
            return Err(UnreadablePosition);
        }
        Ok(Self {
            epoch: epoch.to_owned(),
            chats,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let chats = [(1, 40), (7, 2_951)].map(|(chat, seq)| (ConversationId(chat), seq));
        let position = StreamPosition {
            epoch: "e".into(),
            chats: chats.into(),
        };
        assert_eq!(position.to_string(), "e;1:40,7:2951");
        assert_eq!("e;1:40,7:2951".parse(), Ok(position));
        assert_eq!("e;".parse::<StreamPosition>().map(|none| none.chats.len()), Ok(0));
    }

    #[test]
    fn what_is_none_of_ours_is_unreadable() {
        let many: Vec<String> = (0..100).map(|chat| format!("{chat}:1")).collect();
        for text in [
            "",
            "42",
            "e;1",
            "e;1:",
            "e;:1",
            "e;1:-1",
            "e;1:x,2:3",
            "e;1:99999999999999999999",
            &format!("e;{}", many.join(",")),
        ] {
            assert_eq!(text.parse::<StreamPosition>(), Err(UnreadablePosition), "{text}");
        }
    }
}
