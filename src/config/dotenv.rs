//! The file `.env`, by rules that fit into a few lines (docs/operations.md has them for
//! administrators): what is written there is what is meant, nothing is put in the place of anything,
//! and a line that cannot be read is never passed over.

/// A line that sets something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which, counted from 1.
    pub number: usize,
    /// What it sets.
    pub name: String,
    /// To what; may be empty, which is as good as not set.
    pub value: String,
}

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {number}: {why}")]
pub struct UnreadableLine {
    /// Which, counted from 1.
    pub number: usize,
    /// Why, and what to do.
    pub why: &'static str,
}

const NO_TEXT: &str = "it is not UTF-8; save the file in that encoding";
const NO_SETTING: &str = "it is neither NAME=value nor a comment; put # before it, or delete it";
const NO_NAME: &str =
    "what stands before = is no name; a name has letters, digits and _, and no digit first";
const OPEN_QUOTE: &str = "the quote is not closed on this line; close it, or put the value into the other kind of quotes";
const BEHIND_QUOTE: &str =
    "something stands behind the closing quote; put the whole value into quotes, or a # before it";
const CONTROL: &str = "it has a control character in it; delete that";

/// The lines that set something, in their order.
pub fn read(file: &[u8]) -> Result<Vec<Line>, UnreadableLine> {
    // Some editors of Windows put it there.
    let file = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
    let mut lines = Vec::new();
    for (place, bytes) in file.split(|byte| *byte == b'\n').enumerate() {
        let number = place + 1;
        let read = std::str::from_utf8(bytes).map_err(|_| NO_TEXT).and_then(line);
        match read {
            Ok(Some((name, value))) => lines.push(Line {
                number,
                name,
                value,
            }),
            Ok(None) => {}
            Err(why) => return Err(UnreadableLine { number, why }),
        }
    }
    Ok(lines)
}

fn line(text: &str) -> Result<Option<(String, String)>, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    if text.chars().any(|letter| letter.is_control() && letter != '\t') {
        return Err(CONTROL);
    }
    let (name, value) = text.split_once('=').ok_or(NO_SETTING)?;
    let name = name.trim_end();
    let name = name.strip_prefix("export ").map_or(name, str::trim_start);
    if !is_name(name) {
        // A sentence with a sign of equality in it is a forgotten comment.
        return Err(if name.contains(' ') {
            NO_SETTING
        } else {
            NO_NAME
        });
    }
    let value = value.trim_start();
    let value = match value.chars().next() {
        Some(quote @ ('"' | '\'')) => quoted(&value[1..], quote)?,
        _ => plain(value).to_owned(),
    };
    Ok(Some((name.to_owned(), value)))
}

fn is_name(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
    text.starts_with(is_letter) && text.chars().all(|c| is_letter(c) || c.is_ascii_digit())
}

/// Up to a `#` behind a space.
fn plain(value: &str) -> &str {
    if value.starts_with('#') {
        return "";
    }
    let comment = value
        .match_indices('#')
        .map(|(place, _)| place)
        .find(|place| value[..*place].ends_with([' ', '\t']));
    value[..comment.unwrap_or(value.len())].trim_end()
}

/// Up to the closing quote, which must end the value.
fn quoted(rest: &str, quote: char) -> Result<String, &'static str> {
    let mut value = String::new();
    let mut letters = rest.chars();
    loop {
        match letters.next().ok_or(OPEN_QUOTE)? {
            letter if letter == quote => break,
            '\\' if quote == '"' => match letters.next().ok_or(OPEN_QUOTE)? {
                letter @ ('"' | '\\') => value.push(letter),
                letter => value.extend(['\\', letter]),
            },
            letter => value.push(letter),
        }
    }
    let behind = letters.as_str().trim_start();
    match behind.is_empty() || behind.starts_with('#') {
        true => Ok(value),
        false => Err(BEHIND_QUOTE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        let lines = read(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(lines.len(), 1, "{text:?}: {lines:?}");
        assert_eq!(lines[0].name, "A", "{text:?}");
        lines[0].value.clone()
    }

    #[test]
    fn what_is_written_is_what_is_meant() {
        for (text, expected) in [
            ("A=b", "b"),
            ("A = b ", "b"),
            ("  export A=b", "b"),
            ("export   A=b", "b"),
            ("A=our own server", "our own server"),
            ("A=it's", "it's"),
            ("A=say \"yes\"", "say \"yes\""),
            ("A=p$ss$HOME${B}$(C)", "p$ss$HOME${B}$(C)"),
            ("A=back\\slash\\n", "back\\slash\\n"),
            ("A=no#comment", "no#comment"),
            ("A=b # a comment", "b"),
            ("A=b\t# a comment", "b"),
            ("A=# nothing", ""),
            ("A=", ""),
            ("A=   ", ""),
            ("A=''", ""),
            ("A=b=c==", "b=c=="),
            ("A='b # c' # a comment", "b # c"),
            ("A=\"b # c\"", "b # c"),
            ("A='it\\n$b\"'", "it\\n$b\""),
            ("A=\"a \\\"b\\\" \\\\ \\n $c 'd'\"", "a \"b\" \\ \\n $c 'd'"),
            ("A=' kept '", " kept "),
            ("A=пароль🔑", "пароль🔑"),
            ("\u{feff}A=b", "b"),
            ("\u{feff}# a comment\r\nA=b\r\n\r\n", "b"),
            ("A=b\r", "b"),
            ("A='b'\r\n", "b"),
        ] {
            assert_eq!(value(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line() {
        for (text, number, why) in [
            ("the settings of our server\nA=b", 1, NO_SETTING),
            ("A=b\n\n# c\nour server = settings\n", 4, NO_SETTING),
            ("A=b\n1A=c", 2, NO_NAME),
            ("=b", 1, NO_NAME),
            ("A-B=c", 1, NO_NAME),
            ("A='b", 1, OPEN_QUOTE),
            ("A=\"b\nc\"", 1, OPEN_QUOTE),
            ("A=\"b\\\"", 1, OPEN_QUOTE),
            ("A='b'c", 1, BEHIND_QUOTE),
            ("A=\"b\" c", 1, BEHIND_QUOTE),
            ("A=b\u{0}c", 1, CONTROL),
            ("A=b\rB=c", 1, CONTROL),
        ] {
            let error = read(text.as_bytes()).expect_err(text);
            assert_eq!((error.number, error.why), (number, why), "{text:?}");
        }
        let latin1 = read(b"A=b\nB=Gr\xfc\xdfe\n").unwrap_err();
        assert_eq!((latin1.number, latin1.why), (2, NO_TEXT));
    }

    #[test]
    fn lines_keep_their_order_and_their_numbers() {
        let lines = read(b"# c\nA=1\n\nB=2\nA=3").unwrap();
        let told: Vec<_> = lines
            .iter()
            .map(|line| (line.number, line.name.as_str(), line.value.as_str()))
            .collect();
        assert_eq!(told, [(2, "A", "1"), (4, "B", "2"), (5, "A", "3")]);
    }
}
