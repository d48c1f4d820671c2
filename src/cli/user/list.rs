//! `vestnik user list`.

use chrono::SecondsFormat;

use crate::cli::answer;
use crate::cli::user::Done;
use crate::domain::UserId;
use crate::store::accounts::Account;
use crate::store::{Store, accounts};

/// Accounts that are read at once.
const PAGE: u64 = 200;

pub(super) async fn list(store: &Store) -> Done {
    answer("id\tusername\temail\trights\tstate\tcreated");
    let mut after = UserId(0);
    loop {
        let page = accounts::page_of_all(store, after, PAGE).await?;
        for account in &page {
            answer(&row(account));
        }
        match page.last() {
            Some(last) => after = last.id,
            None => return Ok(()),
        }
    }
}

fn row(account: &Account) -> String {
    let rights = match account.is_admin {
        true => "admin",
        false => "-",
    };
    let state = match account.deactivated_at {
        _ if account.is_erased => "erased",
        Some(_) => "deactivated",
        None => "active",
    };
    let created = account.created_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let Account {
        id,
        username,
        email,
        ..
    } = account;
    format!("{id}\t{username}\t{email}\t{rights}\t{state}\t{created}")
}
