//! Whatever comes together in one batch, no invitation makes more accounts than it may, and one that
//! made none is not used up.

use std::collections::HashMap;

use proptest::prelude::*;
use vestnik::domain::ledger::{Ledger, Verdict};
use vestnik::domain::{
    Change, ConversationId, Email, InviteHash, Kind, NewAccount, Refusal, Username,
};

use crate::example_ledger::empty;

/// Who asks: a name of few, an address of few, and an invitation of few or none.
type Applicant = (u8, u8, Option<u8>);

fn ledger(uses_left: &[i64]) -> Ledger {
    let invites = uses_left.iter().zip(0..).map(|(left, code)| (InviteHash([code; 32]), *left));
    Ledger {
        head_seq: 3,
        member_count: 3,
        owner_count: 1,
        taken: ["name0".to_owned(), "0@example.com".to_owned()].into(),
        invites: invites.collect(),
        ..empty(ConversationId::GENERAL, Kind::General)
    }
}

fn register((name, address, invite): Applicant) -> Change {
    Change::Register(NewAccount {
        username: Username::parse(&format!("name{name}")).unwrap(),
        email: Email::parse(&format!("{address}@example.com")).unwrap(),
        password_hash: String::new(),
        invite: invite.map(|code| InviteHash([code; 32])),
        is_admin: false,
        wakes_names: false,
    })
}

/// The rule once more, one applicant after the other.
fn expected(uses_left: &[i64], applicants: &[Applicant]) -> Vec<Option<Refusal>> {
    let mut left: HashMap<u8, i64> = (0..).zip(uses_left.iter().copied()).collect();
    let (mut names, mut addresses) = (vec![0], vec![0]);
    let rule = |(name, address, invite): &Applicant| {
        if invite.is_some_and(|code| left.get(&code).is_none_or(|left| *left < 1)) {
            return Some(Refusal::InviteInvalid);
        }
        if names.contains(name) {
            return Some(Refusal::UsernameTaken);
        }
        if addresses.contains(address) {
            return Some(Refusal::EmailTaken);
        }
        names.push(*name);
        addresses.push(*address);
        if let Some(code) = invite {
            *left.entry(*code).or_default() -= 1;
        }
        None
    };
    applicants.iter().map(rule).collect()
}

#[test]
fn a_name_that_rests_or_looks_like_anothers_is_taken() {
    let ask = |name: &str, wakes_names: bool| {
        let mut ledger = ledger(&[]);
        ledger.alike = vec!["scope".to_owned(), "ТОМ".to_owned(), "anna1".to_owned()];
        ledger.resting = ["rested".to_owned()].into();
        let account = NewAccount {
            username: Username::parse(name).unwrap(),
            email: Email::parse("x@example.com").unwrap(),
            password_hash: String::new(),
            invite: None,
            is_admin: false,
            wakes_names,
        };
        matches!(ledger.rule(&[Change::Register(account)])[0], Verdict::Accepted(_))
    };
    for (name, anybody, operator) in [
        ("rested", false, true),
        ("RESTED", false, true),
        ("ѕсоре", false, false),
        ("TOM", false, false),
        ("sc0pe", true, true),
        ("ѕсоре2", true, true),
        ("tom", true, true),
        ("ɑnna1", false, false),
        ("annal", false, false),
        ("anna2", true, true),
        ("Name0", false, false),
    ] {
        assert_eq!((ask(name, false), ask(name, true)), (anybody, operator), "{name}");
    }
}

#[test]
fn two_names_that_look_alike_are_not_made_in_one_batch() {
    let asked = ["том", "ТОМ", "TOM", "tom"].iter().enumerate().map(|(number, name)| {
        Change::Register(NewAccount {
            username: Username::parse(name).unwrap(),
            email: Email::parse(&format!("{number}@example.org")).unwrap(),
            password_hash: String::new(),
            invite: None,
            is_admin: false,
            wakes_names: false,
        })
    });
    let verdicts = ledger(&[]).rule(&asked.collect::<Vec<_>>());
    let made: Vec<_> =
        verdicts.iter().map(|verdict| matches!(verdict, Verdict::Accepted(_))).collect();
    assert_eq!(made, [true, false, true, false]);
}

proptest! {
    #[test]
    fn an_invitation_makes_as_many_accounts_as_it_may(
        uses_left in prop::collection::vec(0_i64..4, 3),
        applicants in prop::collection::vec((0_u8..8, 0_u8..8, prop::option::of(0_u8..4)), 0..24),
    ) {
        let batch: Vec<_> = applicants.iter().copied().map(register).collect();
        let mut ledger = ledger(&uses_left);
        let verdicts = ledger.rule(&batch);
        let refusals: Vec<_> = verdicts
            .iter()
            .map(|verdict| match verdict {
                Verdict::Refused(refusal) => Some(*refusal),
                _ => None,
            })
            .collect();
        prop_assert_eq!(&refusals, &expected(&uses_left, &applicants));
        for (code, left) in (0..).zip(uses_left) {
            let made = applicants.iter().zip(&refusals);
            let made = made.filter(|((_, _, invite), no)| *invite == Some(code) && no.is_none());
            prop_assert!(i64::try_from(made.count()).unwrap() <= left);
        }
        let accepted = refusals.iter().filter(|refusal| refusal.is_none()).count();
        prop_assert_eq!(ledger.head_seq, 3 + i64::try_from(accepted).unwrap());
    }
}
