//! Two settings that say the same thing. The one that stands in the higher place holds, be it the shorter
//! or the longer one; where both stand in one place, the documents say which goes first.

use crate::config::Config;
use crate::config::rates::{OF_OPEN_RATE, OF_SEND_RATE, OF_USER_SEND_RATE};

/// Where a setting stands; the least goes before the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// On the command line.
    Flag,
    /// In the environment.
    Environment,
    /// In `.env`.
    File,
    /// Nowhere: it is as it is unless it is set.
    Unset,
}

impl Config {
    /// Takes back what is said again, and otherwise, in a higher place. `rank` tells of a flag where it
    /// stands.
    pub fn put_in_order(&mut self, rank: impl Fn(&str) -> Rank) {
        let (rates, all, user) = (rank("--rates"), rank("--send-rate"), rank("--user-send-rate"));
        if all < user {
            self.user_send_rate = None;
        }
        if all < rates {
            self.rates.forget(OF_SEND_RATE);
        }
        if user < rates {
            self.rates.forget(OF_USER_SEND_RATE);
        }
        if rank("--open-rate") < rates {
            self.rates.forget(OF_OPEN_RATE);
        }
        let database = &mut self.database;
        let names_host = database.db_host.as_deref().is_some_and(|host| !host.is_empty());
        if names_host && rank("--db-host") < rank("--database-url") {
            database.database_url = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rates::{Act, LIMITS};

    #[test]
    fn each_short_setting_is_known_with_all_that_it_says() {
        for (flag, acts) in [
            ("--send-rate=7", OF_SEND_RATE),
            ("--user-send-rate=7", OF_USER_SEND_RATE),
            ("--open-rate=7", OF_OPEN_RATE),
        ] {
            let set = config(&[flag]);
            let says = |act: &Act| set.short_rate(*act).is_some() && *act != Act::Text;
            let said: Vec<Act> = LIMITS.iter().map(|limit| limit.act).filter(says).collect();
            let named = |act: &Act| acts.contains(act);
            assert!(said.iter().all(named) && said.len() == acts.len(), "{flag}: {said:?}");
        }
    }

    fn config(flags: &[&str]) -> Config {
        Config::of(flags).expect("flags that can be read")
    }

    /// What is to be in force of `message`, where these flags stand in these places.
    fn messages(settings: &[(&str, Rank)]) -> f64 {
        let flags: Vec<&str> = settings.iter().map(|(flag, _)| *flag).collect();
        let mut config = config(&flags);
        config.put_in_order(|name| {
            let found = settings.iter().find(|(flag, _)| flag.split('=').next() == Some(name));
            found.map_or(Rank::Unset, |(_, rank)| *rank)
        });
        config.rates().of(Act::Message).map_or(0.0, |rate| rate.per_second)
    }

    #[test]
    fn the_setting_in_the_higher_place_holds() {
        use Rank::{Environment, File, Flag};
        let (rates, all, user) = ("--rates=message=1/1", "--send-rate=2", "--user-send-rate=3");
        for (settings, wanted) in [
            (vec![(rates, Environment), (user, Flag)], 3.0),
            (vec![(rates, File), (user, Environment)], 3.0),
            (vec![(rates, Flag), (user, Environment)], 1.0),
            (vec![(rates, Environment), (all, Flag)], 2.0),
            (vec![(user, Environment), (all, Flag)], 2.0),
            (vec![(rates, File), (user, Environment), (all, Flag)], 2.0),
            // In one place the more particular one holds.
            (vec![(rates, Flag), (all, Flag), (user, Flag)], 1.0),
            (vec![(all, File), (user, File)], 3.0),
        ] {
            assert!((messages(&settings) - wanted).abs() < 1e-9, "{settings:?}");
        }
    }

    #[test]
    fn what_only_the_longer_setting_says_stays() {
        let mut config = config(&["--rates=message=1/1,chat=5/5", "--open-rate=9"]);
        config.put_in_order(|flag| match flag {
            "--open-rate" => Rank::Flag,
            _ => Rank::Environment,
        });
        let rate = |act| config.rates().of(act).map(|rate| rate.per_second);
        assert_eq!((rate(Act::Chat), rate(Act::Message)), (Some(5.0), Some(1.0)));
        assert_eq!(rate(Act::Open), Some(9.0));
    }

    #[test]
    fn a_host_on_the_command_line_goes_before_a_url_in_the_environment() {
        let flags = ["--database-url=sqlite://x.db", "--db-host=db"];
        for (host, url, is_kept) in [
            (Rank::Flag, Rank::Environment, false),
            (Rank::Environment, Rank::File, false),
            (Rank::Flag, Rank::Flag, true),
            (Rank::File, Rank::Environment, true),
        ] {
            let mut config = config(&flags);
            config.put_in_order(|flag| if flag == "--db-host" { host } else { url });
            assert_eq!(config.database.database_url.is_some(), is_kept, "{host:?} {url:?}");
        }
    }
}
