//! After the last round nothing fails any more, and every tenant is brought to what it should be: by the verbs that there are,
//! each once, and by nobody who looks into record or cloud.

use std::time::Duration;

use mate::clock::Clock;
use mate::engine::{Failure, RunError};
use mate::plan::PlanError;
use mate::sim::{Faults, Selector};
use mate::state::RecordPhase;
use mate::{DestroyOptions, Error, Mate};

use crate::findings::Invariant;
use crate::healed;
use crate::run::chain;
use crate::world::{Tenant, World, consents};

/// Everything that a creation may have been stuck in.
const KINDS: [&str; 11] = [
    "ec2:EIP",
    "ec2:SecurityGroup",
    "ecs:Service",
    "ecs:TaskDefinition",
    "iam:Role",
    "kms:Key",
    "logs:LogGroup",
    "rds:DBInstance",
    "rds:DBSubnetGroup",
    "s3:Bucket",
    "secretsmanager:Secret",
];

pub(crate) async fn all(world: &World, tell: &(dyn Fn(String) + Sync)) {
    world.cloud.set_faults(Faults::none());
    world.store.calm();
    for kind in KINDS {
        world.cloud.heal(&Selector::Kind(kind.parse().expect("a kind")));
    }
    for tenant in &world.tenants {
        let mate = world.operator(tenant);
        if let Err((verb, error)) = one(world, &mate, tenant).await {
            let text = format!("{verb} of {} fails in healing: {}", tenant.id, chain(&error));
            tell(text.clone());
            world.findings.add(Invariant::Healed, text);
        }
        tell(format!("{} is healed", tenant.id));
        healed::check(world, &mate, tenant).await;
    }
    healed::check_unclaimed(world, &world.operator(&world.bystander)).await;
}

type Healed = Result<(), (&'static str, Error)>;

async fn one(world: &World, mate: &Mate, tenant: &Tenant) -> Healed {
    // What was interrupted is brought to its end.
    match mate.tenant(&tenant.id).resume_run().await {
        // The world has moved since, and there is more to consent to: it is planned anew below.
        Ok(_) | Err(Error::NotFound(_) | Error::NothingInterrupted(_) | Error::Consent(_)) => {}
        Err(Error::Plan(PlanError::Deleting(_))) => {}
        Err(error) if wants_an_empty_bucket(&error) => without_the_bucket(world, mate, tenant).await?,
        Err(error) => return Err(("the resumption", error)),
    }
    match tenant.life.at_last {
        Some(revision) => {
            let spec = tenant.wanted(revision).spec(&tenant.id);
            let plan = planned(world, async || mate.plan(&spec).await).await.map_err(|error| ("the plan", error))?;
            let consents = consents(&plan, false);
            mate.apply(plan, consents).await.map_err(|error| ("the change", error))?;
        }
        None => {
            // The owner gives the objects in the bucket up, and keeps a snapshot of the database.
            world.give_up(&tenant.key);
            let options = DestroyOptions::new().empty_bucket();
            match planned(world, async || mate.tenant(&tenant.id).plan_destroy(&options).await).await {
                Ok(plan) => {
                    let consents = consents(&plan, true);
                    mate.apply(plan, consents).await.map_err(|error| ("the destruction", error))?;
                }
                Err(Error::NotFound(_)) => {}
                Err(error) => return Err(("the plan of the destruction", error)),
            }
        }
    }
    Ok(())
}

/// A bucket that holds objects does not go unless its owner says so.
fn wants_an_empty_bucket(error: &Error) -> bool {
    let Error::Run(error) = error else { return false };
    let RunError::Failed { failures, .. } = &**error else { return false };
    let full =
        |failure: &Failure| failure.error.as_ref().is_some_and(|error| error.code.as_deref() == Some("BucketNotEmpty"));
    failures.iter().all(full)
}

/// The owner gives the objects in the bucket up, and the run that takes it away goes on.
async fn without_the_bucket(world: &World, mate: &Mate, tenant: &Tenant) -> Healed {
    world.give_up(&tenant.key);
    let options = DestroyOptions::new().empty_bucket();
    let unwinds = world.ledger.record(&tenant.key).is_some_and(|record| record.phase == RecordPhase::Unwinding);
    let plan = if unwinds {
        planned(world, async || mate.tenant(&tenant.id).plan_unwind(&options).await).await
    } else {
        planned(world, async || mate.tenant(&tenant.id).plan_destroy(&options).await).await
    };
    let plan = plan.map_err(|error| ("the plan without the bucket", error))?;
    let consents = consents(&plan, true);
    mate.apply(plan, consents).await.map(drop).map_err(|error| ("the run without the bucket", error))
}

/// A plan, once what is on its way out is gone.
async fn planned<T>(world: &World, plan: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
    let clock = world.cloud.sim_clock();
    for _ in 0..20 {
        match plan().await {
            Err(Error::Plan(PlanError::Deleting(_))) => clock.sleep_until(clock.now() + Duration::from_secs(60)).await,
            other => return other,
        }
    }
    plan().await
}
