//! `corten images import|list|remove`.

use std::fs::File;
use std::path::Path;

use anyhow::Context;
use clap::Subcommand;
use container_interfaces::cri::v1::{ImageSpec, ImageStatusRequest, ListImagesRequest, RemoveImageRequest};
use container_interfaces::cri::{CriClient, ImageService};

use crate::config::Config;
use crate::{admin, node};

/// Image commands.
#[derive(Subcommand)]
pub enum ImagesCommand {
    /// Import every image of an OCI or Docker archive (plain, gzip or zstd; `-` is standard input)
    Import {
        /// The archive
        file: String,
    },
    /// List the images of this node
    List,
    /// Remove images by name or id
    Remove {
        /// Names or ids
        #[arg(required = true)]
        names: Vec<String>,
    },
}

/// Runs one.
pub fn run(config: &Config, command: ImagesCommand) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            ImagesCommand::Import { file } => import(config, &file).await,
            ImagesCommand::List => list(config).await,
            ImagesCommand::Remove { names } => remove(config, names).await,
        }
    })
}

async fn import(config: &Config, file: &str) -> anyhow::Result<()> {
    let imported = match file {
        "-" => admin::send_archive(&config.run_dir, std::io::stdin()).await?,
        _ => {
            let archive = File::open(Path::new(file)).with_context(|| format!("open {file}"))?;
            admin::send_archive(&config.run_dir, archive).await?
        }
    };
    imported.iter().for_each(|name| println!("{name}"));
    Ok(())
}

async fn list(config: &Config) -> anyhow::Result<()> {
    let images = CriClient::new(&node::cri_socket(config));
    let listed = images.list_images(ListImagesRequest::default()).await.map_err(said)?;
    println!("{:<60} {:<20} {:>12}", "IMAGE", "ID", "SIZE");
    for image in listed.images {
        let id = image.id.trim_start_matches("sha256:").chars().take(12).collect::<String>();
        let names = if image.repo_tags.is_empty() { vec!["<none>".to_owned()] } else { image.repo_tags };
        for name in names {
            println!("{name:<60} {id:<20} {:>9.1} MB", image.size as f64 / 1e6);
        }
    }
    Ok(())
}

async fn remove(config: &Config, names: Vec<String>) -> anyhow::Result<()> {
    let images = CriClient::new(&node::cri_socket(config));
    for name in names {
        let spec = Some(ImageSpec { image: name.clone(), ..ImageSpec::default() });
        let found =
            images.image_status(ImageStatusRequest { image: spec.clone(), verbose: false }).await.map_err(said)?;
        anyhow::ensure!(found.image.is_some(), "image {name:?}: not found");
        images.remove_image(RemoveImageRequest { image: spec }).await.map_err(said)?;
        println!("{name} removed");
    }
    Ok(())
}

/// The runtime's words, without the gRPC wrapping.
fn said(status: tonic::Status) -> anyhow::Error {
    anyhow::anyhow!("{}", status.message())
}
