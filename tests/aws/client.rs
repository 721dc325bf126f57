//! The answers of AWS's own command-line client about a provisioned tenant: an independent witness.

use serde_json::{Value, json};

use crate::world::{World, example};

#[tokio::test(flavor = "multi_thread")]
async fn aws_s_own_client_shows_what_the_spec_says() {
    let world = World::new().await;
    world.mate.provision(&example("regional.tfvars")).await.unwrap();
    services(&world);
    task_definition(&world);
    database(&world);
    cache(&world);
    files(&world);
    load_balancer(&world);
    secrets(&world);
    bucket(&world);
    tags(&world);
}

fn services(world: &World) {
    let names = ["mate-regional-dev-django", "mate-regional-dev-celery", "mate-regional-dev-beat"];
    let answer =
        world.aws(&["ecs", "describe-services", "--cluster", "mate-dev", "--services", names[0], names[1], names[2]]);
    let services = answer["services"].as_array().unwrap();
    for (name, count) in names.iter().zip([2, 1, 1]) {
        let service = services.iter().find(|service| service["serviceName"] == **name).unwrap();
        assert_eq!(service["status"], "ACTIVE", "{name}");
        assert_eq!(service["desiredCount"], count, "{name}");
        let network = &service["networkConfiguration"]["awsvpcConfiguration"];
        assert_eq!(network["assignPublicIp"], "DISABLED", "{name}");
        assert_eq!(network["subnets"].as_array().unwrap().len(), 3, "{name}");
        assert_eq!(service["loadBalancers"].as_array().map_or(0, Vec::len), usize::from(count == 2), "{name}");
    }
    let targets = world.aws(&["application-autoscaling", "describe-scalable-targets", "--service-namespace", "ecs"]);
    let django = targets["ScalableTargets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|target| target["ResourceId"] == "service/mate-dev/mate-regional-dev-django")
        .unwrap();
    assert_eq!((&django["MinCapacity"], &django["MaxCapacity"]), (&json!(2), &json!(5)));
}

fn task_definition(world: &World) {
    let answer = world.aws(&["ecs", "describe-task-definition", "--task-definition", "mate-regional-dev-django"]);
    let definition = &answer["taskDefinition"];
    assert_eq!((&definition["cpu"], &definition["memory"]), (&json!("512"), &json!("1024")));
    assert_eq!(definition["networkMode"], "awsvpc");
    assert_ne!(definition["executionRoleArn"], definition["taskRoleArn"]);
    let container = &definition["containerDefinitions"][0];
    let environment = container["environment"].as_array().unwrap();
    let value = |name: &str| environment.iter().find(|pair| pair["name"] == name).map(|pair| &pair["value"]);
    assert_eq!(value("DJANGO_ALLOWED_HOSTS"), Some(&json!("*")));
    assert!(environment.iter().all(|pair| !pair["name"].as_str().unwrap().contains("PASSWORD")));
    let secrets: Vec<&str> =
        container["secrets"].as_array().unwrap().iter().filter_map(|secret| secret["name"].as_str()).collect();
    assert_eq!(secrets, ["DATABASE_PASSWORD", "DATABASE_USER", "DJANGO_SECRET_KEY", "REDIS_AUTH_TOKEN"]);
    let mounts = container["mountPoints"].as_array().unwrap();
    for (path, read_only) in [("/mnt/shared-models", true), ("/mnt/tenant-models", false), ("/mnt/tenant-data", false)]
    {
        let mount = mounts.iter().find(|mount| mount["containerPath"] == path).unwrap();
        assert_eq!(mount["readOnly"].as_bool().unwrap_or(false), read_only, "{path}");
    }
    for volume in definition["volumes"].as_array().unwrap() {
        let efs = &volume["efsVolumeConfiguration"];
        assert_eq!(efs["transitEncryption"], "ENABLED", "{volume}");
        assert_eq!(efs["authorizationConfig"]["iam"], "ENABLED", "{volume}");
    }
    assert_eq!(container["logConfiguration"]["options"]["awslogs-group"], "/ecs/mate-regional-dev/django");
}

fn database(world: &World) {
    let answer = world.aws(&["rds", "describe-db-instances", "--db-instance-identifier", "mate-regional-dev-db"]);
    let instance = &answer["DBInstances"][0];
    for (field, expected) in [
        ("DBInstanceClass", json!("db.t4g.small")),
        ("MultiAZ", json!(true)),
        ("AllocatedStorage", json!(20)),
        ("MaxAllocatedStorage", json!(100)),
        ("BackupRetentionPeriod", json!(7)),
        ("StorageEncrypted", json!(true)),
        ("PubliclyAccessible", json!(false)),
        ("Engine", json!("postgres")),
        ("KmsKeyId", json!(world.base.kms_key_arn)),
    ] {
        assert_eq!(instance[field], expected, "{field}");
    }
}

fn cache(world: &World) {
    let answer =
        world.aws(&["elasticache", "describe-replication-groups", "--replication-group-id", "mate-regional-dev-redis"]);
    let group = &answer["ReplicationGroups"][0];
    for field in ["TransitEncryptionEnabled", "AtRestEncryptionEnabled", "AuthTokenEnabled"] {
        assert_eq!(group[field], true, "{field}");
    }
    assert_eq!(group["AutomaticFailover"], "enabled", "two nodes fail over");
    assert_eq!(group["CacheNodeType"], "cache.t4g.small", "from the tier");
    assert_eq!(group["MemberClusters"].as_array().unwrap().len(), 2);
}

fn files(world: &World) {
    let systems = world.aws(&["efs", "describe-file-systems"]);
    let own = systems["FileSystems"]
        .as_array()
        .unwrap()
        .iter()
        .find(|system| system["FileSystemId"] != world.base.shared_file_system_id.as_str())
        .unwrap();
    assert_eq!(own["Encrypted"], true);
    let id = own["FileSystemId"].as_str().unwrap();
    let answer = world.aws(&["efs", "describe-access-points", "--file-system-id", id]);
    let mut roots: Vec<&str> = Vec::new();
    for point in answer["AccessPoints"].as_array().unwrap() {
        roots.push(point["RootDirectory"]["Path"].as_str().unwrap());
        assert_eq!(point["PosixUser"]["Uid"], 1000);
    }
    roots.sort_unstable();
    assert_eq!(roots, ["/data", "/models"]);
    let targets = world.aws(&["efs", "describe-mount-targets", "--file-system-id", id]);
    assert_eq!(targets["MountTargets"].as_array().unwrap().len(), 3);
}

fn load_balancer(world: &World) {
    let answer = world.aws(&["elbv2", "describe-load-balancers", "--names", "mate-regional-dev-alb"]);
    let balancer = &answer["LoadBalancers"][0];
    assert_eq!(balancer["Scheme"], "internet-facing");
    let arn = balancer["LoadBalancerArn"].as_str().unwrap();
    let answer = world.aws(&["elbv2", "describe-listeners", "--load-balancer-arn", arn]);
    let listeners = answer["Listeners"].as_array().unwrap();
    let on = |port: u16| listeners.iter().find(|listener| listener["Port"] == port).unwrap();
    assert_eq!(on(443)["Protocol"], "HTTPS");
    assert_eq!(on(443)["Certificates"][0]["CertificateArn"], world.base.certificate_arn.as_str());
    assert_eq!(on(443)["DefaultActions"][0]["Type"], "forward");
    let redirect = &on(80)["DefaultActions"][0];
    assert_eq!(redirect["RedirectConfig"]["StatusCode"], "HTTP_301");
    assert_eq!(redirect["RedirectConfig"]["Protocol"], "HTTPS");

    let answer = world.aws(&["elbv2", "describe-target-groups", "--names", "mate-regional-dev-django"]);
    let group = &answer["TargetGroups"][0];
    assert_eq!((&group["Port"], &group["TargetType"]), (&json!(8000), &json!("ip")));
    assert_eq!(group["HealthCheckPath"], "/admin/");
    assert_eq!(group["Matcher"]["HttpCode"], "200,301,302");
    assert_eq!((&group["HealthyThresholdCount"], &group["UnhealthyThresholdCount"]), (&json!(2), &json!(2)));

    let acl = world.aws(&["wafv2", "get-web-acl-for-resource", "--resource-arn", arn]);
    assert_eq!(acl["WebACL"]["ARN"].as_str(), world.base.web_acl_arn.as_deref());
    let zone = &world.base.hosted_zone_id;
    let records = world.aws(&["route53", "list-resource-record-sets", "--hosted-zone-id", zone]);
    let record = records["ResourceRecordSets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|record| record["Name"] == "regional.mate.sociant.ai.")
        .unwrap();
    let alias = record["AliasTarget"]["DNSName"].as_str().unwrap();
    assert!(alias.contains(balancer["DNSName"].as_str().unwrap()), "{alias}");
}

fn secrets(world: &World) {
    let answer = world.aws(&["secretsmanager", "list-secrets"]);
    let mut names: Vec<&str> =
        answer["SecretList"].as_array().unwrap().iter().filter_map(|secret| secret["Name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "mate-regional-dev-database-credentials",
            "mate-regional-dev-django-secret-key",
            "mate-regional-dev-redis-auth"
        ]
    );
}

fn bucket(world: &World) {
    let bucket = "mate-regional-dev-data-123456789012-us-east-1";
    let answer = world.aws(&["s3api", "get-bucket-encryption", "--bucket", bucket]);
    let rule = &answer["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"];
    assert_eq!(rule["SSEAlgorithm"], "aws:kms");
    assert_eq!(rule["KMSMasterKeyID"], world.base.kms_key_arn.as_str());
    let answer = world.aws(&["s3api", "get-bucket-versioning", "--bucket", bucket]);
    assert_eq!(answer["Status"], "Enabled");
    let answer = world.aws(&["s3api", "get-public-access-block", "--bucket", bucket]);
    let block = answer["PublicAccessBlockConfiguration"].as_object().unwrap().clone();
    assert!(block.len() == 4 && block.values().all(|value| *value == Value::Bool(true)), "{block:?}");
    let answer = world.aws(&["s3api", "get-bucket-policy", "--bucket", bucket]);
    assert!(answer["Policy"].as_str().unwrap().contains("aws:SecureTransport"));
}

fn tags(world: &World) {
    let answer =
        world.aws(&["resourcegroupstaggingapi", "get-resources", "--tag-filters", "Key=Tenant,Values=regional"]);
    let resources = answer["ResourceTagMappingList"].as_array().unwrap();
    for service in [
        ":ec2:",
        ":ecs:",
        ":rds:",
        ":elasticache:",
        ":elasticfilesystem:",
        ":elasticloadbalancing:",
        ":secretsmanager:",
        ":s3:",
        ":logs:",
    ] {
        assert!(
            resources.iter().any(|resource| resource["ResourceARN"].as_str().unwrap().contains(service)),
            "something of {service} carries the tenant's tag"
        );
    }
    for resource in resources {
        let tags = resource["Tags"].as_array().unwrap();
        for key in ["Environment", "ManagedBy", "Component", "CostCenter"] {
            assert!(tags.iter().any(|tag| tag["Key"] == key), "{key} of {resource}");
        }
    }
}
