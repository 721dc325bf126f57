//! Tests of an embedding service: with MockProvider for answers that no cloud gives on demand, and with SimCloud for
//! whole runs in virtual time, with faults.
//!
//! `cargo run --features testing --example unit_test` shows it; its tests run with `./test --example unit_test`.
#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use mate::engine::RunError;
use mate::plan::PlanError;
use mate::provider::Provider;
use mate::spec::{Base, Contacts, DisplayName, Email, InvalidValue, Subdomain, TenantSpec, Tier};
use mate::tiers::TierCatalogue;
use mate::{Mate, MemoryStore};

/// The service under test: signs clinics up for a trial.
#[derive(Debug)]
struct OnboardingService {
    mate: Mate,
}

/// The answer of a sign-up form.
#[derive(Debug, PartialEq, Eq)]
enum SignUp {
    /// The clinic's address.
    Welcome(String),
    /// Something in the form is wrong.
    Correct(String),
    /// The subdomain belongs to something else.
    Taken,
    /// It was not finished; the same form goes on from where it stood.
    TryAgain(String),
    /// Somebody of ours has to look.
    Apologise(String),
}

impl OnboardingService {
    /// A service of this cloud.
    fn new(provider: impl Provider + 'static) -> anyhow::Result<Self> {
        let mate = Mate::builder()
            .provider(provider)
            .store(MemoryStore::new())
            .catalogue(TierCatalogue::standard())
            .base(Base::from_path("examples/base-dev.toml")?)
            .build()?;
        Ok(Self { mate })
    }

    async fn sign_up(&self, name: &str, subdomain: &str, email: &str) -> SignUp {
        let spec = match Self::spec(name, subdomain, email) {
            Ok(spec) => spec,
            Err(wrong) => return SignUp::Correct(wrong.to_string()),
        };
        match self.mate.provision(&spec).await {
            Ok(tenant) => SignUp::Welcome(tenant.url().to_owned()),
            Err(mate::Error::Plan(PlanError::Foreign(_))) => SignUp::Taken,
            Err(mate::Error::Run(error)) => match *error {
                RunError::Failed { failures, .. } => SignUp::TryAgain(failures[0].advice.clone()),
                other => SignUp::Apologise(other.to_string()),
            },
            Err(other) => SignUp::Apologise(first_line(&other.to_string())),
        }
    }

    fn spec(name: &str, subdomain: &str, email: &str) -> Result<TenantSpec, InvalidValue> {
        let contacts = Contacts::same(Email::new(email)?);
        let spec = TenantSpec::builder(DisplayName::new(name)?, Subdomain::new(subdomain)?, Tier::trial(), contacts);
        Ok(spec.build().expect("nothing is set that could contradict something else"))
    }
}

/// The rest of a message is for the log.
fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// Clouds for the tests.
mod clouds {
    use std::sync::Arc;

    use mate::clock::SystemClock;
    use mate::provider::{ErrorClass, Observation, ProviderError};
    use mate::sim::{Fault, FaultRule, Faults, Method, SimCloud};
    use mate::testing::MockProvider;

    /// A cloud that may not be read. Nothing may be made there.
    pub(crate) fn unreadable() -> MockProvider {
        let mut cloud = MockProvider::new();
        cloud.expect_clock().returning(|| Arc::new(SystemClock::new()));
        cloud.expect_observe().returning(|targets| {
            let denied = |target: mate::provider::Target| {
                Observation::Unknown(ProviderError::new(ErrorClass::Denied, "read", target.address))
            };
            targets.into_iter().map(denied).collect()
        });
        cloud.expect_create().never();
        cloud
    }

    /// A cloud whose account is full.
    pub(crate) fn full() -> MockProvider {
        let mut cloud = MockProvider::new();
        cloud.expect_clock().returning(|| Arc::new(SystemClock::new()));
        cloud.expect_observe().returning(|targets| targets.iter().map(|_| Observation::Absent).collect());
        cloud.expect_create().returning(|request| {
            Err(ProviderError::new(ErrorClass::Quota, "create", request.target.address).with_code("LimitExceeded"))
        });
        cloud.expect_diagnose().returning(|_| Ok(Vec::new()));
        cloud
    }

    /// A cloud that takes the order for a database and loses its answer.
    pub(crate) fn forgetful() -> SimCloud {
        let lost = FaultRule::new(Fault::LoseAnswer).on(Method::Create).node("db").nth(1);
        SimCloud::builder().seed(7).faults(Faults::none().with(lost)).build()
    }

