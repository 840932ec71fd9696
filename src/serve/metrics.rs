//! **Metrics** are counters in Prometheus's text form. None holds a question or an id: routes stand for requests.

use std::time::{Duration, SystemTime};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::live::Opened;

pub struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    latency: Family<Route, Histogram>,
    pub under_way: Gauge,
    pub connections: Gauge,
    reloads: Family<Reload, Counter>,
    threads: Gauge,
    index_age: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reload {
    outcome: &'static str,
}

/// Seconds; a search takes about a millisecond.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

impl Metrics {
    pub fn new() -> Metrics {
        let mut registry = Registry::with_prefix("curbside");
        let requests = Family::default();
        let latency = Family::<Route, Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        let (under_way, connections, threads, index_age) =
            (Gauge::default(), Gauge::default(), Gauge::default(), Gauge::default());
        let reloads = Family::default();
        registry.register("requests", "Requests answered", requests.clone());
        registry.register_with_unit("request_duration", "Time to answer a request", Unit::Seconds, latency.clone());
        registry.register("requests_under_way", "Requests being answered", under_way.clone());
        registry.register("connections", "Open connections", connections.clone());
        registry.register("index_reloads", "New states of the index met", reloads.clone());
        registry.register("index_threads", "Threads in the index", threads.clone());
        registry.register_with_unit("index_age", "Time since the last commit", Unit::Seconds, index_age.clone());
        Metrics { registry, requests, latency, under_way, connections, reloads, threads, index_age }
    }

    pub fn answered(&self, method: &'static str, route: &str, status: u16, took: Duration) {
        self.requests.get_or_create(&Request { method, route: route.to_owned(), status }).inc();
        self.latency.get_or_create(&Route { route: route.to_owned() }).observe(took.as_secs_f64());
    }

    pub fn reloaded(&self, opened: bool) {
        self.reloads.get_or_create(&Reload { outcome: if opened { "opened" } else { "refused" } }).inc();
    }

    pub fn text(&self, now: &Opened) -> String {
        self.threads.set(i64::try_from(now.view.len()).unwrap_or(i64::MAX));
        let age = SystemTime::now().duration_since(now.committed).unwrap_or_default();
        self.index_age.set(i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a string does not fail");
        text
    }
}
