//! What every request to the public listener passes: request line, rate, parallelism, and the log line.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, web};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use ipnet::IpNet;

use super::pages::Neutral;
use super::respond::Visitor;
use super::surface::Surface;

/// The longest request target (contract section 3; checklist URL-4 asks for at least 8 KiB).
const LONGEST_TARGET: usize = 8 * 1024;

/// How long a request may take, its body included: nobody holds a place by never finishing one. Far above the 5 s that
/// handlers have (flows-security section 8.4).
const LONGEST_REQUEST: Duration = Duration::from_secs(15);

/// Limits per address (contract section 2, `[limits]`).
pub struct Limiter {
    rate: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    in_flight: Mutex<HashMap<IpAddr, u32>>,
    parallel: u32,
    trusted_proxies: Vec<IpNet>,
}

impl Limiter {
    /// `per_minute` requests and `parallel` at once per address; `trusted_proxies` are believed about the address.
    pub fn new(per_minute: u32, parallel: u32, trusted_proxies: Vec<IpNet>) -> Self {
        let quota = Quota::per_minute(NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN));
        Self {
            rate: RateLimiter::keyed(quota),
            clock: DefaultClock::default(),
            in_flight: Mutex::new(HashMap::new()),
            parallel: parallel.max(1),
            trusted_proxies,
        }
    }

    /// Forgets addresses that have their whole allowance again.
    pub fn forget_idle(&self) {
        self.rate.retain_recent();
        self.rate.shrink_to_fit();
    }

    /// The address that a request counts for: the peer, or what trusted proxies say of it, from the nearest outwards.
    fn address(&self, peer: IpAddr, forwarded_for: &[&str]) -> IpAddr {
        let trusted = |address: &IpAddr| self.trusted_proxies.iter().any(|net| net.contains(address));
        let mut address = peer.to_canonical();
        for hop in forwarded_for.iter().flat_map(|header| header.split(',')).rev() {
            if !trusted(&address) {
                break;
            }
            let Some(claimed) = parse_hop(hop.trim()) else { break };
            address = claimed;
        }
        bucket(address)
    }

    /// Lets a request in, or says how long to wait. Leaves when the answer is dropped.
    pub(super) fn let_in(self: &Arc<Self>, request: &HttpRequest) -> Result<Option<InFlight>, Duration> {
        let Some(peer) = request.peer_addr() else { return Ok(None) };
        let forwarded: Vec<&str> =
            request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).collect();
        self.enter(self.address(peer.ip(), &forwarded)).map(Some)
    }

    fn enter(self: &Arc<Self>, address: IpAddr) -> Result<InFlight, Duration> {
        if let Err(not_until) = self.rate.check_key(&address) {
            return Err(not_until.wait_time_from(self.clock.now()));
        }
        let mut in_flight = self.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        let count = in_flight.entry(address).or_default();
        if *count >= self.parallel {
            return Err(Duration::from_secs(1));
        }
        *count += 1;
        Ok(InFlight { limiter: self.clone(), address })
    }
}

/// An address as proxies write it, with or without a port.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    let with_port = || hop.parse::<std::net::SocketAddr>().map(|address| address.ip()).ok();
    let bracketed = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    hop.parse().ok().or_else(with_port).or_else(bracketed).map(|address: IpAddr| address.to_canonical())
}

/// Whoever has one IPv6 address has the whole /64 around it.
fn bucket(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6(std::net::Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

/// One request in flight; leaves when it is dropped.
pub(super) struct InFlight {
    limiter: Arc<Limiter>,
    address: IpAddr,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut in_flight = self.limiter.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = in_flight.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                in_flight.remove(&self.address);
            }
        }
    }
}

/// The middleware of the public listener.
pub async fn guard(
    limiter: web::Data<Limiter>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let probe = matches!(request.path(), "/healthz" | "/readyz");
    let limiter = limiter.into_inner();
    let entered = if probe { Ok(None) } else { limiter.let_in(request.request()) };
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let response = match entered {
        Err(wait) => {
            let seconds = wait.as_secs().max(1);
            refuse(request, Neutral::TooMany, |response| {
                response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
            })
        }
        Ok(_) if target > LONGEST_TARGET => {
            refuse(request, Neutral::BadRequest, |response| *response.status_mut() = StatusCode::URI_TOO_LONG)
        }
        Ok(_in_flight) => match tokio::time::timeout(LONGEST_REQUEST, next.call(request)).await {
            Ok(response) => response?.map_into_boxed_body(),
            Err(_) => return Err(actix_web::error::ErrorRequestTimeout("the request did not arrive in time\n")),
        },
    };
    note(&response, started.elapsed());
    Ok(response)
}

fn refuse(request: ServiceRequest, kind: Neutral, change: impl FnOnce(&mut HttpResponse)) -> ServiceResponse<BoxBody> {
    let mut response = match request.app_data::<web::Data<Surface>>() {
        Some(surface) => Visitor::of(surface, request.request()).neutral(kind),
        None => HttpResponse::ServiceUnavailable().finish(),
    };
    change(&mut response);
    request.into_response(response)
}

/// One line per request: method and path template, never a query string or an address of a payer (contract section 1).
fn note(response: &ServiceResponse<BoxBody>, took: Duration) {
    let request = response.request();
    let template = request.match_pattern().unwrap_or_else(|| "(none)".to_owned());
    let status = response.status();
    let method = request.method().as_str();
    metrics::counter!("http_requests_total", "status" => status_class(status)).increment(1);
    metrics::histogram!("http_request_seconds").record(took.as_secs_f64());
    if status.is_server_error() {
        tracing::warn!(
            http.method = method,
            http.route = template,
            http.status = status.as_u16(),
            http.ms = took.as_millis() as u64,
            "answered"
        );
    } else {
        tracing::debug!(
            http.method = method,
            http.route = template,
            http.status = status.as_u16(),
            http.ms = took.as_millis() as u64,
            "answered"
        );
    }
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() / 100 {
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "1xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed_about_the_address() {
        let limiter = Limiter::new(10, 10, vec!["10.0.0.0/8".parse().unwrap()]);
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(limiter.address(ip("192.0.2.1"), &["198.51.100.7"]), ip("192.0.2.1"));
        assert_eq!(limiter.address(ip("10.1.1.1"), &["198.51.100.7"]), ip("198.51.100.7"));
        assert_eq!(limiter.address(ip("10.1.1.1"), &["203.0.113.9, 198.51.100.7, 10.2.2.2"]), ip("198.51.100.7"));
        assert_eq!(limiter.address(ip("10.1.1.1"), &["203.0.113.9", "rubbish"]), ip("10.1.1.1"));
        assert_eq!(limiter.address(ip("10.1.1.1"), &[]), ip("10.1.1.1"));
        assert_eq!(limiter.address(ip("::ffff:10.1.1.1"), &["198.51.100.7:4711"]), ip("198.51.100.7"));
        assert_eq!(limiter.address(ip("2001:db8::1"), &[]), limiter.address(ip("2001:db8::2"), &[]));
    }

    #[test]
    fn parallel_requests_of_one_address_are_bounded_and_leave_no_trace() {
        let limiter = Arc::new(Limiter::new(1_000, 2, Vec::new()));
        let address = "192.0.2.1".parse().unwrap();
        let first = limiter.enter(address);
        let second = limiter.enter(address);
        assert!(first.is_ok() && second.is_ok() && limiter.enter(address).is_err());
        drop(first);
        assert!(limiter.enter(address).is_ok());
        drop(second);
        assert!(limiter.in_flight.lock().unwrap().is_empty());
    }
}
