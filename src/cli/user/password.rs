//! Where a new password comes from: standard input, or chance.

use std::error::Error;
use std::io::{self, BufRead, IsTerminal, Read};

use crate::actors::registry::passwords::Passwords;
use crate::cli::{answer, say};
use crate::domain::Password;
use crate::domain::text::PASSWORD_BYTES;
use crate::store::tokens::new_secret;

/// Of 6 random bits each: 120 are more than anybody guesses, and can be typed off a screen.
const MADE_CHARS: usize = 20;

/// A new password, by its hash.
pub(super) struct NewPassword {
    /// PHC string.
    pub(super) hash: String,
    /// In clear, if nobody knows it yet.
    made: Option<String>,
}

impl NewPassword {
    /// The first line of standard input, if something is piped in; else one is made.
    pub(super) async fn choose() -> Result<Self, Box<dyn Error>> {
        let piped = read_piped()?;
        let made = match &piped {
            Some(_) => None,
            None => Some(new_secret().chars().take(MADE_CHARS).collect::<String>()),
        };
        let text = piped.as_ref().or(made.as_ref()).map_or("", String::as_str);
        let hash = Passwords::default().hash(Password::parse(text)?).await?;
        Ok(Self { hash, made })
    }

    /// Shows the one that was made, alone on standard output.
    pub(super) fn show(&self) {
        if let Some(made) = &self.made {
            say("the password, which is not shown again:");
            answer(made);
        }
    }
}

fn read_piped() -> Result<Option<String>, Box<dyn Error>> {
    let input = io::stdin();
    if input.is_terminal() {
        return Ok(None);
    }
    let mut line = String::new();
    // What is longer than any password is seen to be so.
    let longest = PASSWORD_BYTES.1 as u64 + 5;
    let read = input.lock().take(longest).read_line(&mut line);
    read.map_err(|error| format!("the password cannot be read: {error}"))?;
    // Windows puts a mark of the encoding before what it pipes.
    let line = line.strip_prefix('\u{feff}').unwrap_or(&line).trim_end_matches(['\n', '\r']);
    Ok((!line.is_empty()).then(|| line.to_owned()))
}
