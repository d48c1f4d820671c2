//! What may stand behind the `?` of `DATABASE_URL`. What is not known, or could not do what it says, is refused: a file
//! that was meant to be only read must not be written to, nor a connection be made without what was to protect it.

use url::Url;

use crate::config::ConfigError;

/// What SQLite is asked for. Others would take a promise back, or say what is so anyway.
const SQLITE: (&str, &str) = ("mode", "rwc");

/// Words for the ways to say one thing to Postgres.
const ROOT_CERT: [&str; 3] = ["sslrootcert", "ssl-root-cert", "ssl-ca"];
const CERT: [&str; 2] = ["sslcert", "ssl-cert"];
const KEY: [&str; 2] = ["sslkey", "ssl-key"];
const MODE: [&str; 2] = ["sslmode", "ssl-mode"];
/// The others that are known, by which it is found and spoken to.
const OTHERS: [&str; 9] = [
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "statement-cache-capacity",
];

/// Looks at the options of a SQLite URL: what stands behind its `?`.
pub fn check_sqlite_options(options: &str) -> Result<(), ConfigError> {
    let (mode, makes) = SQLITE;
    let is_known = |option: &str| option.split_once('=').unwrap_or((option, "")) == (mode, makes);
    let options = options.split('&').filter(|option| !option.is_empty());
    match options.into_iter().find(|option| !is_known(option)) {
        Some(option) => Err(ConfigError::SqliteOption(printable(option))),
        None => Ok(()),
    }
}

/// Looks at the options of a Postgres URL.
pub fn check_postgres_options(url: &Url) -> Result<(), ConfigError> {
    if url.fragment().is_some() {
        return Err(ConfigError::PostgresUrl("it has a # in it".into()));
    }
    let options: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    for (place, (name, _)) in options.iter().enumerate() {
        if !is_known(name) {
            return Err(ConfigError::PostgresOption(printable(name)));
        }
        if options[..place].iter().any(|(other, _)| means_the_same(other, name)) {
            return Err(ConfigError::PostgresOptionTwice(name.clone()));
        }
    }
    Ok(())
}

/// Does a Postgres URL say whose certificates are trusted?
pub fn names_trusted(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    url.query_pairs().any(|(name, _)| ROOT_CERT.contains(&name.as_ref()))
}

fn is_known(name: &str) -> bool {
    // `options[search_path]=x` is one of `options`.
    let is_session_setting = name.starts_with("options[") && name.ends_with(']');
    let ways = [&ROOT_CERT[..], &CERT, &KEY, &MODE, &OTHERS];
    is_session_setting || ways.iter().any(|names| names.contains(&name))
}

fn means_the_same(one: &str, other: &str) -> bool {
    let ways = [&ROOT_CERT[..], &CERT, &KEY, &MODE];
    one == other && one != "options"
        || ways.iter().any(|names| names.contains(&one) && names.contains(&other))
}

/// An option as it may be repeated. Behind a `?` that should have been written otherwise may stand the rest of a
/// password, and then an `@`.
fn printable(option: &str) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '=');
    match option.chars().all(is_word) && option.len() <= 40 {
        true => format!("`{option}`"),
        false => "one of its parts".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(result: Result<(), ConfigError>) -> String {
        result.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn sqlite_is_asked_for_nothing_that_cannot_be() {
        for good in ["", "mode=rwc", "&mode=rwc&"] {
            assert_eq!(said(check_sqlite_options(good)), "", "{good}");
        }
        for bad in [
            "mode=ro",
            "mode=rw",
            "mode=memory",
            "mode",
            "mode=rwc&mode=ro",
            "cache=shared",
            "immutable=1",
            "vfs=unix-none",
            "Mode=rwc",
            "synchronous=off",
            "mode=rwc?mode=ro",
        ] {
            assert!(said(check_sqlite_options(bad)).contains("mode=rwc"), "{bad}");
        }
        assert!(said(check_sqlite_options("mode=ro")).contains("`mode=ro`"));
    }

    #[test]
    fn whom_to_trust_is_said_in_several_words() {
        for (url, says) in [
            ("postgres://h/n?ssl-ca=/ca.pem", true),
            ("postgres://h/n?sslmode=require&sslrootcert=/ca.pem", true),
            ("postgres://h/n?sslmode=require", false),
            ("postgres://h/sslrootcert", false),
            ("", false),
        ] {
            assert_eq!(names_trusted(url), says, "{url}");
        }
    }

    #[test]
    fn postgres_is_asked_for_nothing_that_is_not_known() {
        let check = |options: &str| {
            let url = Url::parse(&format!("postgres://u:p@h/n{options}")).expect("a URL");
            said(check_postgres_options(&url))
        };
        for good in [
            "",
            "?",
            "?sslmode=require",
            "?ssl-mode=verify-full&sslrootcert=/ca.pem",
            "?sslmode=VERIFY-CA&ssl-ca=/ca.pem",
            "?sslmode=verify-full&sslcert=/c.pem&sslkey=/k.pem",
            "?host=/run/postgresql&port=5433&dbname=n&user=u&password=p%23",
            "?hostaddr=127.0.0.1&application_name=chat&statement-cache-capacity=50",
            "?options=-c%20search_path%3Da&options[work_mem]=8MB",
        ] {
            assert_eq!(check(good), "", "{good}");
        }
        for (bad, named) in [
            ("?connect_timeout=3", "`connect_timeout`"),
            ("?sslmode=require&channel_binding=require", "`channel_binding`"),
            ("?target_session_attrs=read-write", "`target_session_attrs`"),
            ("?SSLMODE=require", "`SSLMODE`"),
            ("?sslmodus=require", "`sslmodus`"),
            ("?ss@h/n", "one of its parts"),
            ("?sslmode=require&ssl-mode=disable", "twice"),
            ("?port=1&port=2", "twice"),
            ("?password=a#b", "%23"),
        ] {
            assert!(check(bad).contains(named), "{bad}: {}", check(bad));
        }
    }
}
