//! The forms of a plan, word for word. `MATE_UPDATE_GOLDEN=1` writes them anew.

use std::path::PathBuf;

use serde_json::json;

use super::world::{World, id, insert, tenant};
use crate::model::Graph;
use crate::model::Kinds;
use crate::plan::{Plan, Purpose, TextStyle};
use crate::provider::Status;

fn golden(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/plan/golden").join(name);
    if std::env::var_os("MATE_UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{} differs; MATE_UPDATE_GOLDEN=1 writes it anew", path.display());
}

/// A bit of everything, and values that want to move the cursor.
fn busy_plan() -> Plan {
    let mut graph = tenant();
    insert(&mut graph, "old-logs", "logs:LogGroup", json!({"retention_days": 30}));
    let mut world = World::of(&graph);
    let mut wanted = Graph::new();
    for node in graph.nodes().filter(|node| node.id != id("old-logs")) {
        wanted.insert(node.clone()).unwrap();
    }
    insert(&mut wanted, "logs", "logs:LogGroup", json!({"retention_days": 90}));
    wanted.get_mut(&id("db")).unwrap().inputs["instance_class"] = json!("db.t4g.medium");
    wanted.get_mut(&id("alb")).unwrap().inputs["scheme"] = json!("internal");
    wanted.get_mut(&id("django-targets")).unwrap().inputs["port"] = json!(9000);
    wanted.get_mut(&id("django-targets")).unwrap().inputs["health_check"]["path"] =
        json!(format!("/{}", "x".repeat(200)));
    wanted.get_mut(&id("django-task")).unwrap().inputs["containers"][0]["image"] = json!("django:2\u{1b}[2J");
    wanted.get_mut(&id("data")).unwrap().tags.insert("Owner".into(), "a \"quoted\" <b>name</b>".into());
    world.live("db-secret").status = Status::Pending("replicating\r\n".into());
    world.after.summary.display_name = "Regional\u{1b}[31m Hospital\n\u{202e}".into();
    let mut plan = world.plan(&wanted, Purpose::Update).unwrap();
    plan.notes.push("The certificate expires in 20 days.".into());
    plan.id = plan.digest();
    plan
}

#[test]
fn text_of_a_new_tenant() {
    let plan = World::empty(Kinds::standard()).plan(&tenant(), Purpose::Provision).unwrap();
    golden("create.txt", &plan.render(&TextStyle::plain()));
}

#[test]
fn text_of_a_change() {
    golden("change.txt", &busy_plan().render(&TextStyle::plain()));
}

#[test]
fn text_of_a_removal() {
    let graph = tenant();
    let plan = World::of(&graph).plan(&Graph::new(), Purpose::Destroy).unwrap();
    golden("destroy.txt", &plan.render(&TextStyle { color: false, width: 80 }));
}

#[test]
fn text_of_nothing() {
    let graph = tenant();
    let plan = World::of(&graph).plan(&graph, Purpose::Update).unwrap();
    golden("nothing.txt", &plan.render(&TextStyle::plain()));
}

#[test]
fn json_of_a_change() {
    golden("change.json", &format!("{}\n", busy_plan().to_json()));
}

#[test]
fn mermaid_of_a_change() {
    golden("change.mmd", &busy_plan().mermaid());
}

#[test]
fn colour_adds_nothing_but_colour() {
    let plan = busy_plan();
    let colored = plan.render(&TextStyle { color: true, width: 100 });
    let mut stripped = String::new();
    let mut rest = colored.as_str();
    while let Some((text, escape)) = rest.split_once('\u{1b}') {
        stripped.push_str(text);
        rest = escape.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&stripped), words(&plan.render(&TextStyle::plain())));
    assert_ne!(colored, stripped);
}

#[test]
fn nothing_that_others_wrote_reaches_the_terminal_raw() {
    let plan = busy_plan();
    for text in [plan.render(&TextStyle::plain()), plan.mermaid(), plan.to_json()] {
        assert!(!text.chars().any(|character| character.is_control() && character != '\n'));
    }
    assert!(!plan.render(&TextStyle::plain()).contains('\u{202e}'));
    assert!(!plan.mermaid().contains("<b>"));
}
