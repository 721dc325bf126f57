//! The IAM actions that the driver of `secretsmanager:Secret` needs.
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html>

use crate::policy::Access::{Create, Delete, Discover, Read, Update};
use crate::policy::On::{Arn, KeyVia};
use crate::policy::{Actions, Grant};

pub(super) const ACTIONS: Actions = Actions::new(&[
    // By its name a secret that is not there is judged without the six characters that AWS puts behind it.
    Grant(
        Read,
        "secretsmanager",
        "DescribeSecret",
        Arn("secretsmanager:secret:{name} secretsmanager:secret:{name}-??????"),
    ),
    Grant(
        Create,
        "secretsmanager",
        "CreateSecret",
        Arn("secretsmanager:secret:{name} secretsmanager:secret:{name}-??????"),
    ),
    Grant(
        Update,
        "secretsmanager",
        "PutSecretValue RestoreSecret TagResource UntagResource UpdateSecret UpdateSecretVersionStage",
        Arn("secretsmanager:secret:{name} secretsmanager:secret:{name}-??????"),
    ),
    Grant(Update, "kms", "Decrypt GenerateDataKey", KeyVia("secretsmanager")),
    Grant(
        Delete,
        "secretsmanager",
        "DeleteSecret",
        Arn("secretsmanager:secret:{name} secretsmanager:secret:{name}-??????"),
    ),
    Grant(Discover, "secretsmanager", "DescribeSecret", Arn("secretsmanager:secret:*")),
]);
