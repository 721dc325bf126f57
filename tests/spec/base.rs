//! The base: its defaults, and the check of one made by hand.

use mate::spec::{Base, Format, LoadError};

const LEAST: &str = r#"
environment = "staging"
account_id = "123456789012"
domain = "example.org"
vpc_id = "vpc-0a1b2c3d"
public_subnet_ids = ["subnet-0aa11bb2", "subnet-0bb22cc3"]
private_subnet_ids = ["subnet-0cc33dd4", "subnet-0dd44ee5"]
cluster = "mate-staging"
certificate_arn = "arn:aws-us-gov:acm:us-gov-west-1:123456789012:certificate/abc"
hosted_zone_id = "Z1"
shared_file_system_id = "fs-01234567"
kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/abc"
repositories = { django = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mate-django-staging" }
"#;

#[test]
fn what_is_left_out_is_the_default() {
    let base = Base::from_str(Format::Toml, LEAST).unwrap();
    assert_eq!((base.region.as_str(), base.cost_center.as_str()), ("us-east-1", "engineering"));
    assert!(base.enable_deletion_protection);
    assert_eq!((base.web_acl_arn, base.user_pool_id), (None, None));
}

#[test]
fn a_base_made_by_hand_is_checked_as_well() {
    let mut base = Base::from_str(Format::Toml, LEAST).unwrap();
    assert_eq!(base.validate(), Ok(()));
    base.account_id = "12".into();
    base.private_subnet_ids.clear();
    let errors = base.validate().unwrap_err();
    let paths: Vec<&str> = errors.iter().map(|error| error.path.as_str()).collect();
    assert_eq!(paths, ["account_id", "private_subnet_ids"]);
}

#[test]
fn files_say_which_of_them_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    assert!(Base::from_path(file("base.toml", LEAST)).is_ok());
    let unknown = Base::from_path(file("base.yaml", LEAST)).unwrap_err();
    assert!(unknown.to_string().ends_with("base.yaml: its name must end with .toml, .json or .tfvars"), "{unknown}");
    let missing = Base::from_path(folder.path().join("none.toml")).unwrap_err();
    assert!(matches!(&missing, LoadError::Read { .. }) && std::error::Error::source(&missing).is_some());
    let invalid = Base::from_path(file("broken.toml", "x = ")).unwrap_err();
    assert!(invalid.to_string().ends_with("broken.toml is not valid"), "{invalid}");
    let LoadError::Invalid { source, .. } = invalid else { panic!("{invalid}") };
    assert_eq!(source.iter().next().unwrap().path, "");
}
