//! By what name others see somebody.

use chrono::{DateTime, Utc};

use crate::domain::names::{DELETED_USER, NOBODY};

/// The name that is shown for an account: its own until it is deactivated, when it may have been
/// erased too. Without an account it is nobody's, as under `--trust`.
pub(super) fn shown(
    username: impl Into<Option<String>>,
    deactivated_at: Option<DateTime<Utc>>,
) -> String {
    match (username.into(), deactivated_at) {
        (None, _) => NOBODY.to_owned(),
        (Some(_), Some(_)) => DELETED_USER.to_owned(),
        (Some(username), None) => username,
    }
}

/// The name that an account has chosen to be shown beside its own, as long as that is shown.
pub(super) fn chosen(
    display_name: Option<String>,
    deactivated_at: Option<DateTime<Utc>>,
) -> Option<String> {
    display_name.filter(|_| deactivated_at.is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_as_long_as_its_account_is_active() {
        let anna = || "anna".to_owned();
        let since = Some(DateTime::UNIX_EPOCH);
        assert_eq!(shown(anna(), None), "anna");
        assert_eq!(shown(Some(anna()), since), DELETED_USER);
        assert_eq!(shown(None, None), NOBODY);
        assert_eq!(shown(None, since), NOBODY);
        assert_eq!(chosen(Some(anna()), None), Some(anna()));
        assert_eq!(chosen(Some(anna()), since), None);
    }
}
