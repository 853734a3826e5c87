//! `roundtrip feeds export`: what is in force, as feeds that can be loaded again.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use roundtrip::protocol::booking_feeds::{FeedFile, Feeds, FromFeed};
use serde_json::Value;

use super::{GENERATION, booking, set, written};
use crate::cli::Place;
use crate::harness::World;

fn names(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn content(path: &Path) -> Value {
    let mut text = String::new();
    flate2::read::GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// Everything that the files in a folder hold.
fn read(folder: &Path, names: &BTreeSet<String>) -> Vec<FromFeed> {
    let file = |name: &String| FeedFile { name: name.clone(), file: File::open(folder.join(name)).unwrap() };
    let mut all = Vec::new();
    let read = Feeds::survey(names.iter().map(file).collect()).unwrap().read(|batch| {
        all.push(batch);
        true
    });
    assert_eq!(read.unwrap().slots, 5);
    all
}

/// A folder whose configuration names the database of a server that runs.
fn beside(world: &World) -> Place {
    let place = Place::new();
    let database = world.database().to_owned();
    let own = std::fs::read_to_string(place.path("roundtrip.toml")).unwrap();
    place.write("roundtrip.toml", &own.replace("sqlite://var/roundtrip.db", &database));
    place
}

#[tokio::test]
async fn bk_7_1_what_is_exported_is_what_is_in_force_with_its_spots_as_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    let files = written(folder.path(), &set(GENERATION, 5));
    let world = booking(folder.path(), &files).start().await;
    let place = beside(&world);
    let (place, told) = tokio::task::spawn_blocking(move || {
        let told = place.must(&["feeds", "export", "--out", "out/feeds", "--shards", "2", "--descriptor"]);
        (place, told)
    })
    .await
    .unwrap();
    let out = place.path("out/feeds");
    let made = names(&out);
    assert_eq!(made.len(), 9, "{made:?}: two shards and a descriptor each");
    for name in &made {
        assert!(told.contains(name.as_str()), "{name} in {told}");
    }
    let first = made.iter().find(|name| name.ends_with("_0.json.gz")).unwrap();
    let timestamp = first.trim_start_matches("availability_").trim_end_matches("_0.json.gz").to_owned();
    assert!(timestamp.parse::<i64>().unwrap() >= GENERATION);

    let shards: Vec<_> =
        (0..2).map(|shard| content(&out.join(format!("availability_{timestamp}_{shard}.json.gz")))).collect();
    for (number, shard) in shards.iter().enumerate() {
        let head = &shard["metadata"];
        assert_eq!((head["shard_number"].as_u64(), head["total_shards"].as_u64()), (Some(number as u64), Some(2)));
        assert_eq!(head["generation_timestamp"].to_string(), timestamp);
        assert_eq!(
            (&head["nonce"], &head["processing_instruction"]),
            (&shards[0]["metadata"]["nonce"], &"PROCESS_AS_COMPLETE".into())
        );
    }
    let services = content(&out.join(format!("services_{timestamp}_0.json.gz")));
    assert_eq!(services["service"][0]["rules"]["min_advance_online_canceling"], "14400");
    assert_eq!(services["service"][0].get("scheduling_rules"), None, "aliases are never written");
    let merchants = content(&out.join(format!("merchants_{timestamp}_0.json.gz")));
    let [given, ..] = set(GENERATION, 5);
    assert_eq!(merchants["merchant"], given["merchant"], "with all that we have no use for");
    assert_ne!(merchants["metadata"]["nonce"], services["metadata"]["nonce"]);
    let descriptor = std::fs::read_to_string(out.join(format!("availability_{timestamp}.filesetdesc.json"))).unwrap();
    let descriptor: Value = serde_json::from_str(&descriptor).unwrap();
    assert_eq!(descriptor["data_file"][1], format!("availability_{timestamp}_1.json.gz"));

    let data: BTreeSet<String> = made.iter().filter(|name| !name.contains("filesetdesc")).cloned().collect();
    let given = read(
        folder.path(),
        &BTreeSet::from(["merchants", "services", "availability"].map(|name| format!("{name}.json"))),
    );
    let back = read(&out, &data);
    for (given, back) in given.into_iter().zip(back) {
        match (given, back) {
            (FromFeed::Merchants(given), FromFeed::Merchants(back)) => assert_eq!(given, back),
            (FromFeed::Services(given), FromFeed::Services(back)) => assert_eq!(given, back),
            (FromFeed::Slots(mut given), FromFeed::Slots(mut back)) => {
                given.sort_by_key(|(key, _)| *key);
                back.sort_by_key(|(key, _)| *key);
                assert_eq!(given, back);
            }
            (given, back) => panic!("{given:?} and {back:?}"),
        }
    }
    drop(world);
}

#[test]
fn without_feeds_there_is_nothing_to_export() {
    let place = Place::new();
    let error = place.must_fail(&["feeds", "export", "--out", "out"]);
    assert!(error.contains("nothing is in force"), "{error}");
}
