//! The class of each AWS error code, from the services' API references.

use mate_core::provider::ErrorClass as C;

/// The class of a code; `None` for one that is not known. `lost` is the class of a call whose effect is not known.
pub(super) fn class(code: &str, lost: C) -> Option<C> {
    by_name(code, lost).or_else(|| by_form(code))
}

fn by_name(code: &str, lost: C) -> Option<C> {
    Some(match code {
        // What the SDK takes for throttles, but for `LimitExceededException`, which is a quota with most services.
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

        "PaginationTokenExpiredException" | "TemporaryRedirect" => C::Transient,
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
        | "InternalException"
        | "WAFTagOperationInternalErrorException"
        | "KMSInternalException"
        | "InternalServerErrorException"
        | "WAFInternalErrorException"
        | "HealthUnavailable"
        | "ServiceUnavailable"
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
        | "AuthorizationError"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "MissingAuthenticationToken"
        | "NotAuthorizedException"
        | "OptInRequired"
        | "PendingVerification"
        | "InvalidAccessKeyId"
        | "RequestExpired"
        | "AuthorizationNotFound"
        | "BlockedException"
        | "InsufficientDependencyServiceAccessPermissionException"
        | "FailedResourceAccessException"
        | "NotOrganizationMasterAccountException"
        | "OperationNotPermittedException"
        // EventBridge, of one entry.
        | "NotAuthorizedForSourceException"
        | "NotAuthorizedForDetailTypeException"
        // A key that may not be used, or is disabled: only who has the key can help.
        | "KMSKeyNotAccessibleFault"
        | "KmsKeyDisabledException"
        | "KmsException"
        | "DisabledException"
        | "EncryptionFailure"
        | "DecryptionFailure" => C::Denied,

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
        | "ClusterContainsCapacityProviderException"
        | "ClusterContainsContainerInstancesException"
        | "ClusterContainsServicesException"
        | "ClusterContainsTasksException"
        | "RepositoryNotEmptyException"
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
        | "InsufficientSnsTopicPolicyException"
        | "S3BucketDoesNotExistException"
        | "KmsKeyNotFoundException"
        // Not the object of the call: the role that AWS makes for the service at its first use.
        | "ServiceLinkedRoleNotFoundFault"
        | "CertificateNotFound"
        | "UnsupportedCertificate" => C::Dependency,

        "IncorrectFileSystemLifeCycleState"
        | "InvalidDBInstanceState"
        | "InvalidDBClusterStateFault"
        | "InvalidDBClusterEndpointStateFault"
        | "InvalidDBCapacityReservationState"
        | "InvalidDBSecurityGroupState"
        | "InvalidDBSubnetStateFault"
        | "InvalidReplicationGroupState"
        | "InvalidReplicationGroupStateFault"
        | "InvalidGlobalReplicationGroupState"
        | "InvalidCacheClusterState"
        | "InvalidCacheSecurityGroupState"
        | "InvalidServerlessCacheStateFault"
        | "InvalidServerlessCacheSnapshotStateFault"
        | "InvalidUserGroupState"
        // ElastiCache: the count is right by now, which another look shows.
        | "NoOperationFault"
        | "OperationAborted"
        | "OperationAbortedException"
        | "OperationInProgress"
        | "ConcurrentModification"
        | "ConcurrentModificationException"
        | "ConcurrentUpdateException"
        | "ConditionalRequestConflict"
        | "PreconditionFailed"
        | "UpdateInProgressException"
        | "UserImportInProgressException"
        | "CapacityReservationPending"
        | "TrustStoreNotReady"
        | "ServiceNotActiveException"
        | "WAFUnavailableEntityException"
        | "ConflictException"
        | "IncorrectState"
        | "IncorrectMountTargetState"
        | "ConcurrentAccess"
        // SNS: a tag of a deleted topic of the same name, which is on its way out.
        | "StaleTag"
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
        | "ConflictingDomainExists"
        | "DuplicateLoadBalancerName"
        | "DuplicateTargetGroupName"
        | "DuplicateListener"
        | "PriorityInUse"
        | "IpAddressInUse"
        | "MountTargetConflict"
        | "InvalidSubnet.Conflict"
        | "Resource.AlreadyAssociated"
        | "DuplicateProviderException"
        | "WAFDuplicateItemException"
        | "XksKeyAlreadyInUseException" => C::AlreadyExists,

        "Blocked"
        | "LimitExceededFault"
        | "Client.QuotaExceeded"
        | "ResourceCountExceeded"
        | "TargetGroupAssociationLimit"
        | "WAFLimitsExceededException"
        | "DelegationSetNotAvailable"
        | "MaximumNumberOfTrailsExceededException"
        // EFS: a throughput may be lowered once a day.
        | "TooManyRequests" => C::Quota,

        "NotFoundFailure"
        | "ServerSideEncryptionConfigurationNotFoundError"
        | "WAFNonexistentItemException"
        | "404" => C::NotFound,

        // Not absence: something that the request names and AWS does not know.
        "SSLPolicyNotFound" | "ALPNPolicyNotFound" | "WAFSubscriptionNotFoundException" => C::Invalid,

        "AvailabilityZonesMismatch"
        | "BadRequest"
        | "ClientException"
        | "CloudTrailAccessNotEnabledException"
        | "CloudWatchLogsDeliveryUnavailableException"
        | "DBSubnetGroupDoesNotCoverEnoughAZs"
        | "DBUpgradeDependencyFailure"
        | "DelegationSetNotReusable"
        | "DuplicateTagKeys"
        | "EncryptionTypeMismatch"
        | "FeatureUnavailableInTierException"
        | "InactiveEventDataStoreException"
        | "IncompatibleProtocols"
        // A VPC that does not fit the subnet group, not a state that passes.
        | "InvalidVPCNetworkStateFault"
        | "NoManagementAccountSLRExistsException"
        | "OperationNotEnabledException"
        | "OperationNotPermitted"
        | "OrganizationNotInAllFeaturesModeException"
        | "OrganizationsNotInUseException"
        | "PermanentRedirect"
        | "PlatformTaskDefinitionIncompatibilityException"
        | "PlatformUnknownException"
        | "PolicyNotAttachable"
        | "PreconditionNotMetException"
        | "RedactionFailure"
        | "ResourceTypeNotSupportedException"
        | "SnapshotFeatureNotSupportedFault"
        | "SubnetNotAllowedFault"
        | "TagException"
        | "TagPolicy"
        | "TagPolicyException"
        | "TierChangeNotAllowedException"
        | "TrailNotProvidedException"
        | "UnmodifiableEntity"
        | "UserPoolTaggingException"
        | "VpcEncryptionControlViolationException"
        | "WAFConfigurationWarningException"
        | "WAFExpiredManagedRuleGroupVersionException"
        | "WAFFeatureNotIncludedInPricingPlanException" => C::Invalid,

        _ => return None,
    })
}

