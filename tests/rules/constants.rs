//! Constants of the code as their files have them, private ones too, for documents that name them.

use std::fs;
use std::path::Path;
use std::time::Duration;

use syn::{BinOp, Expr, Item, Lit};

/// A whole number: a literal, or one shifted or multiplied by another.
fn number(expression: &Expr) -> Option<u64> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(number) => number.base10_parse().ok(),
            Lit::Float(number) => number.base10_parse::<f64>().ok().map(|number| number as u64),
            _ => None,
        },
        Expr::Binary(two) => {
            let (left, right) = (number(&two.left)?, number(&two.right)?);
            match two.op {
                BinOp::Shl(_) => Some(left << right),
                BinOp::Mul(_) => Some(left * right),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `Duration::from_secs(7)`, or the same of another type.
fn duration(expression: &Expr) -> Option<Duration> {
    let Expr::Call(call) = expression else {
        return None;
    };
    let Expr::Path(made) = &*call.func else {
        return None;
    };
    let number = number(call.args.first()?)?;
    match made.path.segments.last()?.ident.to_string().as_str() {
        "from_secs" | "seconds" => Some(Duration::from_secs(number)),
        "from_millis" => Some(Duration::from_millis(number)),
        "days" => Some(Duration::from_secs(number * 86_400)),
        _ => None,
    }
}

fn constant<T>(file: &str, name: &str, read: impl Fn(&Expr) -> Option<T>) -> T {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file);
    let source = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
    let items = syn::parse_file(&source).unwrap().items;
    let found = items.iter().find_map(|item| match item {
        Item::Const(item) if item.ident == name => Some(read(&item.expr)),
        _ => None,
    });
    found
        .unwrap_or_else(|| panic!("src/{file} has no constant {name}"))
        .unwrap_or_else(|| panic!("src/{file}: {name} is no plain number or time"))
}

/// The number that a constant of a file of `src` is.
pub(crate) fn number_of(file: &str, name: &str) -> usize {
    usize::try_from(constant(file, name, number)).unwrap()
}

/// The time that a constant of a file of `src` is.
pub(crate) fn time_of(file: &str, name: &str) -> Duration {
    constant(file, name, duration)
}

#[test]
fn what_a_constant_says_is_read() {
    let read = |text: &str| number(&syn::parse_str(text).unwrap());
    assert_eq!(
        [read("7"), read("1_024"), read("64 << 10")],
        [Some(7), Some(1_024), Some(65_536)]
    );
    let time = |text: &str| duration(&syn::parse_str(text).unwrap());
    assert_eq!(time("Duration::from_millis(300)"), Some(Duration::from_millis(300)));
    assert_eq!(time("TimeDelta::days(1)"), Some(Duration::from_secs(86_400)));
    assert_eq!(time("later()"), None);
}
