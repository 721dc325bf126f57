//! Databases, caches, file systems and buckets.

use super::{Again, Compared, Creation, Facts, Fixed, Memory, Source, Tagged, Token, is_lower};
use crate::provider::ErrorClass;

pub(super) const FACTS: &[Facts] = &[
    // CreateDBInstance has no token. ModifyDBInstance has neither key, database nor user; its engine is for Oracle's change to a
    // CDB. Storage cannot be reduced: "Working with storage for Amazon RDS DB instances". "After an upgrade is complete, you
    // can't revert to the previous version": "Upgrades of the RDS for PostgreSQL DB engine". Another subnet group of the same
    // VPC is InvalidVPCNetworkStateFault (terraform-provider-aws issue 512), and the groups here are all of one VPC.
    Facts::named("rds:DBInstance", "DBInstanceAlreadyExists").fixed(&[
        Fixed::always("engine"),
        Fixed::when("engine_version", is_lower),
        Fixed::when("allocated_storage_gib", |old, new| new.as_u64() < old.as_u64()),
        Fixed::always("kms_key_id"),
        Fixed::always("db_name"),
        Fixed::always("master_username"),
        Fixed::always("db_subnet_group_name"),
    ]),
    // CreateDBParameterGroup. ModifyDBParameterGroup has parameters only.
    Facts::named("rds:DBParameterGroup", "DBParameterGroupAlreadyExists")
        .fixed(&[Fixed::always("family"), Fixed::always("description")]),
    // CreateDBSubnetGroup, ModifyDBSubnetGroup.
    Facts::named("rds:DBSubnetGroup", "DBSubnetGroupAlreadyExists"),
    // CreateReplicationGroup has no token. ModifyReplicationGroup has neither key, port nor subnet group, and of the engine
    // version: "you cannot downgrade to an earlier engine version".
    Facts::named("elasticache:ReplicationGroup", "ReplicationGroupAlreadyExists").fixed(&[
        Fixed::when("engine_version", is_lower),
        Fixed::always("kms_key_id"),
        Fixed::always("cache_subnet_group_name"),
        Fixed::always("port"),
    ]),
    // CreateCacheSubnetGroup, ModifyCacheSubnetGroup.
    Facts::named("elasticache:CacheSubnetGroup", "CacheSubnetGroupAlreadyExists"),
    // CreateFileSystem: "calling the operation with same creation token has no effect", FileSystemAlreadyExists while a file
    // system of the token exists. The token is made of the name. UpdateFileSystem has the throughput; lifecycle and policy are put.
    Facts::new(
        "efs:FileSystem",
        Creation::ByToken(Token {
            source: Source::Name,
            again: Again::Refused("FileSystemAlreadyExists"),
            // The driver looks for the file system of the token, which the list may not show yet.
            class: ErrorClass::EventualConsistency,
            memory: Memory::WhileItStands,
            compared: Compared::All,
        }),
    )
    .fixed(&[Fixed::always("kms_key_id")]),
    // CreateAccessPoint: AccessPointAlreadyExists for a token that was used. No call changes it but for its tags.
    Facts::new(
        "efs:AccessPoint",
        Creation::ByToken(Token {
            source: Source::Request,
            again: Again::Refused("AccessPointAlreadyExists"),
            class: ErrorClass::EventualConsistency,
            memory: Memory::WhileItStands,
            compared: Compared::All,
        }),
    )
    .fixed(&[
        Fixed::always("file_system_id"),
        Fixed::always("posix_uid"),
        Fixed::always("posix_gid"),
        Fixed::always("root_directory"),
        Fixed::always("permissions"),
    ]),
    // CreateMountTarget: one in a zone, MountTargetConflict. TagResource of EFS: file systems and access points carry tags.
    // ModifyMountTargetSecurityGroups.
    Facts::new(
        "efs:MountTarget",
        Creation::ByPlace { inputs: &["file_system_id", "subnet_id"], again: Again::Refused("MountTargetConflict") },
    )
    .tagged(Tagged::Never)
    .fixed(&[Fixed::always("file_system_id"), Fixed::always("subnet_id")]),
    // CreateBucket: BucketAlreadyOwnedByYou for one's own in every region but us-east-1, BucketAlreadyExists for another's.
    // Its tags: CreateBucketConfiguration.
    Facts::named("s3:Bucket", "BucketAlreadyExists"),
];
