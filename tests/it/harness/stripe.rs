//! The card processor: the sandbox's stand-in on a port of its own, with a memory that outlives it.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::rt::task::JoinHandle;
use roundtrip::ports::{Clock, ManualClock};
use roundtrip::processor::{Stripe, StripeSettings};
use roundtrip::sandbox::stripe::{EventsTo, StripeHandle, StripeOptions, server};
use tempfile::TempDir;
use url::Url;

/// The key that the processor lets in.
pub(crate) const SECRET_KEY: &str = "sk_test_harness";

/// A processor that runs until it is dropped or stopped.
pub(crate) struct Processor {
    /// What a test can do to it and see of it.
    pub(crate) owner: StripeHandle,
    running: Option<(ServerHandle, JoinHandle<std::io::Result<()>>)>,
    clock: ManualClock,
    port: u16,
    dir: TempDir,
    events: Option<EventsTo>,
}

impl Processor {
    /// On any port; its events wait.
    pub(crate) fn start(clock: &ManualClock) -> Self {
        Self::telling(clock, None)
    }

    /// On any port; its events go to this endpoint.
    pub(crate) fn telling(clock: &ManualClock, events: Option<EventsTo>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (owner, running) = serve(0, (&dir, clock, &events));
        let port = Url::parse(owner.origin()).unwrap().port().unwrap();
        Self { owner, running: Some(running), clock: clock.clone(), port, dir, events }
    }

    /// `processor.stripe.endpoint`
    pub(crate) fn endpoint(&self) -> Url {
        Url::parse(&format!("http://127.0.0.1:{}", self.port)).unwrap()
    }

    /// A client of ours that waits so long.
    pub(crate) fn client(&self, timeout: Duration) -> Stripe {
        client(self.endpoint(), SECRET_KEY, timeout)
    }

    /// Stops it, and waits until its port is free.
    pub(crate) async fn stop(&mut self) {
        if let Some((handle, ended)) = self.running.take() {
            handle.stop(false).await;
            ended.await.unwrap().unwrap();
        }
    }

    /// Starts it again on its port, with what it remembers.
    pub(crate) fn start_again(&mut self) {
        let (owner, running) = serve(self.port, (&self.dir, &self.clock, &self.events));
        self.owner = owner;
        self.running = Some(running);
    }
}

/// A client of ours.
pub(crate) fn client(endpoint: Url, key: &str, timeout: Duration) -> Stripe {
    let _installed_before = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Stripe::new(StripeSettings { endpoint, secret_key: key.to_owned().into(), timeout }).unwrap()
}

fn serve(
    port: u16,
    (dir, clock, events): (&TempDir, &ManualClock, &Option<EventsTo>),
) -> (StripeHandle, (ServerHandle, JoinHandle<std::io::Result<()>>)) {
    let clock: Arc<dyn Clock> = Arc::new(clock.clone());
    let options = StripeOptions {
        listen: TcpListener::bind(("127.0.0.1", port)).unwrap(),
        dir: dir.path().to_owned(),
        secret_key: SECRET_KEY.to_owned(),
        events: events.clone(),
        clock,
    };
    let (server, owner) = server(options).unwrap();
    (owner, (server.handle(), actix_web::rt::spawn(server)))
}
