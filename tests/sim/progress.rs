//! What the examples print of a run.

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
    let looks = |lines: &[String]| lines.iter().filter(|line| line.starts_with("wait for db:")).count();
    assert!(looks(&all) > 3, "the database takes several looks: {all:#?}");
    assert_eq!(looks(&printed), 1, "{printed:#?}");
    let twice: Vec<_> = printed.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert_eq!(twice, Vec::<&[String]>::new());
}
