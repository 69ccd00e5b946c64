//! From a raw value to a typed one, by the kind of value; what a text means is in `values`.

use super::{
    Origin,
    origin::Placed,
    raw::{Node, Value},
};

/// What came of a value, or everything that is wrong with it.
pub(super) type Converted<T> = Result<T, Vec<Wrong>>;

/// Something wrong with a value.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) origin: Origin,
    /// The sentence.
    pub(super) says: String,
    /// Whether the sentence still lacks what would be right: the key's example.
    pub(super) lacks_example: bool,
}

impl Wrong {
    /// A value that was read and is not right.
    pub(super) fn new(origin: &Origin, says: impl Into<String>) -> Self {
        Self {
            origin: origin.clone(),
            says: says.into(),
            lacks_example: false,
        }
    }

    /// A value of the wrong kind.
    fn kind(node: &Node, wanted: &str) -> Self {
        Self::unfinished(node, format!("must be {wanted}, not {}", node.kind()))
    }

    fn unfinished(node: &Node, says: impl Into<String>) -> Self {
        Self {
            lacks_example: true,
            ..Self::new(&node.origin, says)
        }
    }
}

/// A text that `parse` understands.
pub(super) fn text<T>(parse: impl Fn(&str) -> Result<T, String>) -> impl Fn(&Node) -> Converted<T> {
    move |node| match &node.value {
        Value::Text(text) | Value::Plain(text) => {
            parse(text).map_err(|says| vec![Wrong::new(&node.origin, says)])
        }
        _ => Err(vec![Wrong::kind(node, "a text in quotes")]),
    }
}

/// The same with its place.
pub(super) fn placed<T>(
    convert: impl Fn(&Node) -> Converted<T>,
) -> impl Fn(&Node) -> Converted<Placed<T>> {
    move |node| {
        Ok(Placed {
            value: convert(node)?,
            origin: node.origin.clone(),
        })
    }
}

/// A text, or a whole number in its place.
pub(super) fn number_or_text<T>(
    parse: impl Fn(&str) -> Result<T, String>,
) -> impl Fn(&Node) -> Converted<T> {
    move |node| match node.value {
        Value::Integer(number) => {
            parse(&number.to_string()).map_err(|says| vec![Wrong::new(&node.origin, says)])
        }
        _ => text(&parse)(node),
    }
}

/// `true` or `false`.
pub(super) fn flag(node: &Node) -> Converted<bool> {
    match &node.value {
        Value::Boolean(flag) => Ok(*flag),
        Value::Plain(text) => text
            .parse()
            .map_err(|_| vec![Wrong::new(&node.origin, "must be true or false")]),
        _ => Err(vec![Wrong::kind(node, "true or false without quotes")]),
    }
}

/// A list of texts, each of which `parse` understands; all that are wrong are reported.
pub(super) fn list<T>(
    parse: impl Fn(&str) -> Result<T, String>,
) -> impl Fn(&Node) -> Converted<Vec<Placed<T>>> {
    let item = placed(text(parse));
    move |node| {
        let Value::List(items) = &node.value else {
            return Err(vec![Wrong::kind(node, "a list of texts")]);
        };
        gather(items.iter().map(&item))
    }
}

/// The same, with at least one entry.
pub(super) fn some<T>(
    parse: impl Fn(&str) -> Result<T, String>,
) -> impl Fn(&Node) -> Converted<Vec<Placed<T>>> {
    let list = list(parse);
    move |node| match list(node) {
        Ok(items) if items.is_empty() => Err(vec![Wrong::unfinished(node, "is empty")]),
        other => other,
    }
}

/// One text, or a list with at least one.
pub(super) fn one_or_some<T>(
    parse: impl Fn(&str) -> Result<T, String>,
) -> impl Fn(&Node) -> Converted<Vec<Placed<T>>> {
    move |node| match node.value {
        Value::List(_) => some(&parse)(node),
        _ => placed(text(&parse))(node).map(|one| vec![one]),
    }
}

fn gather<T>(items: impl Iterator<Item = Converted<T>>) -> Converted<Vec<T>> {
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for item in items {
        match item {
            Ok(value) => right.push(value),
            Err(says) => wrong.extend(says),
        }
    }
    if wrong.is_empty() {
        Ok(right)
    } else {
        Err(wrong)
    }
}
