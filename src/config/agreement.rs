//! In what all servers on one database must be set alike: what people may do, and what they are told, must not
//! depend on which of them they happen to be connected to. What a machine can bear may differ.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::config::{ADDRESS_SESSIONS, BusKind, Config, USER_SESSIONS};
use crate::domain::rates::LIMITS;

/// How one server is set in what all must have the same: the names of settings, and what holds there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SharedSettings(BTreeMap<String, String>);

/// A setting that two servers have differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The setting.
    pub name: String,
    /// What holds at the one.
    pub here: String,
    /// What holds at the other.
    pub there: String,
}

impl Difference {
    /// All of them in a line.
    pub fn list(all: &[Self]) -> String {
        let value = |text: &str| match text {
            "" => "not set".to_owned(),
            text => text.to_owned(),
        };
        let one = |one: &Self| {
            format!("{} is {} here and {} there", one.name, value(&one.here), value(&one.there))
        };
        all.iter().map(one).collect::<Vec<_>>().join(", ")
    }
}

impl SharedSettings {
    /// As a server is set.
    pub fn of(config: &Config) -> Self {
        let by_default = |usual: usize| if config.trust { 0 } else { usual };
        let mut all: BTreeMap<String, String> = [
            (
                "VESTNIK_ADDRESS_SESSIONS",
                number(config.address_sessions, by_default(ADDRESS_SESSIONS)),
            ),
            ("VESTNIK_BUS", bus(config).to_owned()),
            (
                "VESTNIK_HSTS",
                config.hsts.map_or_else(String::new, |seconds| seconds.to_string()),
            ),
            ("VESTNIK_PUBLIC_URL", config.public_url.to_string()),
            ("VESTNIK_REGISTRATION", config.registration.as_str().to_owned()),
            ("VESTNIK_TOKEN_DAYS", config.token_days.to_string()),
            ("VESTNIK_TRUST", config.trust.to_string()),
            ("VESTNIK_USER_CHATS", config.user_chats.to_string()),
            ("VESTNIK_USER_SESSIONS", number(config.user_sessions, by_default(USER_SESSIONS))),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let rates = config.rates();
        for limit in LIMITS {
            let rate = rates.of(limit.act);
            let rate =
                rate.map_or("0".to_owned(), |rate| format!("{}/{}", rate.per_second, rate.burst));
            all.insert(format!("VESTNIK_RATES {}", limit.name), rate);
        }
        Self(all)
    }

    /// As it was [written](Self::to_text); nothing, if that cannot be read.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    /// To be kept for others.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What another server has differently, of what both know.
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let both = self.0.iter().filter_map(|(name, here)| Some((name, here, other.0.get(name)?)));
        both.filter(|(_, here, there)| here != there)
            .map(|(name, here, there)| Difference {
                name: name.clone(),
                here: here.clone(),
                there: there.clone(),
            })
            .collect()
    }
}

fn number(set: Option<usize>, usual: usize) -> String {
    set.unwrap_or(usual).to_string()
}

/// Not where it is, which may have a password in it, and need not be reached in the same way from everywhere.
fn bus(config: &Config) -> &'static str {
    match config.cluster.bus() {
        Ok(BusKind::None) => "none",
        Ok(BusKind::Auto | BusKind::Postgres(_)) => "postgres",
        Ok(BusKind::Nats(_)) => "nats",
        Err(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(flags: &[&str]) -> SharedSettings {
        let config = Config::of(flags).map_err(|error| error.to_string());
        SharedSettings::of(&config.unwrap())
    }

    #[test]
    fn each_setting_that_differs_is_named_with_both_values() {
        for (flag, name, here, there) in [
            ("--registration=invite", "VESTNIK_REGISTRATION", "open", "invite"),
            (
                "--public-url=https://chat.example.com/x",
                "VESTNIK_PUBLIC_URL",
                "",
                "https://chat.example.com/x",
            ),
            ("--token-days=7", "VESTNIK_TOKEN_DAYS", "30", "7"),
            ("--trust=true", "VESTNIK_TRUST", "false", "true"),
            ("--user-chats=5", "VESTNIK_USER_CHATS", "1000", "5"),
            ("--user-sessions=5", "VESTNIK_USER_SESSIONS", "100", "5"),
            ("--address-sessions=5", "VESTNIK_ADDRESS_SESSIONS", "10000", "5"),
            ("--bus=nats://user:secret@host:4222", "VESTNIK_BUS", "postgres", "nats"),
            ("--rates=chat=3/4", "VESTNIK_RATES chat", "", "3/4"),
            ("--user-send-rate=7", "VESTNIK_RATES message", "", "7/14"),
        ] {
            let differences = of(&[]).differences(&of(&[flag]));
            let found = differences.iter().find(|one| one.name == name);
            let found = found.unwrap_or_else(|| panic!("{flag}: {differences:?}"));
            assert_eq!(found.there, there, "{flag}");
            // What holds unless a rate is set has its own table.
            assert!(found.here == here || name.starts_with("VESTNIK_RATES"), "{flag}: {found:?}");
        }
    }

    #[test]
    fn what_a_machine_can_bear_and_where_it_is_may_differ() {
        let other = of(&[
            "--listen=127.0.0.1:1",
            "--workers=3",
            "--max-sessions=5",
            "--outbox-bytes=70000",
            "--node-name=another",
            "--bus=postgres://other/name",
            "--drain-seconds=9",
        ]);
        assert_eq!(of(&[]).differences(&other), []);
    }

    #[test]
    fn what_is_kept_is_read_back_and_what_is_not_understood_is_no_difference() {
        let mine = of(&["--registration=invite"]);
        assert_eq!(SharedSettings::read(&mine.to_text()), mine);
        for text in ["", "{", "[]", r#"{"VESTNIK_LATER":"1"}"#] {
            assert_eq!(mine.differences(&SharedSettings::read(text)), [], "{text}");
        }
        assert!(!of(&["--bus=nats://user:secret@host:4222"]).to_text().contains("secret"));
    }
}
