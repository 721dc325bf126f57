use mate_core::spec::{Contacts, DisplayName, Email, TenantSpec, Tier};

fn main() {
    let name = DisplayName::new("Clinic").unwrap();
    let contacts = Contacts::same(Email::new("it@clinic.com").unwrap());
    let _ = TenantSpec::builder(name.clone(), name, Tier::trial(), contacts);
}
