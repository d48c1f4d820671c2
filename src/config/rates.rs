//! How often who may do what: the table of [`LIMITS`], and what was set instead.

use std::str::FromStr;

use crate::config::Config;
use crate::domain::rates::{Act, LIMITS, Rate, Rates};

/// Highest rate that can be set; more is as good as none.
const HIGHEST: f64 = 1e12;

/// What was set of the table, like `message=50/200,chat=0`. An act by its name, with so many a second
/// after so many at once; without the second number the burst keeps its proportion; 0 is no limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RateChanges(Vec<(Act, Option<Rate>)>);

impl RateChanges {
    /// Takes back what was set for these.
    pub(in crate::config) fn forget(&mut self, acts: &[Act]) {
        self.0.retain(|(act, _)| !acts.contains(act));
    }

    /// What was set for this act, if anything was.
    fn of(&self, act: Act) -> Option<Option<Rate>> {
        let mut found = self.0.iter().rev().filter(|(known, _)| *known == act);
        found.next().map(|(_, rate)| *rate)
    }
}

impl FromStr for RateChanges {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let changes: Vec<_> = parts.map(change).collect::<Result<_, _>>()?;
        let is_again =
            |place: &usize| changes[..*place].iter().any(|(act, _)| *act == changes[*place].0);
        match (0..changes.len()).find(is_again) {
            Some(place) => Err(format!("{} is set twice", changes[place].0.limit().name)),
            None => Ok(Self(changes)),
        }
    }
}

fn change(part: &str) -> Result<(Act, Option<Rate>), String> {
    let wanted = || {
        format!("{part:?} must look like message=30/120: a name, so many a second, so many at once")
    };
    let (name, rate) = part.split_once('=').ok_or_else(wanted)?;
    let limit = LIMITS.iter().find(|limit| limit.name == name.trim()).ok_or_else(|| {
        let names: Vec<_> = LIMITS.iter().map(|limit| limit.name).collect();
        format!("there is no rate {:?}; there are {}", name.trim(), names.join(", "))
    })?;
    let (per_second, burst) = match rate.split_once('/') {
        Some((per_second, burst)) => (per_second, Some(burst)),
        None => (rate, None),
    };
    let number = |text: &str| {
        let number: f64 = text.trim().parse().map_err(|_| wanted())?;
        match (0.0..=HIGHEST).contains(&number) {
            true => Ok(number),
            false => Err(format!("{part:?}: a rate is 0 to {HIGHEST:.0}")),
        }
    };
    let per_second = number(per_second)?;
    let usual = limit.rate.burst / limit.rate.per_second;
    let burst = burst.map_or(Ok((per_second * usual).max(1.0)), number)?;
    if per_second > 0.0 && burst < 1.0 {
        return Err(format!("{part:?}: a burst is 1 at least"));
    }
    Ok((limit.act, (per_second > 0.0).then_some(Rate { per_second, burst })))
}

/// So many a second, after a burst of so many seconds of it; 0 is no limit.
fn after(rate: u32, seconds: u32) -> Option<Rate> {
    let per_second = f64::from(rate);
    (rate > 0).then_some(Rate {
        per_second,
        burst: per_second * f64::from(seconds),
    })
}

/// What `--send-rate` says.
pub(super) const OF_SEND_RATE: &[Act] = &[Act::Frame, Act::ReadCommand, Act::Message];
/// What `--user-send-rate` says; the bytes of texts follow it.
pub(super) const OF_USER_SEND_RATE: &[Act] = &[Act::Message];
/// What `--open-rate` says.
pub(super) const OF_OPEN_RATE: &[Act] = &[Act::Open, Act::Ticket, Act::UserOpen];

impl Config {
    /// How often everything may be done. Under `--trust` only what was set is limited.
    pub fn rates(&self) -> Rates {
        let mut rates = Rates::default();
        for limit in LIMITS {
            let usual = (!self.trust).then_some(limit.rate);
            let rate = self.set_rate(limit.act).unwrap_or(usual);
            rates = rates.with(limit.act, rate);
        }
        rates
    }

    fn set_rate(&self, act: Act) -> Option<Option<Rate>> {
        self.rates.of(act).or_else(|| self.short_rate(act))
    }

    /// What the older, shorter settings say, of [`OF_SEND_RATE`] and the like.
    pub(super) fn short_rate(&self, act: Act) -> Option<Option<Rate>> {
        match act {
            Act::Frame | Act::ReadCommand => self.send_rate.map(|rate| after(rate, 2)),
            Act::Message => self.user_send_rate.or(self.send_rate).map(|rate| after(rate, 2)),
            Act::Text => self.text_rate(),
            Act::Open | Act::Ticket => self.open_rate.map(|rate| after(rate, 10)),
            Act::UserOpen => self.open_rate.map(|rate| after(rate.saturating_mul(5), 10)),
            _ => None,
        }
    }

