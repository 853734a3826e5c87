//! `roundtrip feeds`: the booking feeds from the shell, beside a running server.

use std::fs::{self, File, OpenOptions};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::{load, store, write};
use crate::ports::{Clock as _, Entropy as _, SystemClock, SystemEntropy};
use crate::protocol::booking_feeds::{
    FeedHead, FeedKind, FeedWriter, descriptor, words_of_merchant, words_of_service, words_of_slot,
};
use crate::storage::Store;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Write what is in force as Google's feeds, spots as they stand now: compressed, under new names each time.
    Export(Export),
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The folder; made if it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// How many files each feed is cut into.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=500))]
    shards: u32,
    /// Also write a descriptor of each feed's files, for dropboxes that want one.
    #[arg(long)]
    descriptor: bool,
}

/// Rows that are read at once.
const PAGE: u64 = 5_000;

pub(super) async fn run(config: &Path, command: Command) -> anyhow::Result<()> {
    let Command::Export(asked) = command;
    let config = load(config)?;
    let store = store::open_current(&config).await?;
    let exported = export(&store, &asked).await;
    store.close().await;
    for line in exported? {
        write::line(line)?;
    }
    Ok(())
}

async fn export(store: &Store, asked: &Export) -> anyhow::Result<Vec<String>> {
    let in_force = store.inventory_in_force().await?;
    ensure!(in_force.generation > 0, "nothing is in force: no feeds were loaded into this database");
    // The newest wins: what is exported must not be older than what was loaded.
    let timestamp = SystemClock.now().as_secs().max(in_force.feed_generation);
    fs::create_dir_all(&asked.out).with_context(|| format!("cannot make the folder {}", asked.out.display()))?;
    let mut told = Vec::new();
    for kind in FeedKind::ALL {
        let mut shards = Shards::begin(kind, asked, timestamp)?;
        match kind {
            FeedKind::Merchants => merchants(store, in_force.generation, &mut shards).await?,
            FeedKind::Services => services(store, in_force.generation, &mut shards).await?,
            FeedKind::Availability => slots(store, in_force.generation, &mut shards).await?,
        }
        // What is replaced while it is read is removed while it is read.
        let now = store.inventory_in_force().await?.generation;
        ensure!(now == in_force.generation, "other feeds came into force during the export: export again");
        told.extend(shards.finish(asked, timestamp)?);
    }
    Ok(told)
}

async fn merchants(store: &Store, generation: i64, shards: &mut Shards) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = store.published_merchants(generation, after.as_ref(), PAGE).await?;
        for merchant in &page {
            shards.entity(&words_of_merchant(merchant))?;
        }
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.offer.id.clone());
    }
}

async fn services(store: &Store, generation: i64, shards: &mut Shards) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = store.published_services(generation, after.as_ref(), PAGE).await?;
        for service in &page {
            shards.entity(&words_of_service(service))?;
        }
        let Some(last) = page.last() else { return Ok(()) };
        after = Some((last.offer.merchant.clone(), last.offer.id.clone()));
    }
}

async fn slots(store: &Store, generation: i64, shards: &mut Shards) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let page = store.published_slots(generation, after, PAGE).await?;
        for (_, slot) in &page {
            shards.entity(&words_of_slot(slot))?;
        }
        let Some((last, _)) = page.last() else { return Ok(()) };
        after = Some(*last);
    }
}

/// One file that is being written: it takes its name when all are complete.
struct Shard {
    name: String,
    writer: FeedWriter<GzEncoder<BufWriter<File>>>,
}

/// The files of one feed; entities go to them in turns.
struct Shards {
    kind: FeedKind,
    folder: PathBuf,
    shards: Vec<Shard>,
    entities: usize,
}

impl Drop for Shards {
    fn drop(&mut self) {
        for shard in &self.shards {
            // It never was complete: nobody reads it.
            let _nothing_hangs_on_it = fs::remove_file(unfinished(&self.folder, &shard.name));
        }
    }
}

fn unfinished(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!(".{name}.part"))
}

impl Shards {
    fn begin(kind: FeedKind, asked: &Export, timestamp: i64) -> anyhow::Result<Self> {
        let nonce = SystemEntropy.next_u64();
        let mut all = Self { kind, folder: asked.out.clone(), shards: Vec::new(), entities: 0 };
        for shard in 0..asked.shards {
            let name = format!("{}_{timestamp}_{shard}.json.gz", kind.file_name());
            write::refuse_existing(&asked.out.join(&name))?;
            let part = unfinished(&asked.out, &name);
            let file = OpenOptions::new().write(true).create(true).truncate(true).open(&part);
            let file = file.with_context(|| format!("cannot write {}", part.display()))?;
            let out = GzEncoder::new(BufWriter::new(file), Compression::default());
            let head = FeedHead { generation: timestamp, nonce, shard, shards: asked.shards };
            all.shards.push(Shard { name, writer: FeedWriter::begin(kind, head, out)? });
        }
        Ok(all)
    }

    fn entity(&mut self, words: &str) -> anyhow::Result<()> {
        let turn = self.entities % self.shards.len().max(1);
        self.entities += 1;
        let Some(shard) = self.shards.get_mut(turn) else { return Ok(()) };
        shard.writer.entity(words).with_context(|| format!("cannot write {}", shard.name))
    }

    /// Makes the files durable and gives them their names; says what they hold.
    fn finish(mut self, asked: &Export, timestamp: i64) -> anyhow::Result<Vec<String>> {
        let mut names = Vec::new();
        for Shard { name, writer } in std::mem::take(&mut self.shards) {
            let written = || format!("cannot write {name}");
            let out = writer.finish().with_context(written)?.finish().with_context(written)?;
            let file = out.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(written)?;
            file.sync_all().with_context(written)?;
            fs::rename(unfinished(&asked.out, &name), asked.out.join(&name)).with_context(written)?;
            names.push(name);
        }
        let mut told: Vec<String> = names.iter().map(|name| asked.out.join(name).display().to_string()).collect();
        if asked.descriptor {
            let path = asked.out.join(format!("{}_{timestamp}.filesetdesc.json", self.kind.file_name()));
            let text = descriptor(self.kind, timestamp, &names);
            write::new_file(&path, text.as_bytes(), write::Readable::All)?;
            told.insert(0, path.display().to_string());
        }
        Ok(told)
    }
}
