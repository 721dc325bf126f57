//! The plan as a Mermaid flowchart.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Plan;
use super::escape::shortened;
use super::step::{Action, Risk, Step};
use crate::model::ids::NodeId;

const STYLES: [(&str, &str); 8] = [
    ("create", "fill:#d5f5d5,stroke:#2a7a2a,color:#000"),
    ("adopt", "fill:#d5f0f5,stroke:#2a6a7a,color:#000"),
    ("update", "fill:#fff3c4,stroke:#8a6d00,color:#000"),
    ("replace", "fill:#ffdcc4,stroke:#a04a00,color:#000"),
    ("delete", "fill:#ffd0d0,stroke:#a00000,color:#000"),
    ("forget", "fill:#eeeeee,stroke:#888888,color:#000,stroke-dasharray:4"),
    ("unchanged", "fill:#f7f7f7,stroke:#bbbbbb,color:#555"),
    ("risky", "stroke:#d00000,stroke-width:4px"),
];

impl Plan {
    /// The graph as a Mermaid flowchart: an arrow from each node to those that use it, a class for each action.
    #[must_use]
    pub fn mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        let mut ids: BTreeMap<&NodeId, usize> = BTreeMap::new();
        for (index, step) in self.steps.iter().enumerate() {
            if !step.action.is_about_leftover() {
                ids.insert(&step.node, index);
            }
            let class = class(step.action);
            // Writing to a String cannot fail.
            let _ = writeln!(text, "    n{index}[\"{}\"]:::{class}", label(step));
        }
        for step in &self.steps {
            let Some(to) = ids.get(&step.node).filter(|_| !step.action.is_about_leftover()) else { continue };
            let used = if step.action.keeps() { &step.depends_on } else { &step.depended_on };
            for from in used.iter().filter_map(|from| ids.get(from)) {
                let _ = writeln!(text, "    n{from} --> n{to}");
            }
        }
        for (index, _) in self.steps.iter().enumerate().filter(|(_, step)| step.needs_consent()) {
            let _ = writeln!(text, "    class n{index} risky");
        }
        for (class, style) in STYLES {
            let _ = writeln!(text, "    classDef {class} {style}");
        }
        text
    }
}

fn class(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Adopt | Action::TakeOver | Action::Rename | Action::Disown | Action::DisownLeftover => "adopt",
        Action::Update | Action::UpdateWithRestart | Action::UpdateWithDowntime => "update",
        Action::Replace { .. } => "replace",
        Action::Delete | Action::Rest | Action::DeleteLeftover => "delete",
        Action::Forget | Action::ForgetResting => "forget",
        Action::Leave | Action::NoChange => "unchanged",
    }
}

fn words(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Adopt => "adopt",
        Action::TakeOver => "take over",
        Action::Rename => "rename",
        Action::Disown | Action::DisownLeftover => "disown",
        Action::Update => "update",
        Action::UpdateWithRestart => "update with restart",
        Action::UpdateWithDowntime => "update with downtime",
        Action::Replace { .. } => "replace",
        Action::Delete | Action::Rest | Action::DeleteLeftover => "delete",
        Action::Forget | Action::ForgetResting => "forget",
        Action::Leave | Action::NoChange => "no change",
    }
}

fn label(step: &Step) -> String {
    let risk = match step.risk {
        Risk::None => "",
        Risk::Restart => "<br/>restart",
        Risk::Downtime(_) => "<br/>DOWNTIME",
        Risk::DataLoss(_) => "<br/>DATA LOSS",
    };
    let words = words(step.action);
    let name = escaped(&shortened(&step.name, 60));
    format!("{}<br/>{}<br/>{name}<br/>{words}{risk}", escaped(step.node.as_str()), escaped(step.kind.as_str()))
}

/// Mermaid reads quotes, angle brackets and `#…;` in a label; everything of that sort becomes an entity.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '#' | '&' | '<' | '>' | ';' | '`' | '\\' | '[' | ']' | '{' | '}' | '(' | ')' | '|' | '%' => {
                let _ = write!(safe, "#{};", u32::from(character));
            }
            plain => safe.push(plain),
        }
    }
    safe
}
