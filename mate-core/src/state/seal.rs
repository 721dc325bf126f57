//! The form in which a record is stored: a line with schema and digest, then the record as JSON. Damage is seen when it
//! is read, an older form is brought to the present one, a newer one is refused.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{Record, RecordError, StoreError};
use crate::model::ids::TenantKey;

#[derive(Serialize, Deserialize)]
struct Head {
    schema: u64,
    sha256: String,
}

/// The migrations that bring a record of schema 1, 2, ... to the next.
const MIGRATIONS: [fn(&mut Value); 2] = [runs, operating];

/// Schema 2 has runs with their journals, and the spec that was applied last. Neither can be told of an older record.
fn runs(record: &mut Value) {
    record["run"] = Value::Null;
    record["spec"] = Value::Null;
}

/// Schema 3 says how the tenant is run, which releases it has run, and holds the end of its log. Before, every tenant ran, with
/// the images of its spec, and nothing was logged: what is not there says just that.
fn operating(_: &mut Value) {}

impl Record {
    /// The record in the form in which it is stored.
    #[must_use]
    pub fn seal(&self) -> String {
        let body = self.to_json();
        let head = Head { schema: u64::from(Self::SCHEMA), sha256: digest(&body) };
        let head = serde_json::to_string(&head).expect("two plain fields have a JSON form");
        format!("{head}\n{body}")
    }

    /// The record as it is to be written in the place of `key`: with the version after this one.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`] for a record that would be refused when it is read.
    pub(super) fn next(&self, key: &TenantKey) -> Result<Self, StoreError> {
        let unwritable = |source| StoreError::Unwritable { key: key.clone(), source };
        self.check().and_then(|()| self.check_depth()).map_err(unwritable)?;
        self.belongs_to(key).map_err(unwritable)?;
        let version = self.version.checked_add(1).ok_or_else(|| unwritable(RecordError::Damaged("its version")))?;
        Ok(Self { version, ..self.clone() })
    }

    /// The version after this one and the record with it, in the form in which a store writes it in the place of `key`.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`] for a record that would be refused when it is read.
    pub fn seal_next(&self, key: &TenantKey) -> Result<(u64, String), StoreError> {
        let next = self.next(key)?;
        Ok((next.version, next.seal()))
    }

    /// Reads the record of `key` in the form in which it is stored, by this version or an earlier one.
    ///
    /// # Errors
    /// [`RecordError`] for a newer schema, for a digest that does not fit, for the record of another key, and for what is not a
    /// record.
    pub fn open_for(key: &TenantKey, text: &str) -> Result<Self, RecordError> {
        let record = Self::open(text)?;
        record.belongs_to(key)?;
        Ok(record)
    }

    fn belongs_to(&self, key: &TenantKey) -> Result<(), RecordError> {
        if self.key == *key { Ok(()) } else { Err(RecordError::OtherKey(self.key.clone())) }
    }

    fn open(text: &str) -> Result<Self, RecordError> {
        let head =
            text.split_once('\n').and_then(|(head, body)| Some((serde_json::from_str::<Head>(head).ok()?, body)));
        let Some((head, body)) = head else {
            // Records of schema 1 had no such line.
            return match Self::from_json(text) {
                Ok(_) if schema(text) != Some(1) => Err(RecordError::Damaged("its digest is missing")),
                read => read,
            };
        };
        newer(head.schema)?;
        if digest(body) != head.sha256 {
            return Err(RecordError::Digest);
        }
        Self::from_json(body)
    }

