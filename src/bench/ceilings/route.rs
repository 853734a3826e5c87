//! A bare route: the web server alone, under the same client.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::{Context as _, ensure};
use serde::Serialize;

use crate::bench::http::Client;
use crate::bench::machine::cores;
use crate::bench::process::{own_cpu_us, thread_cpu_us};

/// Connections that ask at once.
const SIDE_BY_SIDE: usize = 16;

/// What a request costs that does nothing.
#[derive(Debug, Clone, Serialize)]
pub(in crate::bench) struct BareRoute {
    pub(in crate::bench) requests_per_s: f64,
    /// CPU time of the web server's threads for one request.
    pub(in crate::bench) request_us: f64,
}

/// Asks an empty route for `length`. The calling thread is the client and must do nothing else.
pub(in crate::bench) async fn bare_route(length: Duration) -> anyhow::Result<BareRoute> {
    let (address, server) = serve().await?;
    let client = Arc::new(Client::new(address));
    let (answers, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let asking: Vec<_> = (0..SIDE_BY_SIDE)
        .map(|_| {
            let (client, answers, stop) = (client.clone(), answers.clone(), stop.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let answer = client.get("/").await?;
                    ensure!(answer.status() == 200, "HTTP {}", answer.status());
                    answers.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            })
        })
        .collect();
    tokio::time::sleep(length / 5).await;
    let before = (Instant::now(), others_us()?, answers.load(Ordering::Relaxed));
    tokio::time::sleep(length * 4 / 5).await;
    let (seconds, cpu_us) = (before.0.elapsed().as_secs_f64(), others_us()? - before.1);
    let asked = (answers.load(Ordering::Relaxed) - before.2) as f64;
    stop.store(true, Ordering::Relaxed);
    for task in asking {
        task.await.context("a client was interrupted")??;
    }
    server.stop(false).await;
    Ok(BareRoute { requests_per_s: asked / seconds, request_us: cpu_us / asked.max(1.0) })
}

/// How long an empty route takes to answer, asked one after the other.
pub(in crate::bench) async fn bare_answers(count: usize) -> anyhow::Result<Vec<Duration>> {
    let (address, server) = serve().await?;
    let client = Client::new(address);
    let mut took = Vec::with_capacity(count);
    for _ in 0..count {
        let began = Instant::now();
        let answer = client.get("/").await?;
        ensure!(answer.status() == 200, "HTTP {}", answer.status());
        took.push(began.elapsed());
    }
    server.stop(false).await;
    Ok(took)
}

/// CPU time of all threads but this one.
fn others_us() -> anyhow::Result<f64> {
    Ok(own_cpu_us()? as f64 - thread_cpu_us()?)
}

async fn serve() -> anyhow::Result<(SocketAddr, ServerHandle)> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot listen on loopback")?;
    let address = listener.local_addr()?;
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        actix_rt::System::new().block_on(async move {
            let server = HttpServer::new(|| App::new().route("/", web::get().to(HttpResponse::Ok)))
                .workers(cores())
                .disable_signals()
                .listen(listener)?
                .run();
            let _gave_up = tell.send(server.handle());
            server.await
        })
    });
    Ok((address, told.await.context("the bare route did not start")?))
}
