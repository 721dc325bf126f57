//! Prints the plan of a tenant, as text, JSON or Mermaid, and where each value came from. Changes nothing.
//!
//! `cargo run --example plan_only -- --form mermaid examples/tenants/clinic.tfvars`
#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use mate::plan::TextStyle;

mod support;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    Text,
    Json,
    Mermaid,
    /// The resolved tenant: every value, and where it came from.
    Values,
}

#[derive(Debug, Parser)]
#[command(about = "Prints the plan of a tenant")]
struct Arguments {
    #[command(flatten)]
    target: support::Target,
    /// The form.
    #[arg(long, value_enum, default_value = "text")]
    form: Form,
    /// The spec file.
    spec: PathBuf,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let spec = support::spec(&arguments.spec)?;
    let mate = arguments.target.client().await?;
    match arguments.form {
        Form::Values => println!("{}", mate.resolve(&spec)?.table()),
        Form::Text => println!("{}", mate.plan(&spec).await?.render(&TextStyle::for_stdout())),
        Form::Json => println!("{}", mate.plan(&spec).await?.to_json()),
        Form::Mermaid => println!("{}", mate.plan(&spec).await?.mermaid()),
    }
    Ok(())
}