    /// Reads a record from JSON, and brings an older one to the present schema.
    ///
    /// # Errors
    /// [`RecordError`] for a newer schema, and for what is not a record.
    pub fn from_json(text: &str) -> Result<Self, RecordError> {
        // The schema is read alone first: the rest of a newer record need not fit this version.
        let schema = schema(text).ok_or_else(|| match serde_json::from_str::<Value>(text) {
            Err(error) => RecordError::Malformed(error),
            Ok(_) => RecordError::Damaged("it has no schema"),
        })?;
        newer(schema)?;
        let mut record: Self = if schema == u64::from(Self::SCHEMA) {
            serde_json::from_str(text).map_err(RecordError::Malformed)?
        } else {
            let mut value: Value = serde_json::from_str(text).map_err(RecordError::Malformed)?;
            let first = usize::try_from(schema).ok().and_then(|schema| schema.checked_sub(1));
            let first = first.ok_or(RecordError::Damaged("there is no schema 0"))?;
            for migrate in &MIGRATIONS[first..] {
                migrate(&mut value);
            }
            value["schema"] = Self::SCHEMA.into();
            serde_json::from_value(value).map_err(RecordError::Malformed)?
        };
        record.check()?;
        if let Some(run) = &mut record.run {
            run.replay().map_err(RecordError::Journal)?;
        }
        Ok(record)
    }

    /// Says what cannot be.
    pub(super) fn check(&self) -> Result<(), RecordError> {
        if self.lineage.len() != 32 || !self.lineage.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(RecordError::Damaged("its lineage is not 32 hex digits"));
        }
        if self.nodes.values().any(|node| node.name.is_empty()) {
            return Err(RecordError::Damaged("one of its objects has no name"));
        }
        Ok(())
    }

    /// Refuses a depth that could not be read back. A stored record is not asked: it was read.
    fn check_depth(&self) -> Result<(), RecordError> {
        let deep = |value: &Value| deeper_than(value, Self::DEPTH);
        for (id, node) in &self.nodes {
            let retired = node.retired.iter().any(|retired| deep(&retired.inputs));
            if deep(&node.inputs) || retired || node.outputs.values().any(deep) {
                return Err(RecordError::TooDeep(format!("node `{id}`")));
            }
        }
        if let Some((id, _)) = self.resting.iter().find(|(_, node)| node.outputs.values().any(deep)) {
            return Err(RecordError::TooDeep(format!("node `{id}`")));
        }
        let specs = self.spec.iter().chain(self.run.iter().filter_map(|run| run.spec.as_ref()));
        if specs.into_iter().any(deep) { Err(RecordError::TooDeep("the spec".to_owned())) } else { Ok(()) }
    }
}

/// Returns true if the value has more levels than that.
fn deeper_than(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(|item| deeper_than(item, levels - 1)),
        Value::Object(fields) => levels == 0 || fields.values().any(|field| deeper_than(field, levels - 1)),
        _ => false,
    }
}

fn schema(text: &str) -> Option<u64> {
    #[derive(Deserialize)]
    struct Schema {
        schema: u64,
    }
    serde_json::from_str::<Schema>(text).ok().map(|head| head.schema)
}

