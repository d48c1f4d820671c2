//! Variables that look like settings and are none.

/// What the names of our own settings begin with.
const OURS: &str = "VESTNIK_";
/// Names that begin like ours and are somebody else's: those of the compose file, and those that
/// Kubernetes gives every container beside a service named `vestnik`.
const OTHERS: [&str; 2] = ["VESTNIK_PORT", "VESTNIK_SERVICE_"];
/// From this likeness on (of 1) somebody may have meant the other name.
const ALIKE: f64 = 0.8;

/// Is this a name that ought to be a setting, and is none of `known`?
pub fn is_unknown(name: &str, known: &[String]) -> bool {
    name.starts_with(OURS)
        && !OTHERS.iter().any(|begin| name.starts_with(begin))
        && !known.iter().any(|setting| setting == name)
}

/// The setting whose name is most like this one, if any is.
pub fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let likeness = |setting: &str| strsim::jaro_winkler(own(name), own(setting));
    known
        .iter()
        .map(|setting| (likeness(setting), setting.as_str()))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, setting)| setting)
}

/// What all have in common makes nothing alike.
fn own(name: &str) -> &str {
    name.strip_prefix(OURS).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<String> {
        [
            "VESTNIK_REGISTRATION",
            "VESTNIK_LISTEN",
            "VESTNIK_TOKEN_DAYS",
            "VESTNIK_TLS_KEY",
            "DB_HOST",
        ]
        .map(String::from)
        .to_vec()
    }

    #[test]
    fn only_what_begins_like_ours_can_be_unknown() {
        let known = known();
        for name in ["VESTNIK_REGISTRATON", "VESTNIK_NOTE", "VESTNIK_"] {
            assert!(is_unknown(name, &known), "{name}");
        }
        for name in [
            "VESTNIK_LISTEN",
            "VESTNIK_PORT",
            "VESTNIK_PORT_8080_TCP_ADDR",
            "VESTNIK_SERVICE_HOST",
            "VESTNIK",
            "SMTP_PASSWORD",
            "DB_HOTS",
        ] {
            assert!(!is_unknown(name, &known), "{name}");
        }
    }

    #[test]
    fn a_slip_of_the_finger_is_understood() {
        let known = known();
        for (name, meant) in [
            ("VESTNIK_REGISTRATON", Some("VESTNIK_REGISTRATION")),
            ("VESTNIK_REGISTER", Some("VESTNIK_REGISTRATION")),
            ("VESTNIK_TOKENDAYS", Some("VESTNIK_TOKEN_DAYS")),
            ("VESTNIK_LISTEN_", Some("VESTNIK_LISTEN")),
            ("VESTNIK_NOTE", None),
            ("VESTNIK_", None),
        ] {
            assert_eq!(nearest(name, &known), meant, "{name}");
        }
    }
}
