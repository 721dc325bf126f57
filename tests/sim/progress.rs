//! The lines that the examples print of a run.

use crate::cloud::{example, world};

#[allow(dead_code, unreachable_pub, reason = "a part of the examples")]
#[path = "../../examples/support/lines.rs"]
mod lines;

#[tokio::test]
async fn on_a_pipe_progress_prints_one_line_a_change_and_not_one_a_look() {
    let world = world();
    let operation = world.mate.provision(&example("clinic.tfvars"));
    let mut events = operation.events();
    let (mut shown, mut all) = (lines::Lines::default(), Vec::new());
    let mut printed = Vec::new();
    let watch = async {
        while let Some(event) = events.next().await {
            all.extend(lines::line(&event));
            printed.extend(shown.next(&event));
        }
    };
    let (applied, ()) = tokio::join!(operation, watch);
    applied.unwrap();
    let begins = |lines: &[String], with: &str| lines.iter().filter(|line| line.starts_with(with)).count();
    assert!(begins(&all, "wait for ") > 30, "nearly every object is looked at: {all:#?}");
    assert_eq!(begins(&printed, "create "), begins(&printed, "done "));
    for line in printed.iter().filter(|line| line.starts_with("wait for ")) {
        assert!(!line.contains("(0 s so far)"), "it says nothing new: {line}");
        assert_eq!(printed.iter().filter(|other| *other == line).count(), 1, "{line}");
    }
    assert!(printed.len() + 30 < all.len(), "{} of {}", printed.len(), all.len());
}
