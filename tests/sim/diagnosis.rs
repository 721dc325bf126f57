//! The diagnosis of faults: by the run that fails, and by request.

use mate::provider::Diagnosis;
use mate::sim::{Fault, FaultRule, Method, Selector};
use mate::{Error, NodeDiagnosis, TenantDiagnosis};

use crate::cloud::{World, example, world};
use crate::platform;

/// The faults of a service: AWS's words, and a word of the advice.
const CAUSES: [(&str, &str); 4] = [
    ("container django: exit code 137: out of memory", "memory"),
    ("ResourceInitializationError: unable to pull secret mate/x: ResourceNotFoundException", "create the secret"),
    ("CannotPullContainerError: registry/django:v2: not found", "image"),
    ("target 10.0.1.7: Target.FailedHealthChecks", "health check"),
];

async fn ask(world: &World) -> TenantDiagnosis {
    world.mate.tenant(&example("regional.tfvars").id()).diagnose().await.unwrap()
}

fn of<'a>(diagnosis: &'a TenantDiagnosis, node: &str) -> &'a NodeDiagnosis {
    let found = diagnosis.nodes.iter().find(|found| found.node.as_str() == node);
    found.unwrap_or_else(|| panic!("`{node}` in {diagnosis}"))
}

#[tokio::test]
async fn the_failure_and_the_diagnosis_tell_the_cause_and_what_to_do() {
    for (reason, advice) in CAUSES {
        let (world, spec) = (world(), example("regional.tfvars"));
        let service = Selector::Node("django-service".to_owned());
        world.cloud.fail(service.clone(), reason);
        let error = world.mate.provision(&spec).await.unwrap_err().to_string();
        assert!(error.contains(reason) && error.contains(advice), "`{advice}` in {error}");

        let diagnosis = ask(&world).await;
        assert!(!diagnosis.is_ready());
        let found = of(&diagnosis, "django-service");
        assert_eq!(found.findings[0].finding, reason);
        assert!(found.findings[0].terminal && found.state.contains("failed"), "{diagnosis}");
        assert!(diagnosis.lasting().any(|one| one.node.as_str() == "django-service"));
        let text = diagnosis.to_string();
        for part in ["ecs:Service `mate-regional-dev-django`", reason, advice, "does not pass by itself", "next: "] {
            assert!(text.contains(part), "`{part}` in {text}");
        }

        world.cloud.heal(&service);
        world.mate.tenant(&spec.id()).resume_run().await.unwrap();
        let diagnosis = ask(&world).await;
        assert!(diagnosis.is_ready() && diagnosis.lasting().next().is_none(), "{diagnosis}");
        assert!(diagnosis.to_string().ends_with("objects are ready"), "{diagnosis}");
    }
}

#[tokio::test]
async fn what_the_cloud_lacks_by_itself_is_found_too() {
    let (world, spec) = (world(), example("regional.tfvars"));
    world.mate.provision(&spec).await.unwrap();
    let secret = world.cloud.objects().into_iter().find(|one| one.kind.as_str() == "secretsmanager:Secret").unwrap();
    world.cloud.vanish(&secret.kind, &secret.name).unwrap();
    let diagnosis = ask(&world).await;
    let gone = diagnosis.nodes.iter().find(|found| found.kind == secret.kind).unwrap();
    let expected = Diagnosis {
        concern: None,
        finding: "it is gone".into(),
        advice: Some("make a new plan: something was removed outside".into()),
        terminal: true,
    };
    assert_eq!((gone.state.as_str(), gone.findings.as_slice()), ("absent", [expected].as_slice()));
    let services = diagnosis.nodes.iter().filter(|found| found.kind.as_str() == "ecs:Service");
    let missing =
        services.flat_map(|found| &found.findings).filter(|one| one.finding.contains("unable to pull secret"));
    assert!(missing.count() > 0, "the services that need it cannot start: {diagnosis}");
}

#[tokio::test]
async fn an_interrupted_run_shows_what_it_had_not_made_and_what_is_on_its_way() {
    let (world, spec) = (world(), example("regional.tfvars"));
    let mut run = Box::pin(world.mate.provision(&spec));
    let mut begun = false;
    for _ in 0..500 {
        // Time moves when nothing has happened between two polls.
        for _ in 0..4 {
            assert!(futures::poll!(run.as_mut()).is_pending(), "it takes minutes");
        }
        begun = world.mate.tenant(&spec.id()).status().await.is_ok_and(|status| status.nodes.len() > 3);
        if begun {
            break;
        }
    }
    assert!(begun, "some objects are on their way");
    drop(run);
    let diagnosis = ask(&world).await;
    assert!(!diagnosis.is_ready() && diagnosis.nodes.len() <= diagnosis.objects, "{diagnosis}");
    assert!(diagnosis.lasting().next().is_none(), "nothing has failed: {diagnosis}");
}

#[tokio::test]
async fn a_cloud_that_cannot_be_asked_why_hides_no_failure() {
    let (world, spec) = (world(), example("regional.tfvars"));
    world.cloud.inject(FaultRule::new(Fault::FailBefore).on(Method::Diagnose));
    world.cloud.fail(Selector::Node("redis".to_owned()), "no capacity in us-east-1a");
    let Err(Error::Run(error)) = world.mate.provision(&spec).await else { panic!("the cache fails") };
    assert!(error.to_string().contains("no capacity in us-east-1a"), "{error}");
    let diagnosis = ask(&world).await;
    let redis = of(&diagnosis, "redis");
    assert!(redis.state.contains("no capacity in us-east-1a"), "{diagnosis}");
    assert!(redis.findings[0].finding.contains("could not be asked") && redis.findings[0].advice.is_some());
    assert!(!redis.findings[0].terminal);
}

#[tokio::test]
async fn a_platform_is_diagnosed_as_a_tenant_is() {
    let world = platform::world();
    world.cloud.fail(Selector::Kind("acm:Certificate".parse().unwrap()), "the certificate is FAILED: CAA_ERROR");
    world.platform.provision(&platform::spec()).await.unwrap_err();
    let diagnosis = world.platform.diagnose(&platform::dev()).await.unwrap();
    assert!(diagnosis.to_string().contains("FAILED: CAA_ERROR"), "{diagnosis}");
    assert!(diagnosis.lasting().any(|one| one.kind.as_str() == "acm:Certificate"), "{diagnosis}");
}

#[tokio::test]
async fn what_has_no_record_is_not_found() {
    let answer = world().mate.tenant(&"nobody".parse().unwrap()).diagnose().await;
    assert!(matches!(answer, Err(Error::NotFound(_))), "{answer:?}");
}
