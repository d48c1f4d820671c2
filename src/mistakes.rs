//! Rules between servers that a test has them break, to see that another test notices: `TEST_MISTAKE=nothing_missed`
//! in the environment of a build for tests. Other builds make none of these mistakes.

use std::sync::OnceLock;

/// A rule that is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// Neither a number that is missing among what a peer says means anything, nor a connection that was lost.
    NothingMissed,
    /// What a peer that is silent, or has died, had not told is not looked for.
    DeathIgnored,
    /// Who was at a peer that is gone stays there.
    PresenceOutlivesNodes,
    /// A conversation refuses somebody for what it remembers, though another server may know better.
    DecidesFromMemory,
    /// A position beyond what is known here is taken for one of another history.
    ResetsWhatIsAhead,
    /// What was done last to somebody's chats is what was heard last.
    NewsWithoutOrder,
    /// The epoch is that of the start.
    EpochCached,
    /// Whoever was promoted is taken to have everything.
    PromotionTrusted,
    /// What has ended here is told to nobody, nor looked for.
    EndsHereOnly,
    /// Whoever ends something is answered before the others have closed it.
    EndUnconfirmed,
    /// A server goes by its own clock.
    OwnClock,
}

impl Mistake {
    /// All of them, by their names.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::NothingMissed, "nothing_missed"),
        (Self::DeathIgnored, "death_ignored"),
        (Self::PresenceOutlivesNodes, "presence_outlives_nodes"),
        (Self::DecidesFromMemory, "decides_from_memory"),
        (Self::ResetsWhatIsAhead, "resets_what_is_ahead"),
        (Self::NewsWithoutOrder, "news_without_order"),
        (Self::EpochCached, "epoch_cached"),
        (Self::PromotionTrusted, "promotion_trusted"),
        (Self::EndsHereOnly, "ends_here_only"),
        (Self::EndUnconfirmed, "end_unconfirmed"),
        (Self::OwnClock, "own_clock"),
    ];

    /// Is it to be made?
    pub fn is_made(self) -> bool {
        static MADE: OnceLock<Option<Mistake>> = OnceLock::new();
        let asked = || {
            let name = std::env::var("TEST_MISTAKE").ok()?;
            let (mistake, _) = Self::ALL.iter().find(|(_, known)| *known == name)?;
            Some(*mistake)
        };
        cfg!(debug_assertions) && *MADE.get_or_init(asked) == Some(self)
    }
}
