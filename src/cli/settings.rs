//! The command line, the environment and `.env`, put together: a flag goes before the environment, and
//! that before the file. What is set to nothing is not set. What cannot be read, is unknown or makes no
//! sense stops the start, with the place where it stands.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command, CommandFactory, FromArgMatches};

use crate::cli::Cli;
use crate::config::dotenv::{self, Line};
use crate::config::precedence::Rank;
use crate::config::unknown_variables::{is_unknown, nearest};

/// The name of the file.
const FILE: &str = ".env";
/// Settings that are no flags.
const WITHOUT_FLAG: [&str; 1] = ["RUST_LOG"];

/// What was set, and where.
#[derive(Debug)]
pub struct Settings {
    /// What to do, and with what.
    pub cli: Cli,
    /// The file that was read, if there is one.
    pub file: Option<PathBuf>,
    others: BTreeMap<&'static str, String>,
}

impl Settings {
    /// A setting that is no flag, like `RUST_LOG`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.others.get(name).map(String::as_str)
    }
}

/// Why they make no sense.
#[derive(Debug)]
pub enum Unusable {
    /// What `--help` and `--version` show, and what is wrong with a command line.
    Clap(clap::Error),
    /// In a sentence.
    Said(String),
}

/// Reads them all. `arguments` begins with the name of the program.
pub fn read(arguments: Vec<OsString>) -> Result<Settings, Unusable> {
    let original = Cli::command();
    let known = known(&original);
    if let Some(name) = env::vars_os().find_map(|(name, _)| unknown(&name, &known)) {
        return Err(Unusable::Said(no_such("the environment", &name, &known)));
    }
    let file = File::find(&known)?;
    let mut words = arguments.into_iter();
    let program = words.next().unwrap_or_else(|| "vestnik".into());
    let words: Vec<_> = words.collect();
    let (command, mut given) = resolve(original.clone(), &file, &words);
    let place = Places {
        original: &original,
        resolved: &command,
        file: &file,
        words: &words,
    };
    given.insert(0, program);
    given.extend(words.iter().cloned());
    let others = WITHOUT_FLAG
        .into_iter()
        .filter_map(|name| Some((name, without_flag(name, &file)?)));
    let others = others.collect();
    let matches = command.clone().try_get_matches_from(given);
    let cli = matches.and_then(|matches| Cli::from_arg_matches(&matches));
    match cli {
        Ok(mut cli) => {
            cli.config.put_in_order(|flag| place.of(flag).0);
            Ok(Settings {
                cli,
                file: file.path,
                others,
            })
        }
        Err(error) => Err(place.said_of(error)),
    }
}

fn unknown(name: &OsString, known: &[String]) -> Option<String> {
    name.to_str().filter(|name| is_unknown(name, known)).map(str::to_owned)
}

/// The names of all variables that mean something.
fn known(command: &Command) -> Vec<String> {
    let flags = command.get_arguments().filter_map(variable);
    flags.chain(WITHOUT_FLAG.map(str::to_owned)).collect()
}

fn variable(argument: &Arg) -> Option<String> {
    argument.get_env()?.to_str().map(str::to_owned)
}

fn no_such(place: &str, name: &str, known: &[String]) -> String {
    let meant = match nearest(name, known) {
        Some(meant) => format!("did you mean {meant}?"),
        None => "take it away; the settings are in docs/operations.md and in vestnik --help".into(),
    };
    format!("{place}: there is no setting {name}: {meant}")
}

/// A file `.env`, or none.
struct File {
    path: Option<PathBuf>,
    /// By name, those that mean something to us.
    lines: BTreeMap<String, Line>,
}

impl File {
    /// Looks for one in the working folder and then in those above it.
    fn find(known: &[String]) -> Result<Self, Unusable> {
        let folder = env::current_dir().unwrap_or_default();
        let path = folder.ancestors().map(|folder| folder.join(FILE)).find(|path| path.is_file());
        let Some(path) = path else {
            return Ok(Self {
                path: None,
                lines: BTreeMap::new(),
            });
        };
        let said = |why: &dyn fmt::Display| Unusable::Said(format!("{}: {why}", path.display()));
        let bytes =
            fs::read(&path).map_err(|error| said(&format!("it cannot be read: {error}")))?;
        let lines = dotenv::read(&bytes).map_err(|error| said(&error))?;
        let lines = ours(&path, lines, known).map_err(Unusable::Said)?;
        Ok(Self {
            path: Some(path),
            lines,
        })
    }

