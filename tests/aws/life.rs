//! The clinic on an emulator, and what AWS's own client says of it.

use mate::model::ids::{NodeId, TenantId};
use mate::spec::TenantSpec;
use serde_json::{Value, json};

use crate::world::{World, example};

/// A tenant on an emulator of its own.
pub(crate) struct Clinic {
    pub(crate) world: World,
    pub(crate) spec: TenantSpec,
}

pub(crate) fn node(id: &str) -> NodeId {
    id.parse().unwrap()
}

impl Clinic {
    /// Not provisioned yet.
    pub(crate) async fn new() -> Self {
        let spec = example("clinic.tfvars").into_builder().with_deletion_protection(false).build().unwrap();
        Self { world: World::new().await, spec }
    }

    pub(crate) async fn provisioned() -> Self {
        let clinic = Self::new().await;
        clinic.world.mate.provision(&clinic.spec).await.unwrap();
        clinic
    }

    pub(crate) fn id(&self) -> TenantId {
        self.spec.id()
    }

    pub(crate) fn aws(&self, arguments: &[&str]) -> Value {
        self.world.aws(arguments)
    }

    pub(crate) fn services(&self) -> Vec<Value> {
        const SERVICES: [&str; 3] = ["mate-clinic-dev-django", "mate-clinic-dev-celery", "mate-clinic-dev-beat"];
        let arguments = [&["ecs", "describe-services", "--cluster", "mate-dev", "--services"], &SERVICES[..]].concat();
        self.aws(&arguments)["services"].as_array().unwrap().clone()
    }

    /// The image that the tasks of a service are started from.
    pub(crate) fn image(&self, service: &Value) -> String {
        let definition = service["taskDefinition"].as_str().unwrap();
        let definition = self.aws(&["ecs", "describe-task-definition", "--task-definition", definition]);
        definition["taskDefinition"]["containerDefinitions"][0]["image"].as_str().unwrap().to_owned()
    }

    /// The tasks that have ended, by `--family` or by `--service-name`.
    pub(crate) fn ended(&self, by: [&str; 2]) -> Vec<Value> {
        let cluster = ["--cluster", "mate-dev"];
        let stopped = ["--desired-status", "STOPPED"];
        let listed = self.aws(&[&["ecs", "list-tasks"], &cluster[..], &stopped[..], &by[..]].concat());
        let arns: Vec<&str> = listed["taskArns"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        if arns.is_empty() {
            return Vec::new();
        }
        let described = self.aws(&[&["ecs", "describe-tasks"], &cluster[..], &["--tasks"], &arns[..]].concat());
        described["tasks"].as_array().unwrap().clone()
    }

    /// Pushes an image of its own under this tag, and gives its digest. The tasks of `exit-N` end with the code N.
    pub(crate) fn push(&self, tag: &str) -> String {
        self.tag(tag, tag)
    }

    /// Gives the image that was pushed as `image` this tag.
    pub(crate) fn tag(&self, image: &str, tag: &str) -> String {
        let layer = json!({"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 1,
            "digest": format!("sha256:{image}")});
        let config = json!({"mediaType": "application/vnd.docker.container.image.v1+json", "size": 1,
            "digest": format!("sha256:{image}")});
        let manifest = json!({"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": config, "layers": [layer]});
        let image = ["--image-tag", tag, "--image-manifest", &manifest.to_string()];
        let pushed = self.aws(&[&["ecr", "put-image", "--repository-name", "mate-django-dev"], &image[..]].concat());
        pushed["image"]["imageId"]["imageDigest"].as_str().unwrap().to_owned()
    }

    pub(crate) fn database(&self) -> Value {
        self.aws(&["rds", "describe-db-instances"])["DBInstances"][0].clone()
    }

    fn database_group(&self) -> Value {
        let filter = ["--filters", "Name=group-name,Values=mate-clinic-dev-rds-sg"];
        self.aws(&[&["ec2", "describe-security-groups"], &filter[..]].concat())["SecurityGroups"][0].clone()
    }

    /// Lets the whole world reach the database, as a hand in the console would.
    pub(crate) fn open_the_database(&self) {
        let group = self.database_group()["GroupId"].as_str().unwrap().to_owned();
        let rule = ["--group-id", &group, "--protocol", "tcp", "--port", "5432", "--cidr", "0.0.0.0/0"];
        self.aws(&[&["ec2", "authorize-security-group-ingress"], &rule[..]].concat());
        assert!(self.database_is_open());
    }

    pub(crate) fn database_is_open(&self) -> bool {
        self.database_group()["IpPermissions"].to_string().contains("0.0.0.0/0")
    }

    pub(crate) fn untag(&self, tag: &str) {
        let image = ["--repository-name", "mate-django-dev", "--image-ids", &format!("imageTag={tag}")];
        self.aws(&[&["ecr", "batch-delete-image"], &image[..]].concat());
    }

    pub(crate) fn secret(&self, name: &str) -> String {
        let answer = self.aws(&["secretsmanager", "get-secret-value", "--secret-id", name]);
        answer["SecretString"].as_str().unwrap().to_owned()
    }

    /// Database and cache take the values that their secrets have now, and no others.
    pub(crate) fn assert_credentials_taken(&self) {
        let taken: Value = serde_json::from_str(&self.world.emulator.script("credentials.py").unwrap()).unwrap();
        let database: Value = serde_json::from_str(&self.secret("mate-clinic-dev-database-credentials")).unwrap();
        assert!(taken["databases"]["mate-clinic-dev-db"] == database["password"], "the database has another password");
        let token = self.secret("mate-clinic-dev-redis-auth");
        assert!(taken["caches"]["mate-clinic-dev-redis"] == json!([token]), "the cache takes other tokens");
    }

    /// Nothing carries the tenant's tags but its final snapshot, and tasks that have ended: ECS forgets these by itself.
    pub(crate) fn assert_swept(&self) {
        let filter = ["--tag-filters", "Key=Tenant,Values=clinic"];
        let left = self.aws(&[&["resourcegroupstaggingapi", "get-resources"], &filter[..]].concat());
        let arns = left["ResourceTagMappingList"].as_array().unwrap().iter();
        let arns = arns.filter_map(|resource| resource["ResourceARN"].as_str());
        let left: Vec<&str> = arns.filter(|arn| !arn.contains(":snapshot:") && !arn.contains(":task/")).collect();
        assert!(left.is_empty(), "{left:?}");
        let running = self.aws(&["ecs", "list-tasks", "--cluster", "mate-dev", "--desired-status", "RUNNING"]);
        assert_eq!(running["taskArns"], json!([]));
        let roles = self.aws(&["iam", "list-roles", "--path-prefix", "/mate/dev/clinic/"]);
        assert_eq!(roles["Roles"], json!([]));
    }
}
