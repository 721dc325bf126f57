//! The plan for people.

use std::fmt::Write as _;
use std::io::IsTerminal;
use std::time::Duration;

use anstyle::{AnsiColor, Color, Style};

use super::Plan;
use super::consent::needed;
use super::escape::{Printable, shortened};
use super::step::{Action, FieldChange, Risk, Shown, Step};
use crate::model::ReplaceOrder;
use crate::vocab::ConsentRisk;
use crate::vocab::Goal;

/// The style in which a plan is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextStyle {
    /// True for colour. Nothing is said by colour alone.
    pub color: bool,
    /// Columns; 60 at least.
    pub width: usize,
}

impl TextStyle {
    /// Without colour, 100 columns.
    #[must_use]
    pub fn plain() -> Self {
        Self { color: false, width: 100 }
    }

    /// For standard output: in colour when it is a terminal and `NO_COLOR` is not set.
    #[must_use]
    pub fn for_stdout() -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let width = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).unwrap_or(100);
        Self { color: std::io::stdout().is_terminal() && !refused, width }
    }
}

impl Plan {
    /// The plan as text, with a line break at its end.
    #[must_use]
    pub fn render(&self, style: &TextStyle) -> String {
        let mut page = Page { style: *style, text: String::new() };
        page.plan(self);
        page.text
    }
}

pub(super) fn headline(plan: &Plan) -> String {
    let counts = plan.counts();
    if plan.is_empty() && counts.left > 0 {
        return format!("Plan: nothing to do; {} of the differences are left as they are", counts.left);
    }
    if plan.is_empty() {
        return "Plan: nothing to do; everything is as it should be".to_owned();
    }
    let mut parts: Vec<String> = [
        (counts.create, "to create"),
        (counts.update, "to update"),
        (counts.replace, "to replace"),
        (counts.delete, "to delete"),
        (counts.adopt, "to take into the record"),
        (counts.take_over, "to take over"),
        (counts.rename, "to rename"),
        (counts.disown, "to disown"),
        (counts.forget, "to drop from the record"),
        (counts.unchanged, "unchanged"),
        (counts.left, "left as they are"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what}"))
    .collect();
    if parts.is_empty() {
        parts.push("only the record changes".to_owned());
    }
    format!("Plan: {}; {}", parts.join(", "), about(plan.expected()))
}

/// A duration as a person says it.
fn about(duration: Duration) -> String {
    match duration.as_secs() {
        0 => "at once".to_owned(),
        seconds @ 1..=90 => format!("about {seconds} s"),
        seconds => format!("about {} min", seconds.div_ceil(60)),
    }
}

impl std::fmt::Display for FieldChange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = shortened(&self.path, 60);
        write!(f, "{path}: {} -> {}", shown(&self.old, 200), shown(&self.new, 200))
    }
}

/// A value as it is shown, at most `max` characters.
pub(super) fn shown(value: &Shown, max: usize) -> String {
    match value {
        Shown::Absent => "(none)".to_owned(),
        Shown::Value(value) => shortened(&value.to_string(), max),
        Shown::KnownAfterApply(reference) => format!("(known after apply: {})", shortened(reference, max)),
    }
}

fn symbol(action: Action) -> &'static str {
    match action {
        Action::Create => "+",
        Action::Adopt => "=",
        Action::TakeOver => ">",
        Action::Rename => ">",
        Action::Disown | Action::DisownLeftover => "<",
        Action::Update | Action::UpdateWithRestart | Action::UpdateWithDowntime => "~",
        Action::Replace { order: ReplaceOrder::DeleteFirst } => "-/+",
        Action::Replace { order: ReplaceOrder::CreateFirst } => "+/-",
        Action::Delete | Action::Rest | Action::DeleteLeftover => "-",
        Action::Forget | Action::ForgetResting => "x",
        Action::Leave | Action::NoChange => " ",
    }
}

fn words(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Adopt => "take into the record",
        Action::TakeOver => "take over",
        Action::Rename => "rename",
        Action::Disown | Action::DisownLeftover => "disown",
        Action::Update => "update in place",
        Action::UpdateWithRestart => "update with restart",
        Action::UpdateWithDowntime => "update with DOWNTIME",
        Action::Replace { order: ReplaceOrder::DeleteFirst } => "REPLACE, old one deleted first",
        Action::Replace { order: ReplaceOrder::CreateFirst } => "REPLACE, new one created first",
        Action::Delete | Action::Rest | Action::DeleteLeftover => "DELETE",
        Action::Forget | Action::ForgetResting => "drop from the record",
        Action::Leave | Action::NoChange => "no change",
    }
}

fn paint(action: Action) -> Style {
    let color = match action {
        Action::Create => AnsiColor::Green,
        Action::Adopt | Action::TakeOver | Action::Rename | Action::Disown | Action::DisownLeftover => AnsiColor::Cyan,
        Action::Update | Action::UpdateWithRestart | Action::UpdateWithDowntime => AnsiColor::Yellow,
        Action::Replace { .. } => AnsiColor::Magenta,
        Action::Delete | Action::Rest | Action::DeleteLeftover => AnsiColor::Red,
        Action::Forget | Action::ForgetResting | Action::Leave | Action::NoChange => return Style::new().dimmed(),
    };
    color.on_default()
}

const ALARM: Style =
    Style::new().fg_color(Some(Color::Ansi(AnsiColor::White))).bg_color(Some(Color::Ansi(AnsiColor::Red))).bold();

struct Page {
    style: TextStyle,
    text: String,
}