/// By the forms that all services keep to. EC2 models none of its codes, so they are known by these.
fn by_form(code: &str) -> Option<C> {
    let begins = |words: &[&str]| words.iter().any(|word| code.starts_with(word));
    let ends = |words: &[&str]| words.iter().any(|word| code.ends_with(word));
    Some(if begins(&["NoSuch"]) || ends(&["NotFound", "NotFoundException", "NotFoundFault"]) {
        C::NotFound
    } else if ends(&["AlreadyExists", "AlreadyExistsException", "AlreadyExistsFault", ".Duplicate"]) {
        C::AlreadyExists
    } else if ends(&[".InUse"]) {
        C::Dependency
    } else if begins(&["TooMany"])
        || code.contains("LimitExceeded")
        // ElastiCache: `NodeQuotaForCustomerExceeded`, `CacheSubnetQuotaExceededFault`.
        || code.contains("Quota") && code.contains("Exceeded")
    {
        C::Quota
    } else if begins(&["Insufficient"]) && code.contains("Capacity") {
        C::Capacity
    } else if begins(&["Invalid", "Malformed", "Missing", "Unsupported", "Validation"])
        || ends(&["NotSupported"])
        || ends(&["Exception"]) && code.contains("Invalid")
    {
        C::Invalid
    } else {
        return None;
    })
}
