//! Who may become a member, stop being one, or get another role.

use crate::domain::ledger::Ledger;
use crate::domain::{Authority, Kind, PrivatePair, Refusal, Role, UserId};

/// People whom a private conversation is for.
const PARTIES: usize = 2;

impl Ledger {
    pub(super) fn admit_join(
        &mut self,
        by: Authority,
        user: UserId,
        role: Role,
    ) -> Result<Role, Refusal> {
        let is_private = self.kind == Kind::Private;
        self.require(by, |mine| is_private || mine.may_grant(role))?;
        let participant = self.users.get(&user).ok_or(Refusal::UserNotFound)?;
        if participant.role.is_some() {
            return Err(Refusal::AlreadyMember);
        }
        // Both are equal there, whatever one would give the other.
        let role = if is_private { Role::Member } else { role };
        if is_private && !self.parties.contains(&user) {
            self.seat(user)?;
        }
        self.set_role(user, Some(role));
        self.member_count += 1;
        self.owner_count += usize::from(role == Role::Owner);
        Ok(role)
    }

    /// Who comes later reads what the others have said, so a seat that was left stays theirs. And these
    /// two have one private conversation, however it is made.
    fn seat(&mut self, user: UserId) -> Result<(), Refusal> {
        if self.parties.len() >= PARTIES {
            return Err(Refusal::PrivateChatFull);
        }
        let pairs = self.parties.iter().filter_map(|party| PrivatePair::new(*party, user));
        let theirs = pairs.filter_map(|pair| self.private_chats.get(&pair).copied()).next();
        match theirs.filter(|chat| *chat != self.conversation) {
            Some(chat) => Err(Refusal::PrivateChatExists(chat)),
            None => {
                self.parties.insert(user);
                Ok(())
            }
        }
    }

    /// The two whom a private conversation is for, once there are two.
    pub fn pair(&self) -> Option<PrivatePair> {
        let mut parties = self.parties.iter().copied();
        match (self.kind, parties.next(), parties.next()) {
            (Kind::Private, Some(one), Some(other)) => PrivatePair::new(one, other),
            _ => None,
        }
    }

    pub(super) fn admit_leave(&mut self, by: Authority, user: UserId) -> Result<(), Refusal> {
        if self.kind == Kind::General {
            return Err(Refusal::GeneralIsForAll);
        }
        if by.user() != Some(user) {
            self.require_over(by, user)?;
        } else if self.kind == Kind::Private && self.role_of(user).is_some() {
            // They hide it instead.
            return Err(Refusal::Forbidden);
        }
        let role = self.role_of(user).ok_or(match by.user() == Some(user) {
            true => Refusal::NotMember,
            false => Refusal::MemberNotFound,
        })?;
        let others = self.member_count > 1;
        if by != Authority::Operator && role == Role::Owner && self.owner_count == 1 && others {
            return Err(Refusal::LastOwner);
        }
        self.set_role(user, None);
        self.member_count = self.member_count.saturating_sub(1);
        self.owner_count -= usize::from(role == Role::Owner).min(self.owner_count);
        Ok(())
    }

    pub(super) fn admit_role(
        &mut self,
        by: Authority,
        user: UserId,
        role: Role,
    ) -> Result<Role, Refusal> {
        self.require_master(by, |mine| mine.may_grant(role))?;
        if self.kind == Kind::Private {
            return Err(Refusal::Forbidden);
        }
        self.require_over(by, user)?;
        let before = self.role_of(user).ok_or(Refusal::MemberNotFound)?;
        let last = before == Role::Owner && role != Role::Owner && self.owner_count == 1;
        if last && by != Authority::Operator {
            return Err(Refusal::LastOwner);
        }
        self.set_role(user, Some(role));
        self.owner_count += usize::from(role == Role::Owner);
        self.owner_count -= usize::from(before == Role::Owner).min(self.owner_count);
        Ok(role)
    }
}
