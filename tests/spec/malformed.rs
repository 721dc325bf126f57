//! Malformed specs, each with the exact text of its errors.
//!
//! The cases are in `malformed/*.txt`: a line `=== format: name`, the document, a line `---`, the errors. `{tenant}`
//! stands for the required fields of the format.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use mate::spec::{Base, Catalogue, Format, PlatformSpec, SpecErrors, TenantSpec};
use mate::tiers::TierCatalogue;

const CASES: [&str; 5] = [
    include_str!("malformed/toml.txt"),
    include_str!("malformed/services.txt"),
    include_str!("malformed/tfvars.txt"),
    include_str!("malformed/json.txt"),
    include_str!("malformed/platform.txt"),
];

const TOML: &str = r#"display_name = "Clinic"
subdomain = "clinic"
tier = "trial"
technical_contact = "it@clinic.com"
billing_contact = "it@clinic.com""#;

const JSON: &str = r#""display_name": "Clinic", "subdomain": "clinic", "tier": "trial",
  "technical_contact": "it@clinic.com", "billing_contact": "it@clinic.com""#;

struct Case<'a> {
    name: &'a str,
    format: &'a str,
    document: String,
    expected: &'a str,
}

fn cases() -> Vec<Case<'static>> {
    let texts = CASES.iter().flat_map(|text| text.split("=== ").skip(1));
    texts
        .map(|text| {
            let (head, rest) = text.split_once('\n').unwrap();
            let (format, name) = head.split_once(": ").unwrap();
            let (document, expected) = rest.split_once("---\n").unwrap();
            let tenant = if format == "json" { JSON } else { TOML };
            Case { name, format, document: document.replace("{tenant}", tenant), expected: expected.trim_end() }
        })
        .collect()
}

fn errors(format: &str, document: &str) -> Option<SpecErrors> {
    let format = match format {
        "toml" => Format::Toml,
        "json" => Format::Json,
        "tfvars" => Format::Tfvars,
        "platform" => return PlatformSpec::from_str(Format::Toml, document).err(),
        "platform-tfvars" => return PlatformSpec::from_str(Format::Tfvars, document).err(),
        "base" => return Base::from_str(Format::Toml, document).err(),
        other => panic!("format {other}"),
    };
    TenantSpec::from_str(format, document).and_then(|spec| TierCatalogue::standard().resolve(&spec)).err()
}

#[test]
fn malformed_specs_are_refused_with_every_error_at_once() {
    let mut wrong = String::new();
    for case in cases() {
        let given =
            errors(case.format, &case.document).map_or_else(|| "no error".to_owned(), |errors| errors.to_string());
        if given != case.expected {
            write!(wrong, "=== {}: {}\n{given}\n", case.format, case.name).unwrap();
        }
    }
    assert!(wrong.is_empty(), "these errors are not the expected ones:\n{wrong}");
}

#[test]
fn there_are_many_cases_and_each_has_a_name_of_its_own() {
    let names: BTreeSet<(&str, &str)> = cases().iter().map(|case| (case.format, case.name)).collect();
    assert_eq!(names.len(), cases().len());
    assert!(names.len() >= 80, "{}", names.len());
}

#[test]
fn deep_nesting_and_long_documents_are_refused_without_a_panic() {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    for document in [deep("[", "]"), deep("{\"a\":", "}"), deep("(", ")"), deep("-", "")] {
        assert!(TenantSpec::from_str(Format::Json, &document).is_err());
        assert!(TenantSpec::from_str(Format::Toml, &format!("a = {document}")).is_err());
        assert!(TenantSpec::from_str(Format::Tfvars, &format!("tenant_config = {document}")).is_err());
    }
    let dotted = vec!["a"; 200_000].join(".");
    assert!(TenantSpec::from_str(Format::Toml, &format!("{dotted} = 1")).is_err());
    let long = format!("a = \"{}\"", "x".repeat(2 << 20));
    let error = TenantSpec::from_str(Format::Toml, &long).unwrap_err();
    assert!(error.to_string().contains("is too long (allowed: up to 1048576 bytes; given: 2097158 bytes)"), "{error}");
}

#[test]
fn values_of_variables_are_never_repeated() {
    let document =
        format!("{TOML}\n[preset.environment]\nPASSWORD_OF_X = \"canary\\u0007\"\nKEY = \"AKIAIOSFODNN7EXAMPLE\"");
    let error = TenantSpec::from_str(Format::Toml, &document).unwrap_err();
    assert_eq!(error.len(), 2);
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(!text.contains("canary") && !text.contains("AKIAIOSFODNN7EXAMPLE"), "{text}");
    }
    let document = format!("{TOML}\n[preset.environment]\nMODE = \"canary\"");
    let spec = TenantSpec::from_str(Format::Toml, &document).unwrap();
    assert!(!format!("{spec:?}").contains("canary"));
}
