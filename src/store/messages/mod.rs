//! Reading what was said. One conversation's history is a range of its `n` ([`page`]); only General can
//! also be asked for a span of time ([`span_of_general`]), as Chat Gopher's clients do.

mod annotations;
mod changed;
mod general;
mod history;
mod row;
mod single_messages;

pub(crate) use annotations::{AnnotatedMessages, pinned};
pub(in crate::store) use annotations::{annotations, annotations_by};
pub(in crate::store) use changed::{changed, newest, numbered};
pub(crate) use general::{Span, SpanBounds, TimeKey, span_of_general};
pub(crate) use history::{Page, page};
pub(crate) use row::MessageRow;
pub(in crate::store) use row::{
    COLUMNS, MessageColumns, parse_attachments, write_attachments, write_mentions,
};
pub(crate) use single_messages::{Version, by_id, by_key, conversation_of, versions};
