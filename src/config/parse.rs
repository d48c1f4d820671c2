//! Values as they are written on the command line and in the environment.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;

/// What a name stands for among [`Networks`].
const NAMED: [(&str, &[&str]); 2] = [
    ("loopback", &["127.0.0.0/8", "::1/128"]),
    ("private", &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]),
];

/// Networks and single addresses with commas between them; none at all is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<IpNet>);

impl Networks {
    /// Is this address in one of them?
    pub fn contains(&self, address: &IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

impl FromStr for Networks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let networks: Result<Vec<Vec<IpNet>>, String> = parts.map(networks).collect();
        Ok(Self(networks?.concat()))
    }
}

fn networks(text: &str) -> Result<Vec<IpNet>, String> {
    if let Some((_, networks)) = NAMED.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)) {
        return Ok(networks.iter().filter_map(|network| network.parse().ok()).collect());
    }
    let address = |text: &str| text.parse::<IpAddr>().map(|address| address.to_canonical().into());
    let network = match text.split_once('/') {
        None => address(text).ok(),
        Some(_) => text.parse().ok(),
    };
    let network = network.ok_or_else(|| {
        format!(
            "{text:?} is no address and no network; write 192.0.2.1, 10.0.0.0/8, fd00::/8, loopback or \
             private, with commas between them"
        )
    });
    network.map(|network| vec![network])
}

/// Where to listen.
pub(super) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    text.trim().parse().map_err(|_| {
        "write an address and a port, like 127.0.0.1:8080, 0.0.0.0:8080 or [::]:8080".to_owned()
    })
}

/// A path; also one of no length, which is not set.
pub(super) fn path(text: &str) -> Result<PathBuf, std::convert::Infallible> {
    Ok(PathBuf::from(text))
}

/// A whole number from `least` to `most`.
pub(super) fn number<T: TryFrom<u64>>(
    least: u64,
    most: u64,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static {
    move |text| {
        let number = text.trim().parse::<u64>().ok();
        let within = number.filter(|number| (least..=most).contains(number));
        let number = within.and_then(|number| T::try_from(number).ok());
        number.ok_or_else(|| format!("write a whole number from {least} to {most}"))
    }
}

/// A span of a day at most, as a number of seconds.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    seconds_from(0.0, text)
}

/// The same where nothing would come of no time at all.
pub(super) fn some_seconds(text: &str) -> Result<Duration, String> {
    seconds_from(0.05, text)
}

fn seconds_from(least: f64, text: &str) -> Result<Duration, String> {
    let seconds = text.trim().parse::<f64>().ok();
    let within = seconds.filter(|seconds| (least..=86_400.0).contains(seconds));
    let seconds = within.ok_or_else(|| format!("write seconds from {least} to 86400"))?;
    Ok(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_taken_at_both_ends_and_not_beyond_them() {
        let days = number::<u32>(1, 3_650);
        assert_eq!((days("1"), days(" 3650 ")), (Ok(1), Ok(3_650)));
        for wrong in [
            "0",
            "3651",
            "-1",
            "1.5",
            "",
            "x",
            "1e3",
            "99999999999999999999",
            "+-1",
        ] {
            assert_eq!(days(wrong), Err("write a whole number from 1 to 3650".into()), "{wrong}");
        }
        // What would not fit is not cut off.
        assert!(number::<u16>(0, 1 << 40)("65536").is_err());
    }

    #[test]
    fn seconds_may_have_parts_and_end_with_the_day() {
        assert_eq!(seconds("0"), Ok(Duration::ZERO));
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(some_seconds("86400"), Ok(Duration::from_secs(86_400)));
        for wrong in ["-1", "86400.1", "NaN", "inf", "1e300", "", "ten"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
        assert!(some_seconds("0").is_err() && some_seconds("0.05").is_ok());
    }

    #[test]
    fn an_address_to_listen_on_has_a_port() {
        for (text, wanted) in [("127.0.0.1:8080", "127.0.0.1:8080"), (" [::]:0 ", "[::]:0")] {
            assert_eq!(listen_address(text).ok(), wanted.parse().ok(), "{text}");
        }
        for wrong in [
            "localhost:8080",
            ":8080",
            "8080",
            "127.0.0.1",
            "[::1]",
            "http://127.0.0.1:1",
        ] {
            let said = listen_address(wrong).err().unwrap_or_default();
            assert!(said.contains("127.0.0.1:8080"), "{wrong}: {said}");
        }
    }

    #[test]
    fn addresses_and_networks_are_read_beside_each_other() {
        let networks: Networks =
            "192.0.2.1, 10.0.0.0/8,fd00::/8,, ::ffff:198.51.100.1,Loopback".parse().unwrap();
        for address in [
            "192.0.2.1",
            "10.255.0.1",
            "fd12::1",
            "198.51.100.1",
            "127.9.9.9",
            "::1",
        ] {
            assert!(networks.contains(&address.parse().unwrap()), "{address}");
        }
        for address in ["192.0.2.2", "11.0.0.1", "fe80::1", "::2", "172.16.0.1"] {
            assert!(!networks.contains(&address.parse().unwrap()), "{address}");
        }
        let private: Networks = "private".parse().unwrap();
        assert!(private.contains(&"172.31.255.255".parse().unwrap()));
        assert!(!private.contains(&"172.32.0.0".parse().unwrap()));
        assert!(!"".parse::<Networks>().unwrap().contains(&"127.0.0.1".parse().unwrap()));
        for wrong in [
            "10.0.0.0/33",
            "10.0.0/8",
            "proxy",
            "10.0.0.1-9",
            "10.0.0.1 10.0.0.2",
            "10.0.0.1:80",
            "*",
        ] {
            let error = wrong.parse::<Networks>().expect_err(wrong);
            assert!(error.contains(wrong), "{error}");
        }
    }
}
