//! All that an index has of a message.

use crate::domain::event::Message;
use crate::domain::search::{AnalyzedText, analyze};
use crate::domain::{ConversationId, UserId};

/// What an index has of a message beside its words. No word of a text begins like one.
pub mod flags {
    use crate::domain::{ConversationId, UserId};

    /// Every message has it.
    pub const ANY: &str = "@a";
    /// There is an address of a page in it.
    pub const LINK: &str = "@link";
    /// A file hangs on it.
    pub const FILE: &str = "@file";
    /// It mentions everybody.
    pub const MENTIONS_ALL: &str = "@m0";

    /// It is of this conversation.
    pub fn chat(conversation: ConversationId) -> String {
        format!("@c{conversation}")
    }

    /// This user said it.
    pub fn sender(user: UserId) -> String {
        format!("@u{user}")
    }

    /// It mentions this user.
    pub fn mentions(user: UserId) -> String {
        format!("@m{user}")
    }

    /// A word with parts, all of them together.
    pub fn compound(word: &str) -> String {
        format!("+{word}")
    }
}

/// What an index knows of a message beside its text.
#[derive(Clone, Debug)]
pub struct AboutMessage<'a> {
    /// Where it was said.
    pub conversation: ConversationId,
    /// By whom.
    pub sender: Option<UserId>,
    /// Whom it mentions.
    pub mentions: &'a [UserId],
    /// Does it mention everybody?
    pub mentions_all: bool,
    /// What hangs on it, by name.
    pub files: Vec<&'a str>,
}

impl<'a> AboutMessage<'a> {
    /// What is known of this message.
    pub fn of(conversation: ConversationId, message: &'a Message) -> Self {
        Self {
            conversation,
            sender: message.sender,
            mentions: &message.mentions.users,
            mentions_all: message.mentions.all,
            files: message.attachments.iter().map(|file| &*file.name).collect(),
        }
    }
}

/// The words of a message, as an index has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IndexedText {
    /// In their order.
    pub words: Vec<String>,
    /// Of each of them.
    pub stems: Vec<String>,
    /// Words with parts, and [`flags`].
    pub extra: Vec<String>,
}

impl IndexedText {
    /// What an index has of a message that says this.
    pub fn of(text: &str, about: &AboutMessage<'_>) -> Self {
        let mut extra = vec![flags::ANY.to_owned(), flags::chat(about.conversation)];
        extra.extend(about.sender.map(flags::sender));
        extra.extend(about.mentions.iter().map(|user| flags::mentions(*user)));
        extra.extend(about.mentions_all.then(|| flags::MENTIONS_ALL.to_owned()));
        extra.extend(has_link(text).then(|| flags::LINK.to_owned()));
        extra.extend((!about.files.is_empty()).then(|| flags::FILE.to_owned()));
        let names = about.files.iter().map(|name| analyze(name));
        Self::new(analyze(text).followed_by(names), extra)
    }

    /// The words alone.
    pub(super) fn new(analyzed: AnalyzedText, mut extra: Vec<String>) -> Self {
        let compounds = analyzed.compounds.iter();
        extra.extend(compounds.map(|compound| flags::compound(&compound.word)));
        let (words, stems) =
            analyzed.tokens.into_iter().map(|token| (token.word, token.stem)).unzip();
        Self {
            words,
            stems,
            extra,
        }
    }
}

/// Is there an address of a page?
fn has_link(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["http://", "https://", "www."].iter().any(|begin| {
        lower.match_indices(begin).any(|(place, begin)| {
            let before = lower[..place].chars().next_back();
            let after = lower[place + begin.len()..].chars().next();
            !before.is_some_and(char::is_alphanumeric) && after.is_some_and(char::is_alphanumeric)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_pages_are_links() {
        for link in [
            "https://example.com",
            "see HTTP://Example",
            "(www.example.com)",
            "http://пример",
        ] {
            assert!(has_link(link), "{link}");
        }
        for none in [
            "https://",
            "xhttp://example.com",
            "awww.sweet",
            "example.com",
            "",
            "http://.",
        ] {
            assert!(!has_link(none), "{none}");
        }
    }
}
