//! The promises that every version keeps to a record of an earlier one.

use mate::Error;
use mate::state::{LogEntry, Slot};
use mate::vocab::Goal;
use mate::vocab::TenantPhase;

use crate::fixture::{Expect, Fixture, GoesOn};
use crate::subject::{Subject, told};
use crate::world::World;

/// An error with everything that caused it.
pub(crate) fn text(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

/// Reads it, goes on with its run, and plans its spec.
pub(crate) async fn check(fixture: &Fixture) -> Result<(), String> {
    let world = World::of_fixture(fixture)?;
    let subject = Subject::of(fixture, &world).await.map_err(text)?;
    let before = kept(&world, fixture);
    subject.verify().await.map_err(text)?;
    if fixture.expect.goes_on != GoesOn::Nothing {
        subject.read().await;
        if kept(&world, fixture) != before {
            return Err("reading it has changed what is stored".to_owned());
        }
    }
    let found = go_on(fixture, &world, &subject).await?;
    // Where no run went on, nothing was done but to read and to plan.
    if found.goes_on == GoesOn::Nothing && found.ends == found.phase && kept(&world, fixture) != before {
        return Err("reading it has changed what is stored".to_owned());
    }
    let Expect { phase, possible, goes_on, tended, ends } = &fixture.expect;
    let same = [
        ("phase", phase.clone(), found.phase),
        ("goes on", format!("{goes_on:?}"), format!("{:?}", found.goes_on)),
        ("tended", tended.to_string(), found.tended.to_string()),
        ("ends", ends.clone(), found.ends),
    ];
    if let Some((what, wanted, found)) = same.into_iter().find(|(_, wanted, found)| wanted != found) {
        return Err(format!("{what}: {found}, and was {wanted}"));
    }
    // It was offered, and failed: after a destroy always, and after an unwind it is what resuming does.
    let never_held = |verb: &str| (phase.as_str(), verb) == ("offboarding", "unwind");
    let renamed = |verb: &String| if verb == "release" { "disown".to_owned() } else { verb.clone() };
    match possible.iter().map(renamed).find(|verb| !found.possible.contains(verb) && !never_held(verb)) {
        Some(verb) => Err(format!("{verb} is not possible any more while it is {phase}")),
        None => Ok(()),
    }
}

/// Everything that the store keeps.
fn kept(world: &World, fixture: &Fixture) -> Vec<(Slot, Vec<LogEntry>)> {
    fixture.store.iter().map(|kept| world.store.kept_of(&kept.key())).collect()
}

/// Brings it to its end, sees that all is right there, and answers what has come of it.
pub(crate) async fn go_on(fixture: &Fixture, world: &World, subject: &Subject) -> Result<Expect, String> {
    let record = world.record(&subject.key()).await;
    let phase = subject.phase(world).await.map_err(text)?;
    let before = world.cloud.objects().len();
    let disowned = record.as_ref().and_then(|record| record.run.as_ref()).is_some_and(|run| run.goal == Goal::Disown);
    let goes_on = match (&fixture.adopted_by, record.as_ref().map(|record| record.run.as_ref())) {
        (Some(tags), None) => adopt(subject, tags.clone()).await?,
        (Some(tags), Some(Some(run))) if run.goal == Goal::Adopt => {
            if !matches!(subject.resume_run().await, Err(Error::NotPossible { .. })) {
                return Err("an adoption is resumed without its source".to_owned());
            }
            adopt(subject, tags.clone()).await?
        }
        (_, None | Some(None)) => GoesOn::Nothing,
        (_, Some(Some(_))) => resume(subject).await?,
    };
    let phase_then = subject.phase(world).await.map_err(text)?;
    let both_tokens = world.record(&subject.key()).await.is_some_and(|record| record.operating.both_tokens);
    let tended = phase_then == TenantPhase::Maintained && goes_on != GoesOn::Nothing || both_tokens;
    if tended {
        subject.tend().await.map_err(text)?;
    }
    let ends = subject.phase(world).await.map_err(text)?;
    if disowned && world.cloud.objects().len() != before {
        return Err("what was disowned does not stay".to_owned());
    }
    is_right(world, subject, ends, disowned).await?;
    let possible = phase.possible().map(|verb| verb.word().to_owned()).collect();
    Ok(Expect { phase: phase.word().to_owned(), possible, goes_on, tended, ends: ends.word().to_owned() })
}

async fn adopt(subject: &Subject, tags: mate::model::Tags) -> Result<GoesOn, String> {
    subject.adopt(tags).await.map_err(text)?;
    Ok(GoesOn::AdoptAgain)
}

async fn resume(subject: &Subject) -> Result<GoesOn, String> {
    match subject.resume_run().await {
        Ok(()) => Ok(GoesOn::Resume),
        Err(Error::RolledBack { .. } | Error::PutBack { .. } | Error::Maintenance { .. }) => {
            Ok(GoesOn::ResumeAndGoBack)
        }
        Err(Error::NotPossible { .. }) if matches!(subject, Subject::Platform(..)) => {
            subject.provision().await.map_err(text)?;
            Ok(GoesOn::ApplyAgain)
        }
        Err(error) => Err(format!("its run does not go on: {}", text(error))),
    }
}

/// Nothing is left, or nothing is to be done.
async fn is_right(world: &World, subject: &Subject, phase: TenantPhase, disowned: bool) -> Result<(), String> {
    let unclaimed = subject.unclaimed().await.map_err(text)?;
    if !unclaimed.is_empty() {
        return Err(format!("this belongs to no record: {unclaimed:?}"));
    }
    subject.verify().await.map_err(text)?;
    if world.record(&subject.key()).await.is_none() {
        let left = world.cloud.leftovers(&subject.key());
        if !left.is_empty() && !disowned {
            return Err(format!("this is left: {:?}", left.iter().map(|object| &object.name).collect::<Vec<_>>()));
        }
        if phase != TenantPhase::Requested {
            return Ok(());
        }
        if !matches!(subject, Subject::Tenant(..)) || !world.cloud.objects().is_empty() {
            return Ok(());
        }
        subject.provision().await.map_err(text)?;
    }
    let plan = subject.plan().await.map_err(text)?;
    if !plan.is_empty() {
        return Err(format!("this is planned for its unchanged spec: {}", told(&plan)));
    }
    Ok(())
}
