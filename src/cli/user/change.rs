//! The commands that change an account that is there.

use crate::cli::say;
use crate::cli::user::password::NewPassword;
use crate::cli::user::{Done, find, find_active};
use crate::domain::{Right, TypedName};
use crate::store::Store;
use crate::store::accounts::administrators::{self, LastAdmin};
use crate::store::accounts::{self, Update, ending};

pub(super) async fn promote(store: &Store, username: &TypedName) -> Done {
    let account = find_active(store, username).await?;
    administrators::set(store, account.id, true).await??;
    say(&format!("{} is an administrator", account.username));
    Ok(())
}

pub(super) async fn demote(store: &Store, username: &TypedName) -> Done {
    let account = find_active(store, username).await?;
    administrators::set(store, account.id, false).await??;
    say(&format!("{} is no administrator", account.username));
    Ok(())
}

pub(super) async fn reset_password(store: &Store, username: &TypedName) -> Done {
    let account = find_active(store, username).await?;
    let password = NewPassword::choose().await?;
    let update = Update {
        password_hash: Some(password.hash.clone()),
        ..Update::default()
    };
    let updated = accounts::update(store, Right::Operator, account.id, update).await?;
    let (account, ended) = updated?;
    let (name, devices) = (account.username, ended.len());
    say(&format!("{name} has a new password, and {devices} devices are signed out"));
    password.show();
    Ok(())
}

pub(super) async fn deactivate(store: &Store, username: &TypedName) -> Done {
    let account = find_active(store, username).await?;
    ending::deactivate(store, Right::Operator, account.id, LastAdmin::Stays).await??;
    say(&format!("{} is deactivated", account.username));
    Ok(())
}

pub(super) async fn activate(store: &Store, username: &TypedName) -> Done {
    let account = find(store, username).await?;
    ending::activate(store, account.id).await??;
    say(&format!("{} is active", account.username));
    Ok(())
}

pub(super) async fn erase(store: &Store, username: &TypedName, is_meant: bool) -> Done {
    let account = find(store, username).await?;
    if !is_meant {
        let name = &account.username;
        let text = format!("nothing brings {name} back; if that is meant, add --yes");
        return Err(text.into());
    }
    ending::erase(store, Right::Operator, account.id, LastAdmin::Stays).await??;
    say(&format!("account {} is erased", account.id));
    Ok(())
}
