//! The models of the standard kinds, compared with the table of what AWS does.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::{Value, json};

use super::{Compared, Creation, Facts, Tagged, all, facts};
use crate::kinds::Subnet;
use crate::model::{Deduplication, FieldImpact, FieldRule, Impact, Kind, KindModel, Kinds, SampleBase};

/// The differences that are meant, each with its reason. One that is no difference any more fails the test.
const MEANT: &[(&str, &str, &str)] = &[
    (
        "acm:Certificate",
        "hosted_zone_id",
        "the zone is the driver's, which keeps the validation records in it; records in two zones would be nobody's",
    ),
    ("ec2:InternetGateway", "vpc_id", "a gateway that is detached takes the network of everything behind it away"),
    (
        "ec2:Subnet",
        "creation",
        "a lost answer is waited for until the tags show what it made, which lasts longer than a refused range is retried",
    ),
    (
        "ecs:TaskDefinition",
        "creation",
        "a family is found by its name, and a revision too many does nothing: there is no second object to wait for",
    ),
    ("elbv2:Listener", "port", "a listener is found by its port, and its rules and services name its ARN"),
    ("secretsmanager:Secret", "generate", "a value is changed by a rotation alone, which moves its consumers along"),
];

/// A fact of which model and table say different things.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Difference {
    kind: String,
    fact: String,
    engine: String,
    aws: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, fact, engine, aws } = self;
        write!(f, "{kind}, {fact}: engine says {engine}, AWS does {aws}")
    }
}

/// The creation of the table in the words of a model; none where a model has no word for it.
fn deduplication(creation: Creation) -> Option<Deduplication> {
    match creation {
        Creation::ByName { .. } => Some(Deduplication::Name),
        Creation::ByPlace { .. } => Some(Deduplication::Place),
        Creation::ByToken(_) => Some(Deduplication::Token),
        Creation::Never => Some(Deduplication::Never),
        Creation::Revision => None,
    }
}

fn base() -> SampleBase {
    SampleBase {
        public_subnet_ids: vec!["subnet-1".into(), "subnet-2".into()],
        private_subnet_ids: vec!["subnet-3".into(), "subnet-4".into()],
        web_acl_arn: Some("arn:of-a-web-acl".into()),
        user_pool_id: Some("a-pool".into()),
        region: "us-east-1".into(),
        ..SampleBase::default()
    }
}

/// Values of a field, from each of which to each other a change is tried.
fn values(field: &str, sample: &Value) -> Vec<Value> {
    match sample {
        _ if field == "engine_version" => ["15.9", "16.3", "16.4", "17"].map(Value::from).into(),
        Value::Null => vec![Value::Null, json!("some")],
        Value::Bool(_) => vec![json!(true), json!(false)],
        Value::Number(number) => vec![sample.clone(), json!(number.as_u64().unwrap_or(0) + 1)],
        Value::String(text) => vec![sample.clone(), json!(format!("{text}-other"))],
        Value::Array(_) => vec![json!(["one"]), json!(["one", "other"])],
        Value::Object(_) => vec![sample.clone(), json!("other")],
    }
}

fn impact(rule: &FieldRule, old: &Value, new: &Value) -> Impact {
    match rule.impact {
        FieldImpact::Always(impact) => impact,
        FieldImpact::By(by) => by(old, new),
    }
}

/// The first change of a field about which model and table differ, in the words of both.
fn change(model: &KindModel, facts: &Facts, rule: &FieldRule) -> Option<(String, String)> {
    model.samples.iter().find_map(|sample| {
        let sample = (sample.inputs)(&base());
        let with = |value: &Value| {
            let mut inputs = sample.clone();
            inputs[rule.field] = value.clone();
            inputs
        };
        let tried = values(rule.field, &sample[rule.field]);
        let pairs = tried.iter().flat_map(|old| tried.iter().map(move |new| (old, new)));
        pairs.filter(|(old, new)| old != new).find_map(|(old, new)| {
            let impact = impact(rule, &with(old), &with(new));
            let engine = matches!(impact, Impact::Replace(_) | Impact::Never(_));
            let aws = facts.fixed.iter().any(|fixed| fixed.field == rule.field && fixed.refuses(old, new));
            let does = if aws { "no change of it" } else { "change it" };
            (engine != aws).then(|| (format!("{impact:?} from {old} to {new}"), does.to_owned()))
        })
    })
}

