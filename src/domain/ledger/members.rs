//! Who may become a member, stop being one, or get another role.

use crate::domain::ledger::Ledger;
use crate::domain::{Authority, Kind, Refusal, Role, UserId};

/// People whom a private conversation is for.
const PARTIES: usize = 2;

impl Ledger {
    pub(super) fn admit_join(
        &mut self,
        by: Authority,
        user: UserId,
        role: Role,
    ) -> Result<Role, Refusal> {
        self.require(by, |mine| mine.may_grant(role))?;
        let standing = self.users.get(&user).ok_or(Refusal::UserNotFound)?;
        if standing.role.is_some() {
            return Err(Refusal::AlreadyMember);
        }
        if self.kind == Kind::Private && !self.parties.contains(&user) {
            // Who comes later reads what the others have said, so a seat that was left stays theirs.
            if self.parties.len() >= PARTIES {
                return Err(Refusal::PrivateChatFull);
            }
            self.parties.insert(user);
        }
        self.set_role(user, Some(role));
        self.member_count += 1;
        self.owner_count += usize::from(role == Role::Owner);
        Ok(role)
    }

    pub(super) fn admit_leave(&mut self, by: Authority, user: UserId) -> Result<(), Refusal> {
        if self.kind == Kind::General {
            return Err(Refusal::GeneralIsForAll);
        }
        if by != Authority::User(user) {
            self.require_over(by, user)?;
        }
        let role = self.role_of(user).ok_or(match by {
            Authority::User(me) if me == user => Refusal::NotMember,
            _ => Refusal::MemberNotFound,
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
        self.require(by, |mine| mine.may_grant(role))?;
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
