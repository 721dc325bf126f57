//! The parts of a tenant: the seeds' names, chains and mounts.

use mate::blueprint::Design;
use mate::model::{Node, references};
use serde_json::{Value, json};

use crate::cloud::{EXAMPLES, example, world};

fn design(file: &str) -> Design {
    world().mate.design(&example(file)).unwrap()
}

fn node<'a>(design: &'a Design, id: &str) -> &'a Node {
    design.graph.get(&id.parse().unwrap()).unwrap_or_else(|| panic!("no node {id}"))
}

#[test]
fn every_node_is_named_and_tagged_as_its_tenant_s() {
    for file in EXAMPLES {
        let (design, spec) = (design(file), example(file));
        for node in design.graph.nodes() {
            for (key, value) in [("Tenant", spec.id().as_str()), ("Environment", "dev"), ("ManagedBy", "mate")] {
                assert_eq!(node.tags.get(key).map(String::as_str), Some(value), "{file}: {}", node.id);
            }
            assert_eq!(node.tags["Component"], node.id.as_str());
            assert!(node.tags.contains_key("CostCenter"));
        }
        assert!(design.graph.order().is_ok());
    }
}

#[test]
fn names_are_the_seeds() {
    let design = design("regional.tfvars");
    for (id, name) in [
        ("django-service", "mate-regional-dev-django"),
        ("celery-service", "mate-regional-dev-celery"),
        ("beat-service", "mate-regional-dev-beat"),
        ("bucket", "mate-regional-dev-data-123456789012-us-east-1"),
        ("django-log-group", "/ecs/mate-regional-dev/django"),
        ("dns-record", "regional.mate.sociant.ai"),
        ("db", "mate-regional-dev-db"),
        ("redis", "mate-regional-dev-redis"),
    ] {
        assert_eq!(node(&design, id).name, name);
    }
}

#[test]
fn five_security_groups_are_chained() {
    let design = design("regional.tfvars");
    let came_from = |id: &str| -> Vec<(u64, String)> {
        let rules = node(&design, id).inputs["ingress"].as_array().unwrap().clone();
        rules
            .iter()
            .map(|rule| {
                let peer = match references(&rule["peer"]).first() {
                    Some(reference) => reference.node.to_string(),
                    None => rule["peer"]["cidr"].as_str().unwrap().to_owned(),
                };
                (rule["from_port"].as_u64().unwrap(), peer)
            })
            .collect()
    };
    assert_eq!(came_from("alb-security-group"), [(80, "0.0.0.0/0".to_owned()), (443, "0.0.0.0/0".to_owned())]);
    assert_eq!(came_from("ecs-security-group"), [(8000, "alb-security-group".to_owned())]);
    assert_eq!(came_from("rds-security-group"), [(5432, "ecs-security-group".to_owned())]);
    assert_eq!(came_from("redis-security-group"), [(6379, "ecs-security-group".to_owned())]);
    assert_eq!(came_from("efs-security-group"), [(2049, "ecs-security-group".to_owned())]);
}

#[test]
fn storage_is_laid_out_in_three_parts() {
    let design = design("regional.tfvars");
    let definition = &node(&design, "django-task-definition").inputs;
    let mounts = &definition["containers"][0]["mounts"];
    assert_eq!(
        mounts,
        &json!([
            {"volume": "shared-models", "path": "/mnt/shared-models", "read_only": true},
            {"volume": "tenant-models", "path": "/mnt/tenant-models", "read_only": false},
            {"volume": "tenant-data", "path": "/mnt/tenant-data", "read_only": false},
        ])
    );
    let volumes = definition["volumes"].as_array().unwrap();
    assert_eq!(volumes[0]["access_point_id"], Value::Null, "the shared file system is the base's");
    for (volume, access_point) in [(&volumes[1], "models-access-point"), (&volumes[2], "data-access-point")] {
        assert_eq!(references(&volume["access_point_id"])[0].node.as_str(), access_point);
    }
}

#[test]
fn the_task_role_cannot_write_the_shared_models() {
    let design = design("regional.tfvars");
    let statements = node(&design, "task-role").inputs["policy"]["statements"].as_array().unwrap().clone();
    let shared: Vec<&Value> = statements.iter().filter(|statement| statement["sid"] == json!("SharedModels")).collect();
    assert_eq!(shared.len(), 1);
    assert_eq!(shared[0]["actions"], json!(["elasticfilesystem:ClientMount"]));
    for statement in &statements {
        let actions = statement["actions"].as_array().unwrap();
        assert!(actions.iter().all(|action| !action.as_str().unwrap().contains('*')), "least privilege: {statement}");
    }
}

#[test]
fn secrets_reach_containers_by_reference_only() {
    let design = design("regional.tfvars");
    let container = &node(&design, "celery-task-definition").inputs["containers"][0];
    let names: Vec<&String> = container["secrets"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["DATABASE_PASSWORD", "DATABASE_USER", "DJANGO_SECRET_KEY", "REDIS_AUTH_TOKEN"]);
    let environment = container["environment"].as_object().unwrap();
    assert!(environment.keys().all(|name| !name.contains("PASSWORD") && !name.starts_with("AWS_SECRET")));
    assert_eq!(environment["DJANGO_ALLOWED_HOSTS"], json!("*"));
}

#[test]
fn the_health_check_is_the_seeds() {
    let design = design("regional.tfvars");
    let check = &node(&design, "django-target-group").inputs["health_check"];
    assert_eq!(check["path"], json!("/admin/"));
    assert_eq!(check["matcher"], json!("200,301,302"));
    assert_eq!(
        (&check["interval_seconds"], &check["healthy_threshold"], &check["unhealthy_threshold"]),
        (&json!(30), &json!(2), &json!(2))
    );
}

#[test]
fn only_what_autoscales_has_a_scalable_target() {
    let scaled =
        |file: &str| design(file).graph.nodes().filter(|node| node.id.as_str().ends_with("-scalable-target")).count();
    assert_eq!((scaled("clinic.tfvars"), scaled("regional.tfvars")), (0, 2));
}

#[test]
fn five_services_of_a_tenant_s_own_take_the_place_of_the_preset() {
    let design = design("docuthinker.toml");
    let services = design.graph.nodes().filter(|node| node.kind.as_str() == "ecs:Service").count();
    assert_eq!(services, 5);
    assert!(design.graph.get(&"django-service".parse().unwrap()).is_none());
}
