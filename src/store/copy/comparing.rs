//! Do both sides have the same? Every row of both is read again, and each table gets a sum of its rows that does
//! not depend on their order, since the two sort texts in their own ways. And the heads of all conversations are
//! compared one by one, so that a difference there has a name.

use sea_orm::{ConnectionTrait, Statement, Value};
use sha2::{Digest, Sha256};

use crate::store::Store;
use crate::store::copy::columns::Column;
use crate::store::copy::reading::{RowReader, RowValues};
use crate::store::copy::{CopyError, CopyProgress, OnProgress, Plan};

/// Conversations that are compared at once.
const HEADS: i64 = 1_000;

/// How many rows a table has, and a sum over what they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    of_rows: u128,
}

impl Sum {
    fn add(&mut self, row: &RowValues) {
        let mut hash = Sha256::new();
        for value in row {
            let bytes = bytes(value);
            // What is nothing is not what is empty, and no column runs into the next.
            let length = bytes.as_ref().map_or(u64::MAX, |bytes| bytes.len() as u64);
            hash.update(length.to_be_bytes());
            hash.update(bytes.unwrap_or_default());
        }
        let mut first = [0; 16];
        first.copy_from_slice(&hash.finalize()[..16]);
        self.rows += 1;
        self.of_rows = self.of_rows.wrapping_add(u128::from_be_bytes(first));
    }
}

/// A value as bytes that are the same from both stores; `None` if there is no value.
fn bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::BigInt(number) => number.map(|number| number.to_be_bytes().to_vec()),
        Value::Bool(flag) => flag.map(|flag| vec![u8::from(flag)]),
        Value::String(text) => text.clone().map(String::into_bytes),
        Value::Bytes(bytes) => bytes.clone(),
        Value::ChronoDateTimeUtc(instant) => {
            instant.map(|instant| instant.timestamp_micros().to_be_bytes().to_vec())
        }
        other => Some(format!("{other:?}").into_bytes()),
    }
}

/// Compares the tables and the heads of conversations. The answer has a sentence for each difference.
pub(super) async fn compare(
    source: &Store,
    target: &Store,
    plans: &[Plan],
    report: OnProgress<'_>,
) -> Result<Vec<String>, CopyError> {
    let mut differing = Vec::new();
    for plan in plans {
        let name = plan.table.name;
        let here =
            sum(source, plan, |rows| report(CopyProgress::Compared(plan.advance(rows, 2)))).await?;
        let there = sum(target, plan, |rows| {
            report(CopyProgress::Compared(plan.advance(here.rows + rows, 2)))
        })
        .await?;
        if here.rows != there.rows {
            differing.push(format!("{name} has {} rows and not {}", there.rows, here.rows));
        } else if here != there {
            differing.push(format!("rows of {name} say something else"));
        }
    }
    differing.extend(heads(source, target).await?);
    Ok(differing)
}

async fn sum(store: &Store, plan: &Plan, report: impl Fn(u64)) -> Result<Sum, CopyError> {
    let columns: &[Column] = &plan.columns;
    let mut reader = RowReader::new(store, plan.table, columns, None);
    let mut sum = Sum::default();
    loop {
        let rows = reader.next().await?;
        if rows.is_empty() {
            return Ok(sum);
        }
        rows.iter().for_each(|row| sum.add(row));
        report(sum.rows);
    }
}

/// A sentence about the first conversation whose head differs, if there is one.
async fn heads(source: &Store, target: &Store) -> Result<Option<String>, CopyError> {
    let mut after = 0;
    loop {
        let (here, there) = (heads_of(source, after).await?, heads_of(target, after).await?);
        if let Some((one, other)) = here.iter().zip(&there).find(|(one, other)| one != other) {
            return Ok(Some(format!(
                "the head of conversation {} is {} and that of {} is {}",
                other.0, other.1, one.0, one.1
            )));
        }
        match here.last() {
            Some((last, _)) if here.len() == there.len() => after = *last,
            // Another number of conversations has been told of.
            _ => return Ok(None),
        }
    }
}

async fn heads_of(store: &Store, after: i64) -> Result<Vec<(i64, String)>, CopyError> {
    let sql = "SELECT id, head_seq, head_n FROM conversations WHERE id > $1 ORDER BY id LIMIT $2";
    let asked = Statement::from_sql_and_values(store.backend(), sql, [after.into(), HEADS.into()]);
    let mut heads = Vec::new();
    for row in store.readers().query_all_raw(asked).await? {
        let number = |column| row.try_get::<i64>("", column);
        let head = format!("{}/{}", number("head_seq")?, number("head_n")?);
        heads.push((number("id")?, head));
    }
    Ok(heads)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum_of(rows: &[RowValues]) -> Sum {
        let mut sum = Sum::default();
        rows.iter().for_each(|row| sum.add(row));
        sum
    }

    fn text(text: &str) -> Value {
        Value::from(text)
    }

    #[test]
    fn rows_sum_up_alike_in_any_order_and_differently_if_anything_differs() {
        let (one, other) =
            (vec![text("a"), Value::from(1_i64)], vec![text("b"), Value::from(2_i64)]);
        assert_eq!(sum_of(&[one.clone(), other.clone()]), sum_of(&[other.clone(), one.clone()]));
        let changed = vec![text("a"), Value::from(3_i64)];
        assert_ne!(sum_of(&[one.clone(), other.clone()]), sum_of(&[changed, other]));
        assert_ne!(sum_of(&[one.clone(), one.clone()]), sum_of(std::slice::from_ref(&one)));
        let nothing = vec![Value::String(None), Value::from(1_i64)];
        let empty = vec![text(""), Value::from(1_i64)];
        assert_ne!(sum_of(&[nothing]), sum_of(&[empty]));
        let (split, other_split) = (vec![text("ab"), text("c")], vec![text("a"), text("bc")]);
        assert_ne!(sum_of(&[split]), sum_of(&[other_split]));
    }
}
