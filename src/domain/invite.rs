//! Invitations: with one in hand a stranger may make an account where registration is not open. The
//! code is a secret that an administrator passes on; here, as in the store, it is known by its hash.

use crate::domain::Refusal;

/// For how many hours an invitation may be good.
pub const HOURS: (i64, i64) = (1, 720);
/// For how many it is good unless that is said.
pub const DEFAULT_HOURS: i64 = 168;
/// How many accounts one invitation may make.
pub const USES: (i64, i64) = (1, 1_000);
/// How many it makes unless that is said.
pub const DEFAULT_USES: i64 = 1;

/// SHA-256 of an invitation's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InviteHash(pub [u8; 32]);

/// How long and how often an invitation is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InviteTerms {
    hours: i64,
    uses: i64,
}

impl InviteTerms {
    /// Checks what an administrator asks for; what is absent is a week and one account.
    /// `invalid_invite_terms` if it is out of bounds.
    pub fn parse(hours: Option<i64>, uses: Option<i64>) -> Result<Self, Refusal> {
        let terms = Self {
            hours: hours.unwrap_or(DEFAULT_HOURS),
            uses: uses.unwrap_or(DEFAULT_USES),
        };
        let is_within = |value: i64, (least, most)| (least..=most).contains(&value);
        if !is_within(terms.hours, HOURS) || !is_within(terms.uses, USES) {
            return Err(Refusal::InvalidInviteTerms);
        }
        Ok(terms)
    }

    /// For how many hours it is good.
    pub fn hours(self) -> i64 {
        self.hours
    }

    /// How many accounts it makes.
    pub fn uses(self) -> i64 {
        self.uses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_have_bounds_and_defaults() {
        let terms = |hours, uses| InviteTerms::parse(hours, uses).map(|t| (t.hours, t.uses));
        assert_eq!(terms(None, None), Ok((168, 1)));
        assert_eq!(terms(Some(1), Some(1_000)), Ok((1, 1_000)));
        assert_eq!(terms(Some(720), Some(1)), Ok((720, 1)));
        for (hours, uses) in [(0, 1), (721, 1), (-1, 1), (1, 0), (1, 1_001), (1, i64::MAX)] {
            assert_eq!(terms(Some(hours), Some(uses)), Err(Refusal::InvalidInviteTerms));
        }
    }
}
