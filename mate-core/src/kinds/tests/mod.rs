//! The tables that people compare with AWS's pages, printed from the facets of the kinds.
//!
//! `MATE_UPDATE_GOLDEN=1 cargo test -p mate-core --lib kinds::tests` writes them anew.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::json;

use crate::model::{Data, KindModel, Kinds};

/// Compares a table with its golden file, or writes the file where `MATE_UPDATE_GOLDEN` is set.
fn golden(name: &str, header: &str, mut rows: Vec<String>) {
    rows.sort();
    let table = format!("{header}\n{}\n", rows.join("\n"));
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/kinds/tests/golden").join(format!("{name}.txt"));
    if std::env::var_os("MATE_UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, &table).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let differs: Vec<String> = table
        .lines()
        .filter(|line| !kept.lines().any(|known| known == *line))
        .map(|line| format!("+ {line}"))
        .chain(kept.lines().filter(|line| !table.lines().any(|new| new == *line)).map(|line| format!("- {line}")))
        .collect();
    assert!(table == kept, "{} differs; MATE_UPDATE_GOLDEN=1 writes it anew:\n{}", path.display(), differs.join("\n"));
}

fn rows(row: impl Fn(&KindModel) -> Vec<String>) -> Vec<String> {
    Kinds::standard().iter().flat_map(row).collect()
}

fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

#[test]
fn the_table_of_arns_is_as_it_was_compared_with_aws() {
    let table = rows(|model| {
        let id =
            |form: crate::model::ArnForm| if form.id == crate::model::ArnId::Whole { "the ARN" } else { "the rest" };
        let form = model.arn.map_or_else(|| "-".to_owned(), |form| format!("{} | {}", form.pattern(), id(form)));
        vec![format!("{} | {form} | {}", model.name, or_dash(model.adopt.id_prefix))]
    });
    golden("arns", "kind | ARN | physical id | beginning of its ids", table);
}

#[test]
fn the_table_of_quotas_is_as_it_was_compared_with_aws() {
    let table = rows(|model| {
        let row = |quota: &crate::model::Quota| {
            let raised = if quota.adjustable { "adjustable" } else { "fixed" };
            let code = quota.code.unwrap_or("-");
            format!(
                "{} | {} {code} | {} | {} {:?} per {:?} | {raised} | {}",
                model.name, quota.service, quota.name, quota.default, quota.unit, quota.per, quota.source
            )
        };
        model.quotas.iter().map(row).collect()
    });
    golden("quotas", "kind | service and code | name | default | raised | source", table);
}

#[test]
fn the_table_of_times_is_as_it_was_compared_with_aws() {
    let table = rows(|model| {
        let timing = (model.timing)(&json!({}));
        let deadline = crate::model::Timing::deadline(timing.create);
        let seconds =
            [timing.create, timing.update, timing.delete, deadline].map(|time| format!("{} s", time.as_secs()));
        vec![format!("{} | {}", model.name, seconds.join(" | "))]
    });
    golden("times", "kind | create | update | delete | deadline of a creation", table);
}

#[test]
fn the_table_of_links_is_as_it_was_compared_with_aws() {
    let table = rows(|model| {
        let row = |link: &crate::model::Link| {
            let along = if link.cascade { "goes along" } else { "-" };
            let base = if link.base { "or base" } else { "-" };
            format!(
                "{} | {} | {} {} | {} | {} | {} | {along} | {base}",
                model.name,
                link.path,
                link.target,
                link.output,
                link.missing,
                or_dash(link.not_ready),
                or_dash(link.in_use)
            )
        };
        model.links.iter().map(row).collect()
    });
    golden("links", "kind | input | target | missing | not ready | in use | cascade | base", table);
}

#[test]
fn the_table_of_identities_and_data_is_as_it_was_compared_with_aws() {
    let table = rows(|model| {
        let mut data = match model.data {
            Data::None => "-".to_owned(),
            Data::Held(what) => what.to_owned(),
        };
        if let Some(rule) = model.snapshot {
            let _ = write!(data, "; {} snapshot", if rule.usual { "usual" } else { "named" });
        }
        if let Some(content) = model.content {
            let _ = write!(data, "; refused with {content}");
        }
        let known = if model.names_are_unique() { "name" } else { "tags" };
        let tags = if model.taggable { "tags" } else { "no tags" };
        let (most, by) = (model.name_rule.max, model.deduplication.word());
        vec![format!("{} | by {known} | {most} | {tags} | {by} | {} | {data}", model.name, model.health.word())]
    });
    golden("identities", "kind | known by | longest name | tags | deduplicated by | for users | data", table);
}

#[test]
fn the_table_of_terraform_types_is_as_it_was_compared_with_the_provider() {
    let table = rows(|model| {
        let mut rows = Vec::new();
        for known in model.adopt.terraform {
            let hints: Vec<String> = known.hints.iter().map(|(from, to)| format!("{from} as {to}")).collect();
            let names = known.names.join(" ");
            rows.push(format!("{} | {names} | {}", model.name, or_dash(&hints.join(", "))));
        }
        for output in model.adopt.outputs {
            rows.push(format!("{} | output | {}", model.name, output.names.join(" ")));
        }
        rows
    });
    golden("terraform", "kind | type | hints", table);
}

#[test]
fn the_table_of_calls_is_as_it_was_compared_with_aws() {
    let table = rows(|model| {
        let sim = model.sim.unwrap();
        let (read, page) = sim.read.unwrap_or(("-", 0));
        let ((create, update, delete), codes) = (sim.calls, [sim.exists, sim.busy, sim.quota].map(or_dash));
        vec![format!("{} | {create} {update} {delete} | {read} {page} | {}", model.name, codes.join(" | "))]
    });
    golden("calls", "kind | calls | read, page | exists | busy | quota", table);
}

#[test]
fn the_table_of_companions_is_as_it_was_compared_with_aws() {
    let table = rows(|model| {
        let row = |made: &crate::model::Companion| {
            let stays = if made.stays { "stays" } else { "goes" };
            format!("{} | {} {} | {stays} | {}", model.name, made.kind, or_dash(made.name), made.source)
        };
        model.companions.iter().map(row).collect()
    });
    golden("companions", "kind | object of AWS | afterwards | source", table);
}

#[test]
fn links_name_kinds_fields_and_outputs_that_exist() {
    let kinds = Kinds::standard();
    for holder in kinds.iter() {
        for link in holder.links {
            let target = kinds.get(&link.target.parse().unwrap()).unwrap();
            let field = link.path.split('.').next().unwrap();
            assert!(holder.field(field).is_some(), "{} has no {field}", holder.name);
            assert!(target.outputs.contains(&link.output), "{} has no {}", link.target, link.output);
        }
    }
}

#[test]
fn facets_name_fields_and_outputs_that_exist() {
    for model in Kinds::standard().iter() {
        let sim = model.sim.unwrap();
        let credentials = model.credentials.map(|rule| [Some(rule.secret), Some(rule.version), rule.only]);
        let fields = sim.place.iter().copied().chain(sim.known_by).chain(credentials.into_iter().flatten().flatten());
        for field in fields.chain(model.snapshot.and_then(|rule| rule.filled_from)) {
            assert!(model.field(field).is_some(), "{} has no {field}", model.name);
        }
        for output in sim.late.iter().chain(model.named_outputs).chain(model.revised_outputs) {
            assert!(model.outputs.contains(output), "{} has no {output}", model.name);
        }
    }
}
