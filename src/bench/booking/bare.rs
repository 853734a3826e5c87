//! What bounds the booking server on this machine: the same commits and the same queries, without HTTP and actors.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde::Serialize;
use uuid::Uuid;

use super::calls::{Caller, Kind};
use crate::bench::machine::cores;
use crate::bench::process::own_cpu_us;
use crate::crypto::{booking_id, slot_key};
use crate::domain::booking::{Agreement, Booking, Guest, Input, Request, State, Stated};
use crate::domain::catalog::{SlotId, SlotOffer, effective_terms};
use crate::domain::{Decision, Machine as _, Timestamp, TransactionId};
use crate::ports::{Clock, SystemClock};
use crate::protocol::booking_server::{CreateBooking, read_availability_lookup, read_create_booking};
use crate::storage::{Catalog, Change, Commit, NodeId, Store};

/// Commits that are decided ahead for each second.
const DECIDED_PER_S: f64 = 15_000.0;
/// Slots that are looked up together while deciding.
const AT_ONCE: usize = 1_000;

/// Something that is done over and over.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Bare {
    pub(super) side_by_side: usize,
    pub(super) per_s: f64,
    /// CPU time of all threads for one.
    pub(super) each_us: f64,
}

/// The commits of bookings that are paid on arrival, on the database that the load was on.
pub(super) async fn commits(
    store: &Store,
    caller: &Caller,
    (side_by_side, length): (usize, Duration),
) -> anyhow::Result<Bare> {
    let ready = Mutex::new(decide(store, caller, (DECIDED_PER_S * length.as_secs_f64()) as usize).await?);
    let (ready, done, stop) = (Arc::new(ready), Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let lanes: Vec<_> = (0..side_by_side)
        .map(|_| {
            let (store, ready, done, stop) = (store.clone(), ready.clone(), done.clone(), stop.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let next = ready.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(commit) = next else { break };
                    store.commit(commit).await?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    tokio::time::sleep(length / 5).await;
    let (started, cpu, before) = (Instant::now(), own_cpu_us()?, done.load(Ordering::Relaxed));
    let left = || !ready.lock().unwrap_or_else(PoisonError::into_inner).is_empty();
    while started.elapsed() < length * 4 / 5 && left() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (seconds, cpu) = (started.elapsed().as_secs_f64(), own_cpu_us()? - cpu);
    let commits = (done.load(Ordering::Relaxed) - before) as f64;
    stop.store(true, Ordering::Relaxed);
    for lane in lanes {
        lane.await.context("a lane was interrupted")??;
    }
    Ok(Bare { side_by_side, per_s: commits / seconds, each_us: cpu as f64 / commits.max(1.0) })
}

async fn decide(store: &Store, caller: &Caller, count: usize) -> anyhow::Result<VecDeque<Commit<Booking>>> {
    let now = SystemClock.now();
    let catalog = store.catalog().await?;
    let mut decided = VecDeque::with_capacity(count);
    while decided.len() < count {
        let bodies: Vec<String> = (0..AT_ONCE.min(count)).map_while(|_| caller.next(Kind::Arrival)).collect();
        if bodies.is_empty() {
            break;
        }
        let mut wanted = Vec::with_capacity(bodies.len());
        for body in bodies {
            wanted.push(read_create_booking(body.as_bytes()).map_err(|bad| anyhow::anyhow!("{bad:?}"))?);
        }
        let named: Vec<_> = wanted.iter().map(|wanted| wanted.slot.id.clone()).collect();
        for (wanted, offer) in wanted.iter().zip(store.slots(&named).await?) {
            let offer = offer.context("a slot is missing")?;
            decided.push_back(commit(wanted, (&catalog, offer), now)?);
        }
    }
    Ok(decided)
}

fn commit(
    wanted: &CreateBooking,
    (catalog, offer): (&Catalog, SlotOffer),
    now: Timestamp,
) -> anyhow::Result<Commit<Booking>> {
    let id = booking_id(&wanted.idempotency_token);
    let request = request((id, wanted), (catalog, offer), now)?;
    let Ok(decision) = Booking::decide(&State::default(), &Input::Create(Box::new(request)), now) else {
        bail!("a booking was rejected");
    };
    let Decision { events, effects, entries, records, reply: _ } = decision;
    let state = events.iter().fold(State::default(), Booking::apply);
    Ok(Commit {
        id,
        position: None,
        change: Some(Change { state, events, effects, entries, records }),
        answer: None,
        settles: None,
        now,
        node: NodeId::from_uuid(Uuid::from_u128(1)),
        lease_ms: 5_000,
    })
}

fn request(
    (id, wanted): (TransactionId, &CreateBooking),
    (catalog, offer): (&Catalog, SlotOffer),
    now: Timestamp,
) -> anyhow::Result<Request> {
    let merchant = catalog.merchant(&offer.id.merchant).context("a merchant is missing")?;
    let service = catalog.service(&offer.id.merchant, &offer.id.service).context("a service is missing")?;
    let user = &wanted.user;
    let agreement = Agreement {
        id,
        slot_key: slot_key(&offer.id),
        slot_echo: wanted.slot.echo.text().into(),
        confirmation: offer.confirmation,
        guest: Guest {
            user_id: user.user_id.as_str().into(),
            name: format!("{} {}", user.given_name, user.family_name).into(),
            telephone: user.telephone.as_str().into(),
            email: Some(user.email.as_str().into()),
            wish: None,
        },
        terms: effective_terms(merchant, service, &offer, None)?,
        payment_echo: wanted.payment_echo.text().into(),
        networks: merchant.networks.clone(),
        pack: None,
        slot: offer.id,
    };
    Ok(Request {
        stated: Stated::default(),
        token: None,
        chargeable: false,
        resumes: None,
        answer_by: now.plus_millis(3_500),
        opens_s: None,
        closes_s: agreement.slot.start_s,
        agreement: Arc::new(agreement),
    })
}

/// Ten slots by their keys, out of the store alone: as many at once as there are cores.
pub(super) async fn lookups(store: &Store, caller: &Caller, length: Duration) -> anyhow::Result<Bare> {
    let side_by_side = cores();
    let (started, cpu) = (Instant::now(), own_cpu_us()?);
    let lanes = (0..side_by_side).map(|_| async {
        let mut done = 0_u64;
        while started.elapsed() < length {
            let body = caller.next(Kind::Lookup).context("there is always a lookup")?;
            let wanted = read_availability_lookup(body.as_bytes()).map_err(|bad| anyhow::anyhow!("{bad:?}"))?;
            let named = wanted.slot_times.into_iter().map(|time| SlotId {
                merchant: wanted.merchant.clone(),
                service: time.service,
                start_s: time.start_s,
                duration_s: time.duration_s.unwrap_or_default(),
                staff: None,
                room: None,
                party_size: None,
            });
            let named: Vec<_> = named.collect();
            anyhow::ensure!(store.slots(&named).await?.iter().all(Option::is_some), "slots are missing");
            done += 1;
        }
        Ok(done)
    });
    let done: u64 = futures_util::future::try_join_all(lanes).await?.into_iter().sum();
    let (seconds, cpu) = (started.elapsed().as_secs_f64(), own_cpu_us()? - cpu);
    Ok(Bare { side_by_side, per_s: done as f64 / seconds, each_us: cpu as f64 / done.max(1) as f64 })
}