    /// Who may send more messages may send more text, unless that is set too.
    fn text_rate(&self) -> Option<Option<Rate>> {
        let set = self.set_rate(Act::Message)?;
        let Some(messages) = set else {
            return Some(None);
        };
        let times = messages.per_second / Act::Message.limit().rate.per_second;
        let text = Act::Text.limit().rate;
        (times > 1.0).then_some(Some(Rate {
            per_second: text.per_second * times,
            burst: text.burst * times,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(flags: &[&str]) -> Result<Rates, String> {
        let config = Config::of(flags).map_err(|error| error.to_string())?;
        Ok(config.rates())
    }

    fn of(flags: &[&str], act: Act) -> Option<(f64, f64)> {
        let rates = rates(flags).unwrap_or_default();
        rates.of(act).map(|rate| (rate.per_second, rate.burst))
    }

    #[test]
    fn the_table_holds_unless_something_is_set_and_nothing_under_trust() {
        let trust = ["--trust=true"];
        for limit in LIMITS {
            let usual = (limit.rate.per_second, limit.rate.burst);
            assert_eq!(of(&["--trust=false"], limit.act), Some(usual), "{}", limit.name);
            assert_eq!(of(&trust, limit.act), None, "{}", limit.name);
            let flag = format!("--rates={}=7/9", limit.name);
            assert_eq!(of(&["--trust=true", &flag], limit.act), Some((7.0, 9.0)));
            let flag = format!("--rates={}=0", limit.name);
            assert_eq!(of(&["--trust=false", &flag], limit.act), None, "{}", limit.name);
        }
    }

    #[test]
    fn what_is_set_twice_is_said() {
        let said = rates(&["--rates=message=1,chat=2,message=3/4"]).err().unwrap_or_default();
        assert!(said.contains("message is set twice"), "{said}");
        assert!(rates(&["--rates=message=1,chat=1"]).is_ok());
    }

    #[test]
    fn a_burst_that_is_not_said_keeps_its_proportion() {
        assert_eq!(of(&["--rates=message=60"], Act::Message), Some((60.0, 600.0)));
        assert_eq!(of(&["--rates= chat = 0.001 , mark=1/5,"], Act::Chat), Some((0.001, 1.0)));
    }

    #[test]
    fn the_shorter_settings_go_on_working() {
        let flags = ["--trust=false", "--send-rate=5", "--open-rate=3"];
        assert_eq!(of(&flags, Act::Frame), Some((5.0, 10.0)));
        assert_eq!(of(&flags, Act::Message), Some((5.0, 10.0)));
        assert_eq!(of(&flags, Act::ReadCommand), Some((5.0, 10.0)));
        assert_eq!(of(&flags, Act::Open), Some((3.0, 30.0)));
        assert_eq!(of(&flags, Act::Ticket), Some((3.0, 30.0)));
        assert_eq!(of(&flags, Act::UserOpen), Some((15.0, 150.0)));
        let flags = ["--send-rate=0", "--user-send-rate=7", "--rates=mark=1/2"];
        assert_eq!(of(&flags, Act::Frame), None);
        assert_eq!(of(&flags, Act::Message), Some((7.0, 14.0)));
        assert_eq!(of(&flags, Act::ReadCommand), Some((1.0, 2.0)));
    }

    #[test]
    fn who_may_send_more_messages_may_send_more_text() {
        let text = Act::Text.limit().rate;
        let more = Some((text.per_second * 10.0, text.burst * 10.0));
        assert_eq!(of(&["--send-rate=300"], Act::Text), more);
        assert_eq!(of(&["--rates=message=300/300"], Act::Text), more);
        assert_eq!(of(&["--rates=message=0"], Act::Text), None);
        assert_eq!(of(&["--send-rate=1"], Act::Text), Some((text.per_second, text.burst)));
        assert_eq!(of(&["--send-rate=300", "--rates=text=5/6"], Act::Text), Some((5.0, 6.0)));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (text, said) in [
            ("message", "must look like"),
            ("message=", "must look like"),
            ("message=x", "must look like"),
            ("message=1/x", "must look like"),
            ("message=-1", "a rate is"),
            ("message=NaN", "a rate is"),
            ("message=inf", "a rate is"),
            ("message=5/0.5", "a burst is"),
            ("massage=5", "there are frame, open"),
        ] {
            let refused = rates(&[&format!("--rates={text}")]).err().unwrap_or_default();
            assert!(refused.contains(said), "{text}: {refused}");
        }
    }
}
