//! Every class by its codes, and that no code that the SDK models is forgotten.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use aws_smithy_mocks::mock;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use mate_core::provider::RetryStatus;

use super::*;
use crate::drivers::testing::client;

#[test]
fn a_quota_is_no_throttle() {
    assert_eq!(class_of("LimitExceededException", ErrorClass::Ambiguous), ErrorClass::Quota);
    assert_eq!(class_of("RequestLimitExceeded", ErrorClass::Ambiguous), ErrorClass::Throttled);
}

#[test]
fn a_group_in_use_is_a_dependency_and_not_invalid() {
    assert_eq!(class_of("InvalidGroup.InUse", ErrorClass::Ambiguous), ErrorClass::Dependency);
}

#[test]
fn behind_a_create_absence_is_not_yet_seen() {
    let created =
        Created { physical_id: "sg-1".into(), status: mate_core::provider::Status::Ready, outputs: Default::default() };
    let address = crate::drivers::testing::address("group");
    let error = ProviderError::new(ErrorClass::NotFound, "ec2:AuthorizeSecurityGroupEgress", address);
    let error = behind(&created)(error);
    assert_eq!((error.class, error.retry), (ErrorClass::EventualConsistency, RetryStatus::Temporary));
    assert_eq!(error.created.as_deref(), Some(&created));
}

#[test]
fn a_lost_answer_is_ambiguous_for_writes_only() {
    assert!(reads("ec2:DescribeSecurityGroups") && reads("s3:HeadBucket"));
    assert!(!reads("rds:CreateDBInstance") && !reads("ecs:RegisterTaskDefinition"));
}

#[test]
fn absence_in_every_service_s_words() {
    for code in [
        "DBInstanceNotFound",
        "ReplicationGroupNotFoundFault",
        "LoadBalancerNotFound",
        "NoSuchEntity",
        "ResourceNotFoundException",
        "NoSuchHostedZone",
        "FileSystemNotFound",
        "InvalidGroup.NotFound",
        "ServerSideEncryptionConfigurationNotFoundError",
        "NotFound",
    ] {
        assert_eq!(class_of(code, ErrorClass::Ambiguous), ErrorClass::NotFound, "{code}");
    }
}

#[test]
fn the_data_services_codes() {
    for (code, class) in [
        ("NodeQuotaForCustomerExceeded", ErrorClass::Quota),
        ("ClusterQuotaForCustomerExceeded", ErrorClass::Quota),
        ("TagQuotaPerResourceExceeded", ErrorClass::Quota),
        ("InstanceQuotaExceeded", ErrorClass::Quota),
        ("FileSystemLimitExceeded", ErrorClass::Quota),
        ("NoFreeAddressesInSubnet", ErrorClass::Capacity),
        ("ProvisionedIopsNotAvailableInAZFault", ErrorClass::Capacity),
        ("SubnetInUse", ErrorClass::Dependency),
        ("SubnetAlreadyInUse", ErrorClass::Dependency),
        ("InvalidDBSubnetGroupStateFault", ErrorClass::Dependency),
        ("InvalidDBSubnetStateFault", ErrorClass::Conflict),
        ("InvalidReplicationGroupState", ErrorClass::Conflict),
        ("IncorrectMountTargetState", ErrorClass::Conflict),
        ("KMSKeyNotAccessibleFault", ErrorClass::Denied),
        ("SnapshotAlreadyExistsFault", ErrorClass::AlreadyExists),
        ("InvalidVPCNetworkStateFault", ErrorClass::Invalid),
        ("DependencyTimeout", ErrorClass::Ambiguous),
    ] {
        assert_eq!(class_of(code, ErrorClass::Ambiguous), class, "{code}");
    }
}

#[test]
fn the_network_s_codes() {
    for (code, class) in [
        ("InvalidIPAddress.InUse", ErrorClass::Dependency),
        ("DependencyViolation", ErrorClass::Dependency),
        ("InvalidSubnet.Conflict", ErrorClass::AlreadyExists),
        ("Resource.AlreadyAssociated", ErrorClass::AlreadyExists),
        ("RouteAlreadyExists", ErrorClass::AlreadyExists),
        ("InsufficientFreeAddressesInSubnet", ErrorClass::Capacity),
        ("InsufficientAddressCapacity", ErrorClass::Capacity),
        ("AddressLimitExceeded", ErrorClass::Quota),
        ("NatGatewayLimitExceeded", ErrorClass::Quota),
        ("VpcLimitExceeded", ErrorClass::Quota),
        ("NatGatewayNotFound", ErrorClass::NotFound),
        ("InvalidAllocationID.NotFound", ErrorClass::NotFound),
        ("InvalidVpcRange", ErrorClass::Invalid),
    ] {
        assert_eq!(class_of(code, ErrorClass::Ambiguous), class, "{code}");
    }
}

