//! A private PostgreSQL cluster: one per test process, one database per test.
//!
//! A watching shell owns the cluster. It stops and removes it when its standard input ends, which is when this process
//! ends, however that comes about.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot be set up fails")]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sea_orm::{ConnectOptions, ConnectionTrait, Database};

/// `initdb` refuses to run as root. Durability is not under test here.
const WATCH: &str = r#"
set -eu
trap '' INT HUP
folder=$(mktemp -d); chmod 711 "$folder"; as=
[ "$(id -u)" = 0 ] && { chown postgres: "$folder"; as="setpriv --reuid=postgres --regid=postgres --clear-groups"; }
cd "$folder"
$as initdb -D "$folder/data" -U pay -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
$as pg_ctl -D "$folder/data" -w -t 60 -l "$folder/log" \
    -o "-p $PORT -h 127.0.0.1 -k $folder -c fsync=off -c max_connections=400" start >/dev/null
echo ready
cat >/dev/null || true
$as pg_ctl -D "$folder/data" -m immediate -w stop >/dev/null || true
cd /; rm -rf "$folder"
"#;

struct Cluster {
    port: u16,
    /// Its standard input stays open as long as this process lives.
    _watch: Child,
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut watch = Command::new("sh")
            .args(["-c", WATCH])
            .env("PORT", port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh");
        let mut line = String::new();
        BufReader::new(watch.stdout.take().expect("piped")).read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready", "PostgreSQL did not start: are initdb and pg_ctl on PATH?");
        Cluster { port, _watch: watch }
    })
}

/// The address of a fresh, empty database.
pub(crate) async fn fresh_database() -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let port = tokio::task::spawn_blocking(|| cluster().port).await.unwrap();
    let name = format!("test{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut options = ConnectOptions::new(format!("postgres://pay@127.0.0.1:{port}/postgres"));
    options.sqlx_logging(false).max_connections(1);
    let maintenance = Database::connect(options).await.unwrap();
    maintenance.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    maintenance.close().await.unwrap();
    format!("postgres://pay@127.0.0.1:{port}/{name}")
}
