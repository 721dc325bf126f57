//! The canonical text of a value, written straight from the value: compact JSON with the keys of every object in order.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io;
use std::ops::Range;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// The text that [`super::canonical()`] of the value's JSON form has, without making that form. The members called `left_out`
/// of the outermost object are null.
///
/// # Errors
/// [`serde_json::Error`] for a value that has no JSON form.
pub(crate) fn canonical_text(value: &impl Serialize, left_out: &str) -> Result<Vec<u8>, serde_json::Error> {
    let sorting = RefCell::new(Sorting { left_out, ..Sorting::default() });
    value.serialize(&mut Serializer::with_formatter(Text(&sorting), InOrder(&sorting)))?;
    Ok(sorting.into_inner().text)
}

/// The text written by now, and the members of the objects that are still open.
#[derive(Default)]
struct Sorting<'a> {
    text: Vec<u8>,
    /// The members of all open objects, those of the innermost last.
    members: Vec<Member>,
    /// The begin of each open object: in the text, and in `members`.
    open: Vec<(usize, usize)>,
    /// A buffer for putting members in order, used again and again.
    scratch: Vec<u8>,
    left_out: &'a str,
}

/// A member of an object: the place of its key, quotes included, whether the key has escapes, and the end of its value.
struct Member {
    key: Range<usize>,
    escaped: bool,
    end: usize,
}

impl Sorting<'_> {
    fn open(&mut self) {
        self.open.push((self.text.len(), self.members.len()));
        self.text.push(b'{');
    }

    fn begin_key(&mut self, first: bool) {
        if !first {
            self.text.push(b',');
        }
        self.members.push(Member { key: self.text.len()..0, escaped: false, end: 0 });
    }

    fn end_key(&mut self) {
        let end = self.text.len();
        if let Some(member) = self.members.last_mut() {
            member.key.end = end;
            member.escaped = self.text[member.key.clone()].contains(&b'\\');
        }
    }

    fn end_value(&mut self) {
        let end = self.text.len();
        // The members of objects inside the value are closed by now: the last one is this one.
        if let Some(member) = self.members.last_mut() {
            member.end = end;
        }
    }

    fn close(&mut self) {
        let Some((start, first)) = self.open.pop() else { return };
        let outermost = start == 0;
        let (text, members) = (&self.text, &mut self.members[first..]);
        if !outermost && members.is_sorted_by(|one, other| key(text, one) < key(text, other)) {
            self.text.push(b'}');
            self.members.truncate(first);
            return;
        }
        members.sort_unstable_by(|one, other| key(text, one).cmp(&key(text, other)));
        self.scratch.clear();
        for (index, member) in members.iter().enumerate() {
            self.scratch.push(if index == 0 { b'{' } else { b',' });
            if outermost && *key(text, member) == *self.left_out.as_bytes() {
                self.scratch.extend_from_slice(&text[member.key.clone()]);
                self.scratch.extend_from_slice(b":null");
            } else {
                self.scratch.extend_from_slice(&text[member.key.start..member.end]);
            }
        }
        if members.is_empty() {
            self.scratch.push(b'{');
        }
        self.scratch.push(b'}');
        self.text.truncate(start);
        self.text.extend_from_slice(&self.scratch);
        self.members.truncate(first);
    }
}

/// The bytes of a key, without quotes and escapes: they have the same order as the text.
fn key<'t>(text: &'t [u8], member: &Member) -> Cow<'t, [u8]> {
    let quoted = &text[member.key.clone()];
    if member.escaped {
        return Cow::Owned(serde_json::from_slice::<String>(quoted).unwrap_or_default().into_bytes());
    }
    Cow::Borrowed(quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default())
}

struct Text<'a, 's>(&'a RefCell<Sorting<'s>>);

impl io::Write for Text<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct InOrder<'a, 's>(&'a RefCell<Sorting<'s>>);

impl Formatter for InOrder<'_, '_> {
    fn begin_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.borrow_mut().open();
        Ok(())
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.borrow_mut().close();
        Ok(())
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W, first: bool) -> io::Result<()> {
        self.0.borrow_mut().begin_key(first);
        Ok(())
    }

    fn end_object_key<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.borrow_mut().end_key();
        Ok(())
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.0.borrow_mut().end_value();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::canonical;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// The text as it is told by the canonical copy of the value.
    fn by_copy(mut value: Value) -> String {
        if let Some(fields) = value.as_object_mut().filter(|fields| fields.contains_key("id")) {
            fields.insert("id".to_owned(), Value::Null);
        }
        canonical(&value).to_string()
    }

    fn by_stream(value: &impl Serialize) -> String {
        String::from_utf8(canonical_text(value, "id").unwrap()).unwrap()
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let key = prop_oneof!["[a-c !\"\\\\-]{0,3}", Just("id".to_owned()), any::<String>()];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(key.clone(), inner, 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_text_is_that_of_the_canonical_copy(value in any_value()) {
            prop_assert_eq!(by_stream(&value), by_copy(value));
        }
    }

    #[test]
    fn the_fields_of_a_struct_come_in_order_and_only_the_outermost_id_is_left_out() {
        #[derive(Serialize)]
        struct Inner {
            id: u8,
            b: Option<u8>,
            a: [Value; 1],
        }
        #[derive(Serialize)]
        struct Outer {
            z: Inner,
            id: &'static str,
            none: Value,
        }
        let outer = Outer { z: Inner { id: 1, b: None, a: [json!({"y": 1, "x": {}})] }, id: "7", none: json!({}) };
        assert_eq!(by_stream(&outer), r#"{"id":null,"none":{},"z":{"a":[{"x":{},"y":1}],"b":null,"id":1}}"#);
        assert_eq!(by_stream(&outer), by_copy(serde_json::to_value(&outer).unwrap()));
    }
}