/// Every difference between a model and its entry.
fn differences(model: &KindModel, facts: &Facts) -> BTreeSet<Difference> {
    let mut found = BTreeSet::new();
    let mut differ = |fact: &str, engine: String, aws: String| {
        if engine != aws {
            found.insert(Difference { kind: model.name.to_string(), fact: fact.to_owned(), engine, aws });
        }
    };
    let by = deduplication(facts.creation).map_or_else(|| "revision".to_owned(), |by| by.word().to_owned());
    differ("creation", model.deduplication.word().to_owned(), by);
    let tags = |carries: bool| if carries { "tags" } else { "no tags" }.to_owned();
    differ("tags", tags(model.taggable), tags(facts.tagged != Tagged::Never));
    let sim = model.sim.expect("a standard kind says how it behaves");
    if let Some(code) = facts.creation.exists().filter(|_| !sim.by_tags) {
        differ("code", sim.exists.to_owned(), code.to_owned());
    }
    match facts.creation {
        Creation::ByName { within, .. } => differ("scope", sim.scope.to_owned(), within.to_owned()),
        Creation::ByPlace { inputs, .. } if !sim.by_tags => differ("place", sim.place.join(" "), inputs.join(" ")),
        _ => {}
    }
    for rule in model.fields.iter().filter(|rule| !rule.edge_only && !rule.creation_only) {
        if let Some((engine, aws)) = change(model, facts, rule) {
            differ(rule.field, engine, aws);
        }
    }
    found
}

#[test]
fn every_standard_kind_has_an_entry_about_inputs_that_it_has() {
    let kinds = Kinds::standard();
    let known: Vec<&str> = kinds.iter().map(|model| model.name.as_str()).collect();
    let told: Vec<&str> = all().map(|facts| facts.kind).collect();
    assert_eq!(known, told);
    for model in kinds.iter() {
        let facts = facts(model.name.as_str()).unwrap();
        let mut named: Vec<&str> = facts.fixed.iter().map(|fixed| fixed.field).collect();
        match facts.creation {
            Creation::ByName { within, .. } if !within.is_empty() => named.push(within),
            Creation::ByPlace { inputs, .. } => named.extend(inputs),
            Creation::ByToken(token) => {
                if let Compared::Only(inputs) = token.compared {
                    named.extend(inputs);
                }
            }
            _ => {}
        }
        let unknown: Vec<_> = named.into_iter().filter(|field| model.field(field).is_none()).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", model.name);
        assert!(!model.samples.is_empty(), "{} has no sample from which a change could be tried", model.name);
    }
}

#[test]
fn the_models_differ_from_aws_only_where_they_mean_to() {
    let kinds = Kinds::standard();
    let found: BTreeSet<Difference> =
        kinds.iter().flat_map(|model| differences(model, facts(model.name.as_str()).unwrap())).collect();
    let meant = |difference: &&Difference| {
        MEANT.iter().any(|(kind, fact, _)| *kind == difference.kind && *fact == difference.fact)
    };
    let wrong: Vec<String> = found.iter().filter(|one| !meant(one)).map(ToString::to_string).collect();
    assert!(wrong.is_empty(), "a model is wrong, or its difference has no reason yet:\n{}", wrong.join("\n"));
    let is_found = |kind: &str, fact: &str| found.iter().any(|one| one.kind == kind && one.fact == fact);
    let stale: Vec<_> = MEANT.iter().filter(|(kind, fact, _)| !is_found(kind, fact)).collect();
    assert!(stale.is_empty(), "no difference any more: {stale:?}");
    assert!(MEANT.iter().all(|(_, _, reason)| !reason.is_empty()));
}

#[test]
fn a_wrong_model_is_named_with_what_it_says_and_what_aws_does() {
    const FIELDS: &[FieldRule] =
        &[FieldRule::new("cidr_block", Impact::InPlace), FieldRule::new("map_public_ip_on_launch", Impact::Never(""))];
    let mut model = Subnet::model().untaggable().with_deduplication(Deduplication::Token);
    model.fields = FIELDS;
    let found: Vec<String> =
        differences(&model, facts("ec2:Subnet").unwrap()).iter().map(ToString::to_string).collect();
    assert!(found.iter().any(|one| one == "ec2:Subnet, creation: engine says token, AWS does place"), "{found:?}");
    assert!(found.iter().any(|one| one == "ec2:Subnet, tags: engine says no tags, AWS does tags"), "{found:?}");
    let begins = |text: &str| found.iter().any(|one| one.starts_with(text));
    assert!(begins("ec2:Subnet, cidr_block: engine says InPlace"), "{found:?}");
    assert!(begins("ec2:Subnet, map_public_ip_on_launch: engine says Never"), "{found:?}");
    assert_eq!(found.len(), 4);
}

#[test]
fn a_version_is_lower_by_its_numbers_not_by_its_text() {
    let lower = |old: &str, new: &str| super::is_lower(&json!(old), &json!(new));
    assert!(lower("16.10", "16.9") && lower("17", "16.4") && lower("7.1", "7.0"));
    assert!(!lower("16.9", "16.10") && !lower("16.4", "16") && !lower("16", "16.4") && !lower("16.4", "17"));
}
