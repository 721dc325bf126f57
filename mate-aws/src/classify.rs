//! AWS's errors, classified once, by code and never by text.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use mate_core::ids::Address;
use mate_core::provider::{Created, ErrorClass, ProviderError};

/// Turns a failed call into a [`ProviderError`]: `.map_err(failed(address, "rds:CreateDBInstance"))`.
///
/// Whether the call only reads is told by its name (`Describe`, `Get`, `List`, `Head`): a lost answer to a read is
/// transient, to a write it is ambiguous.
pub fn failed<E, R>(address: &Address, operation: &str) -> impl FnOnce(SdkError<E, R>) -> ProviderError
where
    E: ProvideErrorMetadata,
{
    move |error| classify(address, operation, &error)
}

/// `None` for what is not there.
pub(crate) fn if_found<T>(answer: Result<T, ProviderError>) -> Result<Option<T>, ProviderError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.class == ErrorClass::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A failure behind a create that succeeded: it says what exists, and "not found" is only "not yet seen".
pub(crate) fn behind(created: &Created) -> impl FnOnce(ProviderError) -> ProviderError {
    move |mut error| {
        if error.class == ErrorClass::NotFound {
            error.class = ErrorClass::EventualConsistency;
            error.retry = error.class.retry();
        }
        error.with_created(created.clone())
    }
}

fn classify<E, R>(address: &Address, operation: &str, error: &SdkError<E, R>) -> ProviderError
where
    E: ProvideErrorMetadata,
{
    let lost = if reads(operation) { ErrorClass::Transient } else { ErrorClass::Ambiguous };
    let simple = |class, message: &str| ProviderError::new(class, operation, address.clone()).with_message(message);
    match error {
        SdkError::ConstructionFailure(_) => simple(ErrorClass::Bug, "the request could not be built"),
        SdkError::TimeoutError(_) => simple(lost, "no answer in time"),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => simple(lost, "no answer in time"),
        SdkError::DispatchFailure(failure) if failure.is_user() => {
            simple(ErrorClass::Denied, "the request could not be sent: no valid credentials or endpoint")
        }
        SdkError::DispatchFailure(failure) if failure.is_io() => simple(lost, "the connection failed"),
        SdkError::DispatchFailure(_) => simple(lost, "the request could not be sent"),
        SdkError::ResponseError(_) => simple(lost, "the answer was broken"),
        SdkError::ServiceError(service) => {
            let meta = service.err().meta();
            let class = meta.code().map_or(lost, |code| class_of(code, lost));
            let mut failure = ProviderError::new(class, operation, address.clone());
            failure.code = meta.code().map(str::to_owned);
            failure.message = meta.message().map(str::to_owned);
            failure.request_id = meta.extra("aws_request_id").map(str::to_owned);
            failure
        }
        _ => simple(lost, "the call failed"),
    }
}

fn reads(operation: &str) -> bool {
    let call = operation.split_once(':').map_or(operation, |(_, call)| call);
    ["Describe", "Get", "List", "Head"].iter().any(|verb| call.starts_with(verb))
}