#[test]
fn the_platform_s_codes() {
    for (code, class) in [
        ("ClusterContainsContainerInstancesException", ErrorClass::Dependency),
        ("ClusterContainsServicesException", ErrorClass::Dependency),
        ("ClusterContainsTasksException", ErrorClass::Dependency),
        ("RepositoryNotEmptyException", ErrorClass::Dependency),
        ("OperationInProgress", ErrorClass::Conflict),
        ("UpdateInProgressException", ErrorClass::Conflict),
        ("FlowLogAlreadyExists", ErrorClass::AlreadyExists),
        ("RepositoryAlreadyExistsException", ErrorClass::AlreadyExists),
        ("FlowLogsLimitExceeded", ErrorClass::Quota),
        ("VpcEndpointLimitExceeded", ErrorClass::Quota),
        ("ClusterNotFoundException", ErrorClass::NotFound),
        ("InvalidFlowLogId.NotFound", ErrorClass::NotFound),
        ("InvalidVpcEndpointId.NotFound", ErrorClass::NotFound),
        ("RepositoryNotFoundException", ErrorClass::NotFound),
    ] {
        assert_eq!(class_of(code, ErrorClass::Ambiguous), class, "{code}");
    }
}

#[test]
fn a_certificate_that_is_not_issued_yet_is_waited_for() {
    for code in ["CertificateNotFound", "UnsupportedCertificate"] {
        assert_eq!(class_of(code, ErrorClass::Ambiguous), ErrorClass::Dependency, "{code}");
    }
    assert_eq!(class_of("SSLPolicyNotFound", ErrorClass::Ambiguous), ErrorClass::Invalid);
}

#[test]
fn the_firewall_s_codes() {
    for (code, class) in [
        ("WAFDuplicateItemException", ErrorClass::AlreadyExists),
        ("WAFOptimisticLockException", ErrorClass::Conflict),
        ("WAFTagOperationException", ErrorClass::Conflict),
        ("WAFTagOperationInternalErrorException", ErrorClass::Ambiguous),
        ("WAFAssociatedItemException", ErrorClass::Dependency),
        ("WAFLimitsExceededException", ErrorClass::Quota),
        ("WAFNonexistentItemException", ErrorClass::NotFound),
        ("WAFInvalidParameterException", ErrorClass::Invalid),
    ] {
        assert_eq!(class_of(code, ErrorClass::Ambiguous), class, "{code}");
    }
}

#[test]
fn the_codes_of_keys_zones_and_trails() {
    for (code, class) in [
        ("HostedZoneNotEmpty", ErrorClass::Dependency),
        ("HostedZoneAlreadyExists", ErrorClass::AlreadyExists),
        ("TooManyHostedZones", ErrorClass::Quota),
        ("DelegationSetNotAvailable", ErrorClass::Quota),
        ("InsufficientS3BucketPolicyException", ErrorClass::Dependency),
        ("InsufficientEncryptionPolicyException", ErrorClass::Dependency),
        ("S3BucketDoesNotExistException", ErrorClass::Dependency),
        ("KmsKeyNotFoundException", ErrorClass::Dependency),
        ("TrailAlreadyExistsException", ErrorClass::AlreadyExists),
        ("TrailNotFoundException", ErrorClass::NotFound),
        ("MaximumNumberOfTrailsExceededException", ErrorClass::Quota),
        ("InsufficientDependencyServiceAccessPermissionException", ErrorClass::Denied),
        ("KMSInvalidStateException", ErrorClass::Conflict),
        ("KMSInternalException", ErrorClass::Ambiguous),
        ("DependencyTimeoutException", ErrorClass::Ambiguous),
        ("LimitExceededException", ErrorClass::Quota),
        ("MalformedPolicyDocumentException", ErrorClass::Invalid),
    ] {
        assert_eq!(class_of(code, ErrorClass::Ambiguous), class, "{code}");
    }
}