fn newer(schema: u64) -> Result<(), RecordError> {
    if schema > u64::from(Record::SCHEMA) {
        return Err(RecordError::Newer { found: schema, supported: Record::SCHEMA });
    }
    Ok(())
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::suite;

    #[test]
    fn a_record_is_read_as_it_was_sealed() {
        let record = suite::record("regional");
        assert_eq!(Record::open(&record.seal()).unwrap(), record);
        let (version, text) = record.seal_next(&record.key).unwrap();
        assert_eq!((version, Record::open(&text).unwrap().version), (1, 1));
    }

    /// A value of so many levels.
    fn nested(levels: usize) -> Value {
        (1..levels).fold(serde_json::json!([]), |inner, _| serde_json::json!([inner]))
    }

    #[test]
    fn what_could_not_be_read_back_is_not_written() {
        let with = |levels: usize| {
            let mut record = suite::record("regional");
            record.spec = Some(nested(levels));
            record
        };
        let deepest = with(Record::DEPTH);
        assert_eq!(Record::open(&deepest.seal()).unwrap(), deepest);
        let error = with(Record::DEPTH + 1).seal_next(&deepest.key).unwrap_err();
        let StoreError::Unwritable { key, source: RecordError::TooDeep(part) } = &error else { panic!("{error:?}") };
        assert_eq!((key, part.as_str()), (&deepest.key, "the spec"));
        // The limit is one that the reader of JSON keeps to: it reads no deeper.
        assert!(matches!(Record::open(&with(127).seal()), Err(RecordError::Malformed(_))));
    }

    #[test]
    fn every_single_character_that_is_changed_is_seen() {
        let text = suite::record("regional").seal();
        for at in 0..text.len() {
            let other = if &text[at..=at] == "7" { "8" } else { "7" };
            let mut damaged = text.clone();
            damaged.replace_range(at..=at, other);
            assert!(Record::open(&damaged).is_err(), "at {at}: {damaged}");
        }
    }

    #[test]
    fn a_record_that_was_cut_off_is_seen() {
        let text = suite::record("regional").seal();
        for end in 0..text.len() {
            assert!(Record::open(&text[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn a_record_of_schema_1_is_brought_to_the_present_form() {
        let text = r#"{"schema":1,"lineage":"0123456789abcdef0123456789abcdef","version":12,
            "key":{"environment":"dev","tenant":"clinic"},"phase":"active","spec_digest":"d",
            "summary":{"display_name":"Clinic","tier":"trial","url":"https://clinic.example.com"},
            "nodes":{"db":{"kind":"rds:DBInstance","name":"mate-clinic-dev-db","physical_id":null,"inputs":{},"outputs":{},
            "tags":{},"depends_on":[],"state":{"state":"creating"},"generation":0,"token":"t"}},
            "outputs":{},"deletion_protection":true}"#;
        let record = Record::open(text).unwrap();
        assert_eq!((record.schema, record.version, record.run.is_none()), (Record::SCHEMA, 12, true));
        assert_eq!(record.nodes.len(), 1);
        assert!(record.deletion_protection);
        assert_eq!(Record::open(&record.seal()).unwrap(), record);
    }

    #[test]
    fn a_record_of_schema_2_is_that_of_a_tenant_that_runs_and_was_never_deployed_to() {
        let mut record = suite::record("regional");
        record.schema = 2;
        let text = record.to_json();
        for later in ["operating", "releases"] {
            assert!(!text.contains(later), "{later} stands only where it says something");
        }
        let head = format!("{{\"schema\":2,\"sha256\":\"{}\"}}", digest(&text));
        let read = Record::open(&format!("{head}\n{text}")).unwrap();
        assert_eq!(read, Record { schema: Record::SCHEMA, ..record });
    }

    #[test]
    fn a_newer_schema_is_refused_even_when_the_rest_is_unknown() {
        for text in [r#"{"schema": 4, "shape": "of the future"}"#, "{\"schema\":4,\"sha256\":\"\"}\nnot JSON at all"] {
            let error = Record::open(text).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the record has schema 4, and this version reads up to 3: use a newer version of mate"
            );
        }
    }

    #[test]
    fn a_present_record_without_its_digest_is_refused() {
        let text = suite::record("regional").to_json();
        assert!(matches!(Record::open(&text), Err(RecordError::Damaged("its digest is missing"))));
    }

    #[test]
    fn what_is_not_a_record_is_refused() {
        assert!(matches!(Record::open("[]"), Err(RecordError::Damaged(_))));
        assert!(matches!(Record::open("{"), Err(RecordError::Malformed(_))));
        assert!(matches!(Record::open(r#"{"schema": 1}"#), Err(RecordError::Malformed(_))));
        assert!(matches!(Record::open(r#"{"schema": 0}"#), Err(RecordError::Damaged(_))));
        let damaged = Record { lineage: "0123".into(), ..suite::record("regional") };
        assert!(matches!(Record::open(&damaged.seal()), Err(RecordError::Damaged(_))));
    }

    #[test]
    fn what_would_not_be_read_is_not_written() {
        let damaged = Record { lineage: "0123".into(), ..suite::record("regional") };
        assert!(matches!(damaged.seal_next(&damaged.key), Err(StoreError::Unwritable { .. })));
    }
}
