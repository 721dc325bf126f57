//! Nothing that is read makes the loaders panic, and every valid spec survives the wire.

use mate::spec::*;
use mate::tiers::TierCatalogue;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;

fn load_all(text: &str) {
    for format in [Format::Toml, Format::Json, Format::Tfvars] {
        if let Err(errors) = TenantSpec::from_str(format, text) {
            assert!(!errors.to_string().is_empty());
        }
        let _ = Base::from_str(format, text).map_err(|errors| errors.to_string());
    }
}

const NAMES: [&str; 24] = [
    "display_name",
    "subdomain",
    "tier",
    "technical_contact",
    "billing_contact",
    "tenant_config",
    "version",
    "preset",
    "services",
    "database",
    "cache",
    "storage",
    "layout",
    "nodes",
    "autoscaling",
    "environment",
    "exposure",
    "django",
    "identity_provider",
    "min_capacity",
    "max_capacity",
    "path_patterns",
    "command",
    "name",
];

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..200_i64).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec!["web", "trial", "clinic", "/mnt/x", "it@x.org", "SAML", "provisioned"])
            .prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(5, 64, 8, |inner| {
        let name = prop_oneof![prop::sample::select(NAMES.to_vec()).prop_map(str::to_owned), any::<String>()];
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(name, inner, 0..10).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn size() -> impl Strategy<Value = SizeSpec> {
    let cpu = prop::sample::select(vec![256_u32, 512, 1024, 2048, 4096, 8192, 16384]);
    let memory = prop::sample::select(vec![512_u32, 1024, 2048, 4096, 8192, 16384, 32768, 65536]);
    (option::of(cpu), option::of(memory)).prop_map(|(cpu, memory)| match (cpu, memory) {
        (Some(cpu), Some(memory)) => FargateSize::new(cpu, memory).map_or(SizeSpec::ByTier, SizeSpec::Pair),
        (Some(cpu), None) => SizeSpec::Cpu(CpuUnits::new(cpu).unwrap()),
        (None, Some(memory)) => MemoryMib::new(memory).map_or(SizeSpec::ByTier, SizeSpec::Memory),
        (None, None) => SizeSpec::ByTier,
    })
}

fn autoscaling() -> impl Strategy<Value = Autoscaling> {
    (1..100_u32, 1..=100_u32, option::of(1..=100_u8), option::of(0..=100_u8)).prop_map(|(min, more, cpu, memory)| {
        let max = TaskCount::new((min + more).min(100)).unwrap();
        let mut scaling = Autoscaling::between(TaskCount::new(min).unwrap(), max).unwrap();
        scaling.target_cpu = cpu.map(|cpu| TargetPercent::new(cpu).unwrap());
        scaling.target_memory = memory.map(|memory| Percent::new(memory).unwrap());
        scaling
    })
}

fn variables() -> impl Strategy<Value = Vec<(VariableName, VariableValue)>> {
    let value = "[^\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]{0,20}";
    vec(("X_[A-Za-z0-9_]{0,10}", value), 0..4).prop_map(|pairs| {
        let variable =
            |(name, value): (String, String)| (VariableName::new(name).unwrap(), VariableValue::new(value).unwrap());
        pairs.into_iter().map(variable).collect()
    })
}

type Parts = (SizeSpec, Option<Autoscaling>, Vec<(VariableName, VariableValue)>, u8, Option<u8>, Vec<String>);

fn services() -> impl Strategy<Value = Vec<ServiceSpec>> {
    let one =
        (size(), option::of(autoscaling()), variables(), 0..3_u8, option::of(0..=100_u8), vec("[ -~é]{1,8}", 0..3));
    vec(one, 0..5).prop_map(|services| {
        let with = |(index, parts): (usize, Parts)| {
            let (size, scaling, variables, role, spot, command) = parts;
            let name = ServiceName::new(format!("svc-{index}")).unwrap();
            let image = RepositoryName::new("app").unwrap();
            let mut service: ServiceSpec = match role {
                0 => {
                    let path = PathPattern::new(format!("/{index}/*")).unwrap();
                    let health = HealthCheck::new(HealthPath::new("/health").unwrap());
                    let web = ServiceSpec::web(name, image, Port::new(8000).unwrap(), Exposure::paths([path], health));
                    match scaling {
                        Some(scaling) => web.with_autoscaling(scaling).into(),
                        None => web.into(),
                    }
                }
                1 => ServiceSpec::worker(name, image).with_desired_count(TaskCount::new(3).unwrap()).into(),
                _ => ServiceSpec::scheduler(name, image).into(),
            };
            service.size = size;
            service.spot = spot.map(|spot| Percent::new(spot).unwrap());
            service.command = command;
            service.environment.extend(variables);
            service
        };
        services.into_iter().enumerate().map(with).collect()
    })
}

prop_compose! {
    fn spec()(
        display_name in "[A-Za-zÀ-ÿ0-9 '\".-]{0,30}x",
        subdomain in "[a-z][a-z0-9]{0,20}",
        tags in (option::of("[A-Za-z0-9 _.:/=+@-]{0,20}y"), option::of(any::<bool>())),
        database in (option::of(20..=1000_u32), option::of(1001..=65536_u32), option::of(0..=35_u8), option::of(any::<bool>())),
        cache in (0..=5_u8, option::of(any::<bool>()), option::of(0..=35_u8)),
        storage in (option::of(any::<bool>()), option::of(option::of(1..=1024_u16)), option::of(1..=1_000_000_u32)),
        compliance in (any::<bool>(), option::of(any::<bool>()), option::of(2555..=36500_u32)),
        preset in (size(), option::of(1..=100_u32), option::of(autoscaling()), variables()),
        services in services(),
        provider in option::of("[A-Za-z][A-Za-z0-9.-]{2,31}"),
    ) -> TenantSpec {
        let mut builder = TenantSpec::builder(
            DisplayName::new(display_name).unwrap(),
            Subdomain::new(subdomain).unwrap(),
            Tier::standard(),
            Contacts { technical: Email::new("it@x.org").unwrap(), billing: Email::new("pay@x.org").unwrap() },
        );
        if let Some(tag) = tags.0 {
            builder = builder.with_cost_center(TagValue::new(tag).unwrap());
        }
        if let Some(on) = tags.1 {
            builder = builder.with_deletion_protection(on);
        }
        let mut wanted = DatabaseSpec::new();
        wanted.allocated_storage = database.0.map(|size| Gib::new(size).unwrap());
        wanted.max_storage = database.1.map(|size| Gib::new(size).unwrap());
        wanted.backup_retention = database.2.map(|days| BackupDays::new(days).unwrap());
        wanted.multi_az = database.3;
        builder = builder.with_database(wanted);
        let mut kept: CacheSpec = match cache {
            (0, None, _) => CacheSpec::by_tier().into(),
            (0, Some(_), _) => CacheSpec::single().into(),
            (replicas, None, _) => CacheSpec::replicated(ReplicaCount::new(replicas).unwrap()).into(),
            (replicas, Some(on), _) => {
                CacheSpec::replicated(ReplicaCount::new(replicas).unwrap()).with_automatic_failover(on).into()
            }
        };
        kept.snapshot_retention = cache.2.map(|days| BackupDays::new(days).unwrap());
        builder = builder.with_cache(kept);
        let mut stored = StorageSpec::new();
        stored.s3_versioning = storage.0.map(|on| on || compliance.0);
        stored.efs_throughput = storage.1.map(|rate| match rate {
            None => EfsThroughput::Bursting,
            Some(rate) => EfsThroughput::Provisioned(MibPerSecond::new(rate).unwrap()),
        });
        stored.max_storage_gb = storage.2.map(|quota| QuotaGb::new(quota).unwrap());
        builder = builder.with_storage(stored);
        let mut rules = if compliance.0 { ComplianceSpec::hipaa() } else { ComplianceSpec::new() };
        rules.audit_logging = compliance.1;
        rules.data_retention = compliance.2.map(|days| RetentionDays::new(days).unwrap());
        builder = builder.with_compliance(rules);
        if let Some(name) = provider {
            let metadata_url = HttpsUrl::new("https://login.x.org/meta").unwrap();
            builder = builder.with_identity_provider(IdentityProvider::Saml { name: ProviderName::new(name).unwrap(), metadata_url });
        }
        let mut django = DjangoPreset::new().with_beat(preset.0);
        django.django.desired_count = preset.1.map(|count| TaskCount::new(count).unwrap());
        django.autoscaling = preset.2;
        django.environment.extend(preset.3);
        builder = builder.with_preset(django);
        for service in services {
            builder = builder.with_service(service);
        }
        builder.build().unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>()) {
        load_all(&text);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in vec(any::<u8>(), 0..400)) {
        load_all(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_value_is_read_without_a_panic(value in value()) {
        let text = value.to_string();
        load_all(&text);
        load_all(&format!("{{\"tenant_config\": {text}}}"));
        load_all(&format!("tenant_config = {text}"));
        if let Ok(toml) = TenantDocument::parse(Format::Json, &text).map(|document| document.to_toml()) {
            load_all(&toml);
        }
    }

    #[test]
    fn any_valid_spec_survives_the_wire(spec in spec()) {
        let document = TenantDocument::from(&spec);
        let read = |format, text: &str| TenantSpec::from_str(format, text).map_err(|errors| TestCaseError::fail(errors.to_string()));
        prop_assert_eq!(&read(Format::Toml, &document.to_toml())?, &spec);
        prop_assert_eq!(&read(Format::Json, &document.to_json())?, &spec);
        prop_assert_eq!(&TenantSpec::try_from(document).unwrap(), &spec);
    }

    #[test]
    fn what_resolves_has_a_source_for_every_value(spec in spec()) {
        if let Ok(tenant) = TierCatalogue::standard().resolve(&spec) {
            let values: Vec<String> = tenant.values().into_iter().map(|value| value.path).collect();
            prop_assert_eq!(values, tenant.sources.keys().cloned().collect::<Vec<_>>());
        }
    }
}