/// The class of an AWS error code. Codes from the services' API references.
pub(crate) fn class_of(code: &str, lost: ErrorClass) -> ErrorClass {
    use ErrorClass as C;
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "SlowDown"
        | "PriorRequestNotComplete"
        | "ProvisionedThroughputExceededException"
        | "TransactionInProgressException"
        | "EC2ThrottledException" => C::Throttled,

        "InternalError"
        | "InternalFailure"
        | "InternalServerError"
        | "InternalServiceError"
        | "InternalServiceErrorException"
        | "InternalServiceException"
        | "ServerException"
        | "ServiceFailure"
        | "ServiceFailureException"
        | "InternalErrorException"
        | "WAFTagOperationInternalErrorException"
        | "KMSInternalException"
        | "InternalServerErrorException"
        | "WAFInternalErrorException" => lost,
        "PaginationTokenExpiredException" => C::Transient,
        "ServiceUnavailable"
        | "ServiceUnavailableException"
        | "Unavailable"
        | "RequestTimeout"
        | "RequestTimeoutException"
        | "DependencyTimeout"
        | "DependencyTimeoutException" => lost,

        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "SignatureDoesNotMatch"
        | "AuthFailure"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "MissingAuthenticationToken"
        | "NotAuthorizedException"
        | "OptInRequired"
        | "InvalidAccessKeyId"
        | "RequestExpired"
        | "KMSKeyNotAccessibleFault"
        | "AuthorizationNotFound"
        | "BlockedException"
        | "InsufficientDependencyServiceAccessPermissionException"
        | "FailedResourceAccessException" => C::Denied,

        "InsufficientDBInstanceCapacity"
        | "InsufficientCacheClusterCapacity"
        | "InsufficientInstanceCapacity"
        | "InsufficientThroughputCapacity"
        | "NoAvailableCapacity"
        | "NoFreeAddressesInSubnet"
        | "InsufficientFreeAddressesInSubnet"
        | "InsufficientAddressCapacity"
        | "ProvisionedIopsNotAvailableInAZFault"
        | "InsufficientDBInstanceCapacityFault" => C::Capacity,

        "DependencyViolation"
        | "ResourceInUse"
        | "ResourceInUseException"
        | "DeleteConflict"
        | "DeleteConflictException"
        | "FileSystemInUse"
        | "BucketNotEmpty"
        | "ClusterContainsContainerInstancesException"
        | "ClusterContainsServicesException"
        | "ClusterContainsTasksException"
        | "RepositoryNotEmptyException"
        | "InvalidGroup.InUse"
        | "InvalidIPAddress.InUse"
        | "InvalidDBSubnetGroupStateFault"
        | "InvalidDBParameterGroupState"
        | "CacheSubnetGroupInUse"
        | "SubnetInUse"
        | "SubnetAlreadyInUse"
        | "WAFAssociatedItemException"
        | "HostedZoneNotEmpty"
        // CloudTrail: what the trail needs is missing, or its policy cannot be seen yet.
        | "InsufficientS3BucketPolicyException"
        | "InsufficientEncryptionPolicyException"
        | "S3BucketDoesNotExistException"
        | "KmsKeyNotFoundException"
        | "CertificateNotFound"
        | "UnsupportedCertificate" => C::Dependency,

        "IncorrectFileSystemLifeCycleState"
        | "InvalidDBInstanceState"
        | "InvalidDBSubnetStateFault"
        | "InvalidReplicationGroupState"
        | "InvalidReplicationGroupStateFault"
        | "InvalidCacheClusterState"
        | "OperationAborted"
        | "OperationAbortedException"
        | "OperationInProgress"
        | "ConcurrentModification"
        | "ConcurrentModificationException"
        | "ConcurrentUpdateException"
        | "UpdateInProgressException"
        | "ServiceNotActiveException"
        | "WAFUnavailableEntityException"
        | "ConflictException"
        | "IncorrectState"
        | "IncorrectMountTargetState"
        | "ConcurrentAccess"
        | "WAFOptimisticLockException"
        | "WAFTagOperationException"
        // KMS: the state of the key, which is on its way to another.
        | "KMSInvalidStateException"
        | "RequestInProgressException" => C::Conflict,

        "AlreadyExists"
        | "AlreadyExistsException"
        | "EntityAlreadyExists"
        | "EntityAlreadyExistsException"
        | "ResourceExistsException"
        | "ResourceAlreadyExistsException"
        | "BucketAlreadyExists"
        | "BucketAlreadyOwnedByYou"
        | "DBInstanceAlreadyExists"
        | "DBSubnetGroupAlreadyExists"
        | "DBParameterGroupAlreadyExists"
        | "CacheSubnetGroupAlreadyExists"
        | "ReplicationGroupAlreadyExists"
        | "ReplicationGroupAlreadyExistsFault"
        | "DuplicateLoadBalancerName"
        | "DuplicateTargetGroupName"
        | "DuplicateListener"
        | "PriorityInUse"
        | "FileSystemAlreadyExists"
        | "FlowLogAlreadyExists"
        | "RepositoryAlreadyExistsException"
        | "AccessPointAlreadyExists"
        | "MountTargetConflict"
        | "InvalidGroup.Duplicate"
        | "InvalidSubnet.Conflict"
        | "Resource.AlreadyAssociated"
        | "RouteAlreadyExists"
        | "InvalidPermission.Duplicate"
        | "DuplicateProviderException"
        | "WAFDuplicateItemException"
        | "HostedZoneAlreadyExists"
        | "TrailAlreadyExistsException"
        | "SnapshotAlreadyExistsFault"
        | "DBSnapshotAlreadyExists" => C::AlreadyExists,

        "Blocked"
        | "LimitExceededFault"
        | "Client.QuotaExceeded"
        | "TargetGroupAssociationLimit"
        | "WAFLimitsExceededException"
        | "DelegationSetNotAvailable"
        | "MaximumNumberOfTrailsExceededException" => C::Quota,

        // Not absence: a name in the request that AWS does not know.
        "SSLPolicyNotFound" => C::Invalid,

        code if code.ends_with("NotFound")
            || code.ends_with("NotFoundException")
            || code.ends_with("NotFoundFault")
            || code.starts_with("NoSuch")
            || matches!(
                code,
                "NotFoundFailure"
                    | "ServerSideEncryptionConfigurationNotFoundError"
                    | "WAFNonexistentItemException"
                    | "ClusterNotFoundException"
                    | "404"
            ) =>
        {
            C::NotFound
        }
        // Quotas come after throttles: `RequestLimitExceeded` and `BandwidthLimitExceeded` are throttles.
        code if code.contains("LimitExceeded")
            || code.contains("QuotaExceeded")
            || code.starts_with("TooMany")
            || code.ends_with("QuotaExceededFault")
            // ElastiCache: `NodeQuotaForCustomerExceeded`, `TagQuotaPerResourceExceeded`.
            || code.contains("Quota") && code.ends_with("Exceeded")
            || code.ends_with("LimitExceededException") =>
        {
            C::Quota
        }
        "InvalidParameterException" | "InvalidRequestException" | "ValidationException" | "ValidationError" => {
            C::Invalid
        }
        code if code.starts_with("Invalid")
            || code.starts_with("Malformed")
            || code.starts_with("Missing")
            || code.starts_with("Unsupported")
            || code.starts_with("Validation")
            || code.ends_with("NotSupported")
            || code.ends_with("Exception") && code.contains("Invalid") =>
        {
            C::Invalid
        }
        "ClientException" | "BadRequest" | "OperationNotPermitted" | "DBUpgradeDependencyFailure" => C::Invalid,
        _ => C::Invalid,
    }
}

#[cfg(test)]
mod tests {
    use mate_core::provider::RetryStatus;

    use super::*;

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
        let created = Created {
            physical_id: "sg-1".into(),
            status: mate_core::provider::Status::Ready,
            outputs: Default::default(),
        };
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
}