    /// A cloud that has no room for a cache until it was asked eight times.
    pub(crate) fn crowded() -> SimCloud {
        let crowded = FaultRule::new(Fault::Capacity).on(Method::Create).node("redis").times(8);
        SimCloud::builder().seed(7).faults(Faults::none().with(crowded)).build()
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    use mate::clock::Clock;

    let clinic = ("Small Clinic", "clinic", "admin@clinic.com");
    let (name, subdomain, email) = clinic;
    let wrong = OnboardingService::new(clouds::unreadable())?.sign_up(name, "Clinic!", email).await;
    println!("A wrong subdomain, found before any call:\n  {wrong:?}\n");
    let denied = OnboardingService::new(clouds::unreadable())?.sign_up(name, subdomain, email).await;
    println!("MockProvider that may not be read; it would panic if anything were made:\n  {denied:?}\n");
    let full = OnboardingService::new(clouds::full())?.sign_up(name, subdomain, email).await;
    println!("MockProvider whose quota is reached:\n  {full:?}\n");

    let cloud = clouds::forgetful();
    let welcome = OnboardingService::new(cloud.clone())?.sign_up(name, subdomain, email).await;
    let minutes = cloud.sim_clock().now().as_secs() / 60;
    println!("SimCloud that loses the answer of the call that makes the database, {minutes} simulated minutes:");
    println!("  {welcome:?}\n");

    let cloud = clouds::crowded();
    let service = OnboardingService::new(cloud)?;
    let first = service.sign_up(name, subdomain, email).await;
    let second = service.sign_up(name, subdomain, email).await;
    println!("SimCloud with no capacity for the cache, and the same form again:\n  {first:?}\n  {second:?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mate::clock::Clock;
    use mate::model::ids::KindName;
    use mate::sim::{Method, SimCloud};

    use super::*;

    async fn sign_up(service: &OnboardingService) -> SignUp {
        service.sign_up("Small Clinic", "clinic", "admin@clinic.com").await
    }

    fn welcome() -> SignUp {
        SignUp::Welcome("https://clinic.mate.sociant.ai".to_owned())
    }

    fn creations(cloud: &SimCloud, node: &str) -> usize {
        let of_node = |call: &&mate::sim::Call| {
            call.method == Method::Create && call.address.as_ref().is_some_and(|address| address.node.as_str() == node)
        };
        cloud.calls().iter().filter(of_node).count()
    }

    #[tokio::test]
    async fn a_wrong_form_reaches_no_cloud() {
        let cloud = SimCloud::new(7);
        let service = OnboardingService::new(cloud.clone()).unwrap();
        let answer = service.sign_up("Small Clinic", "Clinic!", "admin@clinic.com").await;
        assert!(matches!(&answer, SignUp::Correct(text) if text.contains("subdomain")), "{answer:?}");
        assert!(cloud.calls().is_empty());
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_not_overwritten() {
        let answer = sign_up(&OnboardingService::new(clouds::unreadable()).unwrap()).await;
        assert!(matches!(&answer, SignUp::Apologise(text) if text.contains("nothing is planned")), "{answer:?}");
    }

    #[tokio::test]
    async fn a_full_account_is_told_with_what_to_do() {
        let answer = sign_up(&OnboardingService::new(clouds::full()).unwrap()).await;
        assert!(matches!(&answer, SignUp::TryAgain(advice) if advice.contains("Service Quotas")), "{answer:?}");
    }

    #[tokio::test]
    async fn a_name_that_somebody_else_has_is_taken() {
        let cloud = SimCloud::new(7);
        let bucket: KindName = "s3:Bucket".parse().unwrap();
        cloud.plant(
            bucket.clone(),
            "mate-clinic-dev-data-123456789012-us-east-1",
            Default::default(),
            serde_json::json!({}),
        );
        assert_eq!(sign_up(&OnboardingService::new(cloud.clone()).unwrap()).await, SignUp::Taken);
        assert_eq!(cloud.objects().len(), 1, "what was there is still there, and nothing else");
    }

    #[tokio::test]
    async fn a_sign_up_takes_minutes_of_simulated_time() {
        let cloud = SimCloud::new(7);
        assert_eq!(sign_up(&OnboardingService::new(cloud.clone()).unwrap()).await, welcome());
        let took = cloud.sim_clock().now();
        assert!(took > Duration::from_secs(7 * 60), "a cache alone takes seven minutes: {took:?}");
        assert!(took < Duration::from_secs(30 * 60), "{took:?}");
    }

    #[tokio::test]
    async fn a_lost_answer_makes_no_second_database() {
        let cloud = clouds::forgetful();
        assert_eq!(sign_up(&OnboardingService::new(cloud.clone()).unwrap()).await, welcome());
        assert_eq!(creations(&cloud, "db"), 2, "it was asked for again");
        let kind: KindName = "rds:DBInstance".parse().unwrap();
        assert_eq!(cloud.objects().iter().filter(|object| object.kind == kind).count(), 1, "and made once");
    }

    #[tokio::test]
    async fn the_same_form_goes_on_from_where_it_stood() {
        let cloud = clouds::crowded();
        let service = OnboardingService::new(cloud.clone()).unwrap();
        let first = sign_up(&service).await;
        assert!(matches!(&first, SignUp::TryAgain(advice) if advice.contains("instance class")), "{first:?}");
        assert_eq!(sign_up(&service).await, welcome());
        assert_eq!(creations(&cloud, "db"), 1, "what was ready is not made again");
    }
}
