//! The rows that a statement is given. Where it may be run once for each, as on SQLite's own thread, their values are
//! its parameters; elsewhere they travel as one JSON text.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// The type of a column in a list of rows.
#[derive(Clone, Copy, Debug)]
pub(in crate::store) enum Type {
    Number,
    Text,
}

/// A column in a list of rows.
pub(in crate::store) type InputColumn = (&'static str, Type);

/// A value of one.
#[derive(Debug)]
pub(in crate::store) enum InputValue<'a> {
    Null,
    Number(i64),
    Text(&'a str),
    OwnText(String),
}

impl From<i64> for InputValue<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl<'a> From<&'a str> for InputValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl From<String> for InputValue<'_> {
    fn from(text: String) -> Self {
        Self::OwnText(text)
    }
}

impl<'a, T: Into<InputValue<'a>>> From<Option<T>> for InputValue<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl Serialize for InputValue<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_none(),
            Self::Number(number) => to.serialize_i64(*number),
            Self::Text(text) => to.serialize_str(text),
            Self::OwnText(text) => to.serialize_str(text),
        }
    }
}

/// A list of rows.
#[derive(Debug)]
pub(in crate::store) struct InputRows<'a> {
    columns: &'static [InputColumn],
    /// Row by row.
    values: Vec<InputValue<'a>>,
}

impl<'a> InputRows<'a> {
    pub(in crate::store) fn new<const N: usize>(
        columns: &'static [InputColumn; N],
        rows: impl IntoIterator<Item = [InputValue<'a>; N]>,
    ) -> Self {
        Self {
            columns,
            values: rows.into_iter().flatten().collect(),
        }
    }

    pub(in crate::store) fn columns(&self) -> &'static [InputColumn] {
        self.columns
    }

    pub(in crate::store) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values of each row.
    pub(in crate::store) fn rows(&self) -> impl ExactSizeIterator<Item = &[InputValue<'a>]> {
        self.values.chunks(self.columns.len())
    }
}

/// A list of objects.
impl Serialize for InputRows<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut list = to.serialize_seq(Some(self.rows().len()))?;
        for values in self.rows() {
            list.serialize_element(&InputRow {
                columns: self.columns,
                values,
            })?;
        }
        list.end()
    }
}

struct InputRow<'a> {
    columns: &'static [InputColumn],
    values: &'a [InputValue<'a>],
}

impl Serialize for InputRow<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut object = to.serialize_map(Some(self.columns.len()))?;
        for ((name, _), value) in self.columns.iter().zip(self.values) {
            object.serialize_entry(name, value)?;
        }
        object.end()
    }
}
