//! By what servers on one database tell each other something, as it is written in `VESTNIK_BUS`.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use url::Url;

/// What may be written.
const FORMS: &str = "write auto, none, postgres, postgres://user:password@host:5432/name for a way to the same database \
     that no pooler stands in, or nats://host:4222, with commas between several and tls:// where they speak TLS";

/// As it was set. It may have a password in it, so it is not shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BusSetting(String);

impl FromStr for BusSetting {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Debug for BusSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BusSetting")
    }
}

/// By what.
#[derive(Clone, PartialEq, Eq)]
pub enum BusKind {
    /// Postgres on Postgres; nothing on SQLite, where there is one server.
    Auto,
    /// They tell each other nothing.
    None,
    /// Postgres, by this URL or by the one that the data is at.
    Postgres(Option<String>),
    /// NATS, at any of these.
    Nats(Vec<Url>),
}

/// Addresses without what may be secret.
impl fmt::Debug for BusKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::None => "none",
            Self::Postgres(_) => "postgres",
            Self::Nats(_) => "nats",
        })
    }
}

impl BusSetting {
    /// What it means; or what is wrong with it, without repeating it.
    pub(super) fn kind(&self) -> Result<BusKind, String> {
        match self.0.as_str() {
            "" | "auto" => Ok(BusKind::Auto),
            "none" => Ok(BusKind::None),
            "postgres" => Ok(BusKind::Postgres(None)),
            url if url.starts_with("postgres://") || url.starts_with("postgresql://") => {
                Url::parse(url)
                    .map_err(|error| format!("its URL cannot be read ({error}); {FORMS}"))?;
                Ok(BusKind::Postgres(Some(url.to_owned())))
            }
            urls if urls.starts_with("nats://") || urls.starts_with("tls://") => nats(urls),
            _ => Err(format!("it is none of those; {FORMS}")),
        }
    }
}

fn nats(urls: &str) -> Result<BusKind, String> {
    let urls = urls.split(',').map(str::trim).filter(|url| !url.is_empty());
    let urls = urls.map(one).collect::<Result<Vec<_>, _>>()?;
    let who = |url: &Url| (url.username().to_owned(), url.password().map(str::to_owned));
    let named: Vec<_> = urls.iter().map(who).filter(|who| !who.0.is_empty()).collect();
    if named.windows(2).any(|two| two[0] != two[1]) {
        return Err("all servers of NATS are asked with one name and password; set the same in each URL, or in the \
                    first alone"
            .to_owned());
    }
    let schemes: Vec<_> = urls.iter().map(Url::scheme).collect();
    if schemes.windows(2).any(|two| two[0] != two[1]) {
        return Err("some of its URLs begin with nats:// and some with tls://; write one of them everywhere".to_owned());
    }
    Ok(BusKind::Nats(urls))
}

fn one(text: &str) -> Result<Url, String> {
    let wrong = |why: &str| format!("a URL in it {why}; {FORMS}");
    let url = Url::parse(text).map_err(|error| wrong(&format!("cannot be read ({error})")))?;
    if !["nats", "tls"].contains(&url.scheme()) {
        return Err(wrong("begins with neither nats:// nor tls://"));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong("names no host"));
    }
    if !["", "/"].contains(&url.path()) || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("goes on behind the port"));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> Result<BusKind, String> {
        text.parse::<BusSetting>().unwrap().kind()
    }

    #[test]
    fn each_kind_is_read() {
        assert_eq!(kind(""), Ok(BusKind::Auto));
        assert_eq!(kind(" auto "), Ok(BusKind::Auto));
        assert_eq!(kind("none"), Ok(BusKind::None));
        assert_eq!(kind("postgres"), Ok(BusKind::Postgres(None)));
        let direct = "postgres://v:p@db:5433/v";
        assert_eq!(kind(direct), Ok(BusKind::Postgres(Some(direct.to_owned()))));
        let hosts = |text: &str| match kind(text) {
            Ok(BusKind::Nats(urls)) => {
                let hosts = urls.iter().map(|url| (url.host_str().unwrap().to_owned(), url.port()));
                hosts.collect::<Vec<_>>()
            }
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(hosts("nats://one"), [("one".to_owned(), None)]);
        assert_eq!(
            hosts("tls://u:p@one:1, tls://[::1]:2,"),
            [("one".to_owned(), Some(1)), ("[::1]".to_owned(), Some(2))]
        );
    }

    #[test]
    fn what_makes_no_sense_is_said_without_its_secrets() {
        for wrong in [
            "redis://h",
            "yes",
            "nats",
            "nats://",
            "nats://u:hunter2@",
            "nats://h:hunter2",
            "nats://h/hunter2",
            "nats://h?hunter2=1",
            "nats://h,postgres://u:hunter2@h/n",
            "nats://h,tls://u:hunter2@h",
            "nats://u:hunter2@h,nats://v:hunter2@i",
            "postgres://u:hunter2@h:port/n",
            "POSTGRES://u:hunter2@h/n",
        ] {
            let said = kind(wrong).expect_err(wrong);
            assert!(
                said.contains("nats://") || said.contains("same in each URL"),
                "{wrong}: {said}"
            );
            assert!(!said.contains("hunter2"), "{wrong}: {said}");
            let setting: BusSetting = wrong.parse().unwrap();
            assert!(!format!("{setting:?}").contains("hunter2"));
        }
        let kind = kind("nats://u:hunter2@h").unwrap();
        assert!(!format!("{kind:?}").contains("hunter2"));
    }
}
