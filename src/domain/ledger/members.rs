//! Who may become a member, stop being one, or get another role.

use crate::domain::ledger::Ledger;
use crate::domain::{Authority, Kind, Refusal, Role, UserId};

impl Ledger {
    pub(super) fn admit_join(
        &mut self,
        by: Authority,
        user: UserId,
        role: Role,
    ) -> Result<Role, Refusal> {
        self.require(by, |mine| mine.may_grant(role))?;
        let capacity = self.kind.capacity();
        let standing = self.users.get_mut(&user).ok_or(Refusal::UserNotFound)?;
        if standing.role.is_some() {
            return Err(Refusal::AlreadyMember);
        }
        if self.member_count >= capacity {
            return Err(Refusal::PrivateChatFull);
        }
        standing.role = Some(role);
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