#[test]
fn a_listener_s_limits_and_scaling_s_internals() {
    assert_eq!(class_of("TargetGroupAssociationLimit", ErrorClass::Ambiguous), ErrorClass::Quota);
    assert_eq!(class_of("InternalServiceException", ErrorClass::Ambiguous), ErrorClass::Ambiguous);
    assert_eq!(class_of("FailedResourceAccessException", ErrorClass::Ambiguous), ErrorClass::Denied);
}

/// A line an operation: its name, and the codes that the SDK models for it. Made by `codes.py`.
const LIST: &str = include_str!("codes.txt");

/// The verbs with which the names of AWS's operations begin.
const VERBS: [&str; 38] = [
    "Add",
    "Allocate",
    "Associate",
    "Attach",
    "Authorize",
    "Change",
    "Create",
    "Decrease",
    "Delete",
    "Deregister",
    "Describe",
    "Detach",
    "Disable",
    "Disassociate",
    "Enable",
    "Get",
    "Head",
    "Increase",
    "List",
    "Modify",
    "Put",
    "Register",
    "Release",
    "Remove",
    "Replace",
    "Request",
    "Reset",
    "Restore",
    "Revoke",
    "Schedule",
    "Set",
    "Start",
    "Stop",
    "Subscribe",
    "Tag",
    "Unsubscribe",
    "Untag",
    "Update",
];

fn is_operation(text: &str) -> bool {
    let Some((service, call)) = text.split_once(':') else { return false };
    let verb = |verb: &&str| {
        call.strip_prefix(*verb).is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_uppercase))
    };
    !service.is_empty()
        && service.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-')
        && call.chars().all(|one| one.is_ascii_alphanumeric())
        && VERBS.iter().any(verb)
}

/// The sources of this crate, but for its tests and for what names actions of policies.
fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap();
        if path.is_dir() && !["policy", "classify", "quotas", "tests"].contains(&name) {
            sources(&path, into);
        } else if name.ends_with(".rs") && !["tests.rs", "testing.rs"].contains(&name) {
            into.push(path);
        }
    }
}

#[test]
fn no_code_that_the_sdk_models_is_left_to_the_default() {
    let codes: BTreeSet<&str> = LIST.lines().flat_map(|line| line.split(' ').skip(1)).collect();
    assert!(codes.len() > 300, "{} codes", codes.len());
    let forgotten: Vec<_> =
        codes.into_iter().filter(|code| table::class(code, ErrorClass::Ambiguous).is_none()).collect();
    assert!(forgotten.is_empty(), "{forgotten:?}");
    assert_eq!(table::class("SomethingNew", ErrorClass::Ambiguous), None);
}

#[test]
fn every_operation_that_is_named_is_in_the_list() {
    let listed: BTreeSet<&str> = LIST.lines().filter_map(|line| line.split(' ').next()).collect();
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    let mut named = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        named.extend(text.split('"').filter(|word| is_operation(word)).map(str::to_owned));
    }
    assert!(named.len() > 250, "{} operations", named.len());
    let unlisted: Vec<_> = named.iter().filter(|name| !listed.contains(name.as_str())).collect();
    assert!(unlisted.is_empty(), "run codes.py: {unlisted:?}");
    let unused: Vec<_> = listed.iter().filter(|name| !named.contains(**name)).collect();
    assert!(unused.is_empty(), "run codes.py: {unused:?}");
}

#[test]
fn what_has_no_known_code_is_told_by_its_status() {
    for (status, class) in [
        (200, ErrorClass::Ambiguous),
        (301, ErrorClass::Invalid),
        (400, ErrorClass::Invalid),
        (401, ErrorClass::Denied),
        (403, ErrorClass::Denied),
        (404, ErrorClass::NotFound),
        (408, ErrorClass::Ambiguous),
        (409, ErrorClass::Conflict),
        (412, ErrorClass::Conflict),
        (418, ErrorClass::Invalid),
        (429, ErrorClass::Throttled),
        (500, ErrorClass::Ambiguous),
        (503, ErrorClass::Ambiguous),
    ] {
        for code in [None, Some("SomethingNew")] {
            assert_eq!(class_of_answer(code, status, ErrorClass::Ambiguous), class, "{status} {code:?}");
        }
    }
    assert_eq!(class_of_answer(None, 502, ErrorClass::Transient), ErrorClass::Transient);
    assert_eq!(class_of_answer(Some("SlowDown"), 503, ErrorClass::Ambiguous), ErrorClass::Throttled);
    assert_eq!(class_of_answer(Some("DBInstanceNotFound"), 503, ErrorClass::Ambiguous), ErrorClass::NotFound);
}

