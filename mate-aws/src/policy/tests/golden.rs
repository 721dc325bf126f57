//! The policy of every standard kind, statement by statement, as text that is compared with AWS's service authorization
//! reference: <https://docs.aws.amazon.com/service-authorization/latest/reference/>.

use super::*;

const GOLDEN: &str = include_str!("golden.txt");

/// One kind a paragraph, one statement a line: its name, its actions, its resources, its condition.
fn printed() -> String {
    let mut text = String::new();
    for model in Kinds::standard().iter() {
        text += &format!("{}\n", model.name);
        let policy = ExecutorPolicy::for_kinds([&model.name], &Access::ALL).at("us-east-1", "123456789012");
        for statement in policy.statements() {
            let values = |values: &[mate_core::model::Input<String>]| {
                values.iter().map(|one| one.get().unwrap().clone()).collect::<Vec<_>>().join(" ")
            };
            text += &format!("  {}: {}", statement.sid, statement.actions.join(" "));
            text += &format!("\n    on {}", values(&statement.resources));
            for (operator, keys) in &statement.conditions {
                for (key, allowed) in keys {
                    text += &format!("\n    if {key} {operator} {}", values(allowed));
                }
            }
            text += "\n";
        }
    }
    text
}

#[test]
fn the_policy_of_every_kind_is_the_one_of_the_golden_table() {
    let printed = printed();
    assert!(printed == GOLDEN, "the table is now:\n{printed}");
}
