//! Specs made with the builders, and what `build` refuses.

use mate::model::ids::TenantId;
use mate::spec::*;
use mate::tiers::TierCatalogue;

fn builder() -> TenantSpecBuilder {
    TenantSpec::builder(
        DisplayName::new("Clinic").unwrap(),
        Subdomain::new("clinic").unwrap(),
        Tier::trial(),
        Contacts::same(Email::new("it@clinic.com").unwrap()),
    )
}

fn name(name: &str) -> ServiceName {
    ServiceName::new(name).unwrap()
}

fn repository() -> RepositoryName {
    RepositoryName::new("app").unwrap()
}

fn health() -> HealthCheck {
    HealthCheck::new(HealthPath::new("/health").unwrap())
}

#[test]
fn an_id_that_is_not_the_subdomain_is_the_tenants() {
    let spec = builder().with_id(TenantId::new("clinic-7").unwrap()).build().unwrap();
    let tenant = TierCatalogue::standard().resolve(&spec).unwrap();
    assert_eq!((tenant.id.as_str(), tenant.subdomain.as_str()), ("clinic-7", "clinic"));
    assert_eq!(tenant.sources["id"], Source::Tenant);
}

#[test]
fn build_refuses_what_does_not_go_together_all_at_once() {
    let gib = |size| Gib::new(size).unwrap();
    let web =
        |of: &str| ServiceSpec::web(name(of), repository(), Port::new(5000).unwrap(), Exposure::everything(health()));
    let errors = builder()
        .with_database(DatabaseSpec::new().with_allocated_storage(gib(100)).with_max_storage(gib(99)))
        .with_storage(StorageSpec::new().with_s3_versioning(false))
        .with_compliance(ComplianceSpec::hipaa().with_data_retention(RetentionDays::new(90).unwrap()))
        .with_service(web("one"))
        .with_service(web("two"))
        .with_service(ServiceSpec::worker(name("one"), repository()))
        .build()
        .unwrap_err();
    let paths: Vec<&str> = errors.iter().map(|error| error.path.as_str()).collect();
    let expected = [
        "database.max_storage_gib",
        "storage.s3_versioning",
        "compliance.data_retention_days",
        "services.two.exposure.path_patterns",
        "services.one.name",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn services_of_ones_own_take_the_sizes_of_their_roles() {
    let spec = builder()
        .with_tier(Tier::enterprise())
        .with_service(
            ServiceSpec::web(name("web"), repository(), Port::new(80).unwrap(), Exposure::everything(health()))
                .with_desired_count(TaskCount::new(4).unwrap()),
        )
        .with_service(ServiceSpec::worker(name("work"), repository()).with_spot(Percent::new(80).unwrap()))
        .with_service(ServiceSpec::scheduler(name("clock"), repository()))
        .build()
        .unwrap();
    let tenant = TierCatalogue::standard().resolve(&spec).unwrap();
    let sizes: Vec<_> = tenant.services.iter().map(|service| (service.cpu, service.memory_mib)).collect();
    assert_eq!(sizes, [(1024, 2048), (1024, 2048), (512, 1024)]);
    let counts: Vec<_> = tenant.services.iter().map(|service| (service.desired_count, service.spot_percent)).collect();
    assert_eq!(counts, [(4, 0), (1, 80), (1, 0)]);
}

#[test]
fn failover_is_on_with_replicas_unless_told_otherwise() {
    let resolve = |cache: CacheSpec| {
        let cache = TierCatalogue::standard().resolve(&builder().with_cache(cache).build().unwrap()).unwrap().cache;
        (cache.nodes, cache.automatic_failover)
    };
    let two = ReplicaCount::new(2).unwrap();
    assert_eq!(resolve(CacheSpec::single().into()), (1, false));
    assert_eq!(resolve(CacheSpec::replicated(two).into()), (3, true));
    assert_eq!(resolve(CacheSpec::replicated(two).with_automatic_failover(false).into()), (3, false));
}

#[test]
fn layouts_are_three_paths_apart_from_each_other() {
    assert!(StorageLayout::new("/a", "/b", "/c").is_ok());
    assert_eq!(StorageLayout::new("/a", "/a/b", "c").unwrap_err().len(), 2);
}

#[test]
fn newtypes_admit_their_range_and_no_more() {
    assert!(TaskCount::new(0).is_err() && TaskCount::new(1).is_ok());
    assert!(TaskCount::new(100).is_ok() && TaskCount::new(101).is_err());
    assert!(Gib::new(19).is_err() && Gib::new(20).is_ok() && Gib::new(65536).is_ok() && Gib::new(65537).is_err());
    assert!(BackupDays::new(0).is_ok() && BackupDays::new(35).is_ok() && BackupDays::new(36).is_err());
    assert!(MibPerSecond::new(0).is_err() && MibPerSecond::new(1024).is_ok() && MibPerSecond::new(1025).is_err());
    assert!(NodeCount::new(0).is_err() && NodeCount::new(6).is_ok() && NodeCount::new(7).is_err());
    assert!(TargetPercent::new(0).is_err() && TargetPercent::new(100).is_ok() && TargetPercent::new(101).is_err());
    assert!(ListenerPort::new(80).is_err() && ListenerPort::new(443).is_ok() && ListenerPort::new(8080).is_ok());
    for class in
        ["db.t4g.micro", "db.t4g.small", "db.t4g.medium", "db.r6g.large", "db.r6g.xlarge", "db.x2iedn.24xlarge"]
    {
        assert!(InstanceClass::new(class).is_ok(), "{class}");
    }
    for class in ["", "db", "db.t4g", "db..micro", "db.t4g.micro.x", "db.t4g.huge", "DB.t4g.micro", "cache.t4g.micro"] {
        assert!(InstanceClass::new(class).is_err(), "{class}");
    }
    for class in ["cache.t4g.micro", "cache.t4g.small", "cache.r7g.large", "cache.r6g.large"] {
        assert!(NodeType::new(class).is_ok(), "{class}");
    }
    let error = TaskCount::new(101).unwrap_err().to_string();
    assert_eq!(error, "a count of tasks must be 1 to 100, not 101");
    for (text, good) in [("it@hospital.com", true), ("a.b+c@x-y.org", true), ("a@b", false), ("a b@c.de", false)] {
        assert_eq!(Email::new(text).is_ok(), good, "{text}");
    }
}