impl Page {
    fn plan(&mut self, plan: &Plan) {
        let what = match plan.goal {
            Goal::Apply => "Plan for",
            Goal::Destroy => "Plan to DESTROY",
            Goal::Adopt => "Plan to ADOPT",
            Goal::Disown => "Plan to DISOWN",
            Goal::Unwind => "Plan to UNWIND",
            Goal::Amend => "Plan to AMEND THE RECORD of",
        };
        let id = plan.id.get(..12).unwrap_or(&plan.id);
        let title = if plan.key.tenant.is_platform() {
            format!("{what} the platform of {}", plan.key.environment)
        } else {
            format!("{what} tenant {} in {}", plan.key.tenant, plan.key.environment)
        };
        let title = self.painted(Style::new().bold(), &title);
        self.line(&title);
        let name = &plan.after.summary.display_name;
        if !name.is_empty() {
            self.line(&format!("  {}", shortened(name, self.width() - 2)));
        }
        let from = if plan.record_version == 0 {
            "made without a record".to_owned()
        } else {
            format!("made from record version {}", plan.record_version)
        };
        self.line(&format!("  plan {}, {from}", Printable(id)));
        for change in &plan.record_changes {
            self.change("  in the record: ", change);
        }
        self.line("");
        let mut last_compact = true;
        for step in plan.steps.iter().filter(|step| step.action.acts()) {
            let compact = step.changes.is_empty() && step.risk == Risk::None && step.action == Action::Create;
            let together = compact && last_compact;
            if !together && !self.text.ends_with("\n\n") {
                self.line("");
            }
            last_compact = compact;
            self.step(step, compact);
        }
        if !self.text.ends_with("\n\n") {
            self.line("");
        }
        for note in &plan.notes {
            self.wrapped("Note: ", note);
        }
        self.risks(plan);
        let headline = headline(plan);
        let headline = self.painted(Style::new().bold(), &headline);
        self.line(&headline);
    }

    fn step(&mut self, step: &Step, compact: bool) {
        let style = paint(step.action);
        let head = format!("{:>3} {}", symbol(step.action), words(step.action));
        let head = self.painted(style, &head);
        let name = shortened(&step.name, self.width().saturating_sub(40).max(24));
        let mut line = format!("{head}  {}  {}  {name}", step.node, step.kind);
        if compact && step.reason == "not there yet" {
            let _ = write!(line, "  ({})", about(step.expected));
            self.line(&line);
            return;
        }
        self.line(&line);
        self.risk(&step.risk);
        self.wrapped("      why: ", &step.reason);
        for change in &step.changes {
            self.change("      ", change);
        }
        if !matches!(step.action, Action::Forget | Action::ForgetResting) {
            self.line(&format!("      time: {}", about(step.expected)));
        }
    }

    fn risk(&mut self, risk: &Risk) {
        let (loud, text) = match risk {
            Risk::None | Risk::Restart => return,
            Risk::Downtime(text) => ("!! DOWNTIME !!", text),
            Risk::DataLoss(text) => ("!! DATA LOSS !!", text),
        };
        let alarm = self.painted(ALARM, loud);
        self.wrapped(&format!("      {alarm} "), text);
    }

    fn change(&mut self, indent: &str, change: &FieldChange) {
        let path = shortened(&change.path, 60);
        let old = shown(&change.old, usize::MAX);
        let new = shown(&change.new, usize::MAX);
        let room = self.width().saturating_sub(indent.len() + path.chars().count() + 6);
        if old.chars().count() + new.chars().count() <= room {
            self.line(&format!("{indent}{path}: {old} -> {new}"));
            return;
        }
        let room = self.width().saturating_sub(12).max(24);
        self.line(&format!("{indent}{path}:"));
        self.line(&format!("{:width$}  {}", "", shown(&change.old, room), width = indent.len()));
        self.line(&format!("{:width$}  -> {}", "", shown(&change.new, room), width = indent.len()));
    }

    fn risks(&mut self, plan: &Plan) {
        let risky: Vec<&Step> = plan.risky_steps().collect();
        if risky.is_empty() {
            return;
        }
        let steps = if risky.len() == 1 { "1 step needs".to_owned() } else { format!("{} steps need", risky.len()) };
        let title = format!("!! {steps} your consent before this plan is applied !!");
        let title = self.painted(ALARM, &title);
        self.line(&title);
        for step in risky {
            let (loud, method) = match needed(&step.risk) {
                Some(ConsentRisk::Downtime) => ("DOWNTIME ", "downtime"),
                Some(ConsentRisk::DataLoss) => ("DATA LOSS", "data_loss"),
                None => continue,
            };
            self.line(&format!("  {loud}  {}  consent: {method}(\"{}\")", step.node, step.node));
        }
        let waits: Vec<&str> = plan.can_wait().map(|step| step.node.as_str()).collect();
        if !waits.is_empty() {
            self.wrapped("  Can wait for the maintenance window (defer): ", &waits.join(", "));
        }
        self.line("");
    }

    fn width(&self) -> usize {
        self.style.width.max(60)
    }

    fn painted(&self, style: Style, text: &str) -> String {
        if self.style.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    /// `text` of others behind `start`, broken between words.
    fn wrapped(&mut self, start: &str, text: &str) {
        let printable = Printable(text).to_string();
        let indent = 10;
        let mut line = start.to_owned();
        let mut length = start.chars().count();
        let mut first = true;
        for word in printable.split(' ') {
            let size = word.chars().count();
            if !first && length + 1 + size > self.width() {
                self.line(&line);
                line = " ".repeat(indent);
                length = indent;
                first = true;
            }
            if !first {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += size;
            first = false;
        }
        self.line(&line);
    }
}
