//! Whom the server calls: a processor that takes every card at once, and Google's receiver of real-time updates.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use tokio::net::TcpListener;

use crate::bench::http::{Connection, Message};

/// Answers at once and remembers nothing but how often it was asked.
#[derive(Debug, Default)]
pub(super) struct Others {
    charges: AtomicU64,
    updates: AtomicU64,
    named: AtomicU64,
}

impl Others {
    /// Listens on loopback, for as long as the runtime runs.
    pub(super) async fn start() -> anyhow::Result<(Arc<Self>, SocketAddr)> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("cannot listen on loopback")?;
        let address = listener.local_addr()?;
        let others = Arc::new(Self::default());
        let serving = others.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut connection) = Connection::new(stream) else { continue };
                let others = serving.clone();
                tokio::spawn(async move {
                    while let Ok(Some(request)) = connection.receive().await {
                        let body = others.answer(&request);
                        let length = body.len();
                        let answer = format!(
                            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
                        );
                        if connection.send(answer.as_bytes()).await.is_err() {
                            break;
                        }
                    }
                });
            }
        });
        Ok((others, address))
    }

    fn answer(&self, request: &Message) -> String {
        let number = self.named.fetch_add(1, Ordering::Relaxed);
        match request.target() {
            "/v1/payment_methods" => format!("{{\"id\":\"pm_{number}\",\"card\":{{\"brand\":\"visa\"}}}}"),
            "/v1/payment_intents" => {
                self.charges.fetch_add(1, Ordering::Relaxed);
                format!("{{\"id\":\"pi_{number}\",\"status\":\"succeeded\"}}")
            }
            _ => {
                self.updates.fetch_add(1, Ordering::Relaxed);
                "{}".to_owned()
            }
        }
    }

    /// Payments that were taken.
    pub(super) fn charges(&self) -> u64 {
        self.charges.load(Ordering::Relaxed)
    }

    /// Updates that Google was told.
    pub(super) fn updates(&self) -> u64 {
        self.updates.load(Ordering::Relaxed)
    }
}