    fn value(&self, name: &str) -> Option<&str> {
        let line = self.lines.get(name)?;
        Some(line.value.as_str()).filter(|value| !value.is_empty())
    }
}

/// The lines that mean something to us. Those of others may be there as they are.
fn ours(path: &Path, lines: Vec<Line>, known: &[String]) -> Result<BTreeMap<String, Line>, String> {
    let mut kept: BTreeMap<String, Line> = BTreeMap::new();
    for line in lines {
        let place = format!("{}, line {}", path.display(), line.number);
        if is_unknown(&line.name, known) {
            return Err(no_such(&place, &line.name, known));
        }
        if !known.contains(&line.name) {
            continue;
        }
        let name = line.name.clone();
        if let Some(before) = kept.insert(name.clone(), line) {
            let first = before.number;
            return Err(format!(
                "{place}: {name} is set on line {first} already; take one of the two away"
            ));
        }
    }
    Ok(kept)
}

/// Gives the command what the environment and the file say. What is empty in the environment is as if
/// it were not there.
fn resolve(command: Command, file: &File, words: &[OsString]) -> (Command, Vec<OsString>) {
    let settings: Vec<_> = command
        .get_arguments()
        .filter_map(|argument| {
            let flag = format!("--{}", argument.get_long()?);
            Some((argument.get_id().clone(), flag, variable(argument)?))
        })
        .collect();
    let mut resolved = command;
    let mut given = Vec::new();
    for (id, flag, name) in settings {
        if env::var_os(&name).is_some_and(|value| !value.is_empty()) {
            continue;
        }
        resolved = resolved.mut_arg(id, |argument| argument.env(None::<&'static str>));
        if let Some(value) = file.value(&name).filter(|_| !is_said(&flag, words)) {
            given.push(format!("{flag}={value}").into());
        }
    }
    (resolved, given)
}

/// Where settings were set.
struct Places<'a> {
    /// Of this program.
    original: &'a Command,
    /// The same without the names of variables that are not in the environment, or empty there.
    resolved: &'a Command,
    file: &'a File,
    words: &'a [OsString],
}

impl Places<'_> {
    /// Where this flag was set, and by which variable if by one.
    fn of(&self, flag: &str) -> (Rank, Option<String>) {
        let named = |argument: &&Arg| argument.get_long() == flag.strip_prefix("--");
        let in_command = |command: &Command| command.get_arguments().find(named).and_then(variable);
        let rank = match in_command(self.original) {
            _ if is_said(flag, self.words) => Rank::Flag,
            Some(_) if in_command(self.resolved).is_some() => Rank::Environment,
            Some(name) if self.file.value(&name).is_some() => Rank::File,
            _ => Rank::Unset,
        };
        (rank, in_command(self.original))
    }

    /// A value that cannot be read, with the place where it stands, unless that is the command line.
    fn said_of(&self, error: clap::Error) -> Unusable {
        let Some(ContextValue::String(shown)) = error.get(ContextKind::InvalidArg) else {
            return Unusable::Clap(error);
        };
        let flag = shown.split([' ', '=', '[']).next().unwrap_or_default();
        let (rank, Some(name)) = self.of(flag) else {
            return Unusable::Clap(error);
        };
        let place = match (rank, self.file.lines.get(&name), &self.file.path) {
            (Rank::Environment, ..) => "the environment".to_owned(),
            (Rank::File, Some(line), Some(path)) => {
                format!("{}, line {}", path.display(), line.number)
            }
            _ => return Unusable::Clap(error),
        };
        Unusable::Said(format!("{place}: {name}: {}", in_one_line(&error.to_string())))
    }
}

/// Is this flag on the command line?
fn is_said(flag: &str, words: &[OsString]) -> bool {
    words.iter().filter_map(|word| word.to_str()).any(|word| {
        word.strip_prefix(flag)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    })
}

fn without_flag(name: &str, file: &File) -> Option<String> {
    let set = env::var(name).ok().filter(|value| !value.is_empty());
    set.or_else(|| file.value(name).map(str::to_owned))
}

/// What clap says, up to where it names the help.
fn in_one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines = lines.take_while(|line| !line.starts_with("For more information"));
    let said = lines.collect::<Vec<_>>().join(" ");
    said.strip_prefix("error: ").unwrap_or(&said).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_written_instead_is_said_in_the_same_line() {
        let text = "error: invalid value 'shut' for '--door <DOOR>'\n  [possible values: open, closed]\n\n\
                    For more information, try '--help'.\n";
        let said = "invalid value 'shut' for '--door <DOOR>' [possible values: open, closed]";
        assert_eq!(in_one_line(text), said);
    }
}