#[tokio::test]
async fn an_answer_of_aws_is_told_by_code_then_status_and_keeps_its_request_id() {
    let answered = |status: u16, body: &'static str| async move {
        let rule = mock!(aws_sdk_rds::Client::delete_db_instance).then_http_response(move || {
            let mut answer = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
            answer.headers_mut().insert("x-amzn-requestid", "request-1");
            answer
        });
        let client = client!(aws_sdk_rds, [rule]);
        let address = crate::drivers::testing::address("database");
        let answer = client.delete_db_instance().db_instance_identifier("db").send().await;
        answer.map_err(failed(&address, "rds:DeleteDBInstance")).unwrap_err()
    };
    let known =
        "<ErrorResponse><Error><Code>InvalidDBInstanceState</Code><Message>busy</Message></Error></ErrorResponse>";
    let new = "<ErrorResponse><Error><Code>SomethingNew</Code><Message>new</Message></Error></ErrorResponse>";
    for (status, body, class) in [
        (400, known, ErrorClass::Conflict),
        (400, new, ErrorClass::Invalid),
        (409, new, ErrorClass::Conflict),
        (429, new, ErrorClass::Throttled),
        (500, new, ErrorClass::Ambiguous),
        (503, "<html>no server for you</html>", ErrorClass::Ambiguous),
        (403, "", ErrorClass::Denied),
    ] {
        let error = answered(status, body).await;
        assert_eq!(error.class, class, "{status} {body}");
        if body == new {
            assert_eq!((error.code.as_deref(), error.request_id.as_deref()), (Some("SomethingNew"), Some("request-1")));
        }
    }
}

#[test]
fn a_state_that_passes_and_a_key_that_may_not_be_used_are_no_wrong_input() {
    for (code, class) in [
        ("InvalidDBClusterStateFault", ErrorClass::Conflict),
        ("TrustStoreNotReady", ErrorClass::Conflict),
        ("NoOperationFault", ErrorClass::Conflict),
        ("KmsKeyDisabledException", ErrorClass::Denied),
        ("DecryptionFailure", ErrorClass::Denied),
        ("ServiceLinkedRoleNotFoundFault", ErrorClass::Dependency),
        ("ClusterContainsCapacityProviderException", ErrorClass::Dependency),
        ("InvalidNetworkInterface.InUse", ErrorClass::Dependency),
        ("InvalidKeyPair.Duplicate", ErrorClass::AlreadyExists),
        ("DBSubnetGroupAlreadyExists", ErrorClass::AlreadyExists),
        ("RulesPerSecurityGroupLimitExceeded", ErrorClass::Quota),
        ("CacheSubnetQuotaExceededFault", ErrorClass::Quota),
        ("InsufficientHostCapacity", ErrorClass::Capacity),
        ("TagPolicyException", ErrorClass::Invalid),
    ] {
        assert_eq!(class_of(code, ErrorClass::Ambiguous), class, "{code}");
    }
}

fn answered(status: u16, body: &'static str) -> ProviderError {
    let mut answer = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::from(body));
    answer.headers_mut().insert("x-amzn-requestid", "4442587F");
    let error: SdkError<aws_sdk_iam::operation::get_role::GetRoleError, _> =
        SdkError::service_error(aws_sdk_iam::operation::get_role::GetRoleError::generic(Default::default()), answer);
    classify(&crate::drivers::testing::address("role"), "iam:GetRole", &error)
}

#[test]
fn an_error_without_code_and_message_tells_status_body_and_request() {
    let error = answered(400, "<html>\n <h1>Bad gateway configuration</h1></html>");
    assert_eq!(error.class, ErrorClass::Invalid);
    assert_eq!(
        error.to_string(),
        "iam:GetRole for acme/dev/thing failed (invalid, HTTP 400): <html> <h1>Bad gateway \
         configuration</h1></html> [request 4442587F]"
            .replace("acme/dev/thing", &error.address.to_string())
    );
}

#[test]
fn the_advice_for_an_error_without_a_message_names_none() {
    let error = answered(400, "");
    assert_eq!(error.message, None);
    assert!(!error.advice().contains("what the message says"), "{}", error.advice());
    assert!(error.to_string().contains("HTTP 400") && error.to_string().contains("4442587F"), "{error}");
}
