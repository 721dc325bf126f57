//! Takes over a base that was made elsewhere: shows what was found and what differs, and takes it when told to.
//!
//! On SimCloud, where a platform is made and disowned before, so that there is something to find:
//! `cargo run --example adopt -- --tag CostCenter=engineering --apply`
//!
//! On AWS or an emulator: `cargo run --features aws --example adopt -- --aws --terraform-output outputs.json`
#![allow(clippy::print_stdout, reason = "an example talks to a person")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Parser;
use mate::Platform;
use mate::adopt::AdoptionSource;
use mate::spec::PlatformSpec;
use mate::vocab::Consents;

mod support;

#[derive(Debug, Parser)]
#[command(about = "Takes over a base that was made elsewhere")]
struct Arguments {
    #[command(flatten)]
    target: support::Target,
    /// The desired base: .toml, .json or the .tfvars of a base.
    #[arg(long, value_name = "FILE", default_value = support::PLATFORM)]
    spec: PathBuf,
    /// Look through everything that carries these tags.
    #[arg(long = "tag", value_name = "KEY=VALUE", value_parser = pair, group = "source")]
    tags: Vec<(String, String)>,
    /// Look through what `terraform output -json` printed.
    #[arg(long, value_name = "FILE", group = "source")]
    terraform_output: Option<PathBuf>,
    /// Look through what `terraform show -json` printed.
    #[arg(long, value_name = "FILE", group = "source")]
    terraform_show: Option<PathBuf>,
    /// This object is this node: `vpc=vpc-0a1b2c3d`.
    #[arg(long = "id", value_name = "NODE=ID", value_parser = pair, group = "source")]
    ids: Vec<(String, String)>,
    /// Take over what was found. Without it nothing is changed.
    #[arg(long)]
    apply: bool,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("a key and a value with = between")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("`{}` cannot be read", path.display()))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_default_env()).init();
    let arguments = Arguments::parse();
    let source = match (&arguments.terraform_output, &arguments.terraform_show) {
        (Some(path), _) => AdoptionSource::terraform_outputs(&read(path)?)?,
        (_, Some(path)) => AdoptionSource::terraform_state(&read(path)?)?,
        _ if !arguments.tags.is_empty() => AdoptionSource::tags(arguments.tags.iter().cloned().collect()),
        _ => {
            let ids = arguments.ids.iter().map(|(node, id)| Ok((node.parse()?, id.clone())));
            AdoptionSource::ids(ids.collect::<anyhow::Result<BTreeMap<_, _>>>()?)
        }
    };
    let spec = PlatformSpec::from_path(&arguments.spec)
        .with_context(|| format!("the spec `{}` cannot be used", arguments.spec.display()))?;
    let platform = arguments.target.platform().await?;
    if !arguments.target.aws {
        make_and_give_back(&platform, &spec).await?;
    }

    let adoption = platform.adopt(&spec, source).await?;
    println!("{adoption}\n");
    if !arguments.apply {
        println!("Nothing was changed. Run it again with --apply to take over what was found.");
        return Ok(());
    }
    support::carry_out(&platform, adoption.plan, false).await?;
    println!("\nWhat it would take now to bring it to its spec: {}", platform.plan(&spec).await?.headline());
    Ok(())
}

async fn make_and_give_back(platform: &Platform, spec: &PlatformSpec) -> anyhow::Result<()> {
    platform.provision(spec).await?;
    let plan = platform.plan_disown(spec.environment()).await?;
    platform.apply(plan, Consents::none()).await?;
    println!("A platform was made and disowned: its objects stand there without an owner.\n");
    Ok(())
}
