//! Clients that ask again and again, each on a connection of its own that it keeps.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use crate::bench::http::Connection;
use crate::bench::running::wait_until;

/// What is asked, by how many, and how often.
#[derive(Clone, Copy, Debug)]
pub(super) struct Questions {
    pub(super) port: u16,
    pub(super) path: &'static str,
    /// Whether compressed answers are taken.
    pub(super) gzip: bool,
    pub(super) clients: usize,
    /// Between an answer and the next question: half of it at least, one and a half of it at most.
    pub(super) pause: Duration,
    pub(super) time: Duration,
}

/// How long answers took.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Answers {
    pub(super) count: usize,
    pub(super) per_second: f64,
    /// Bytes of one body.
    pub(super) bytes: usize,
    pub(super) p50_ms: f64,
    pub(super) p95_ms: f64,
    pub(super) p99_ms: f64,
}

/// What one client saw.
#[derive(Debug, Default)]
struct Client {
    took: Vec<Duration>,
    /// Of the last body.
    bytes: usize,
}

/// Clients that are asking.
pub(super) struct Crowd {
    questions: Questions,
    clients: Vec<JoinHandle<Result<Client>>>,
}

impl Questions {
    /// Starts all clients.
    pub(super) fn begin(self) -> Crowd {
        let end = Instant::now() + self.time;
        let clients = (0..self.clients).map(|number| {
            let work = move || self.client(number as u64, end);
            // Small stacks: fifty of them share the machine with what is measured.
            thread::Builder::new().stack_size(128 << 10).spawn(work)
        });
        let clients = clients.filter_map(|client| {
            client
                .inspect_err(|error| eprintln!("a client cannot start: {error}"))
                .ok()
        });
        Crowd {
            questions: self,
            clients: clients.collect(),
        }
    }

    fn client(self, number: u64, end: Instant) -> Result<Client> {
        let mut connection = Connection::open(self.port)?;
        let encoding = if self.gzip { "gzip" } else { "identity" };
        let headers = [("Accept-Encoding", encoding), ("User-Agent", "bench")];
        let mut random = number + 1;
        let mut client = Client::default();
        loop {
            if !self.pause.is_zero() {
                wait_until(Instant::now() + self.thought(&mut random));
            }
            let asked = Instant::now();
            if asked >= end {
                return Ok(client);
            }
            let answer = connection.get(self.path, &headers)?;
            client.took.push(asked.elapsed());
            // A machine that is not well is answered with 503: that is an answer, too.
            ensure!(
                [200, 503].contains(&answer.status),
                "{} answered with {}",
                self.path,
                answer.status
            );
            client.bytes = answer.body.len();
            if answer.is_last {
                // A connection may serve only so many requests; a client then takes another.
                connection = Connection::open(self.port)?;
            }
        }
    }

    /// A pause of between half and one and a half of the average.
    fn thought(self, random: &mut u64) -> Duration {
        *random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let share = (*random >> 40) as f64 / f64::from(1_u32 << 24);
        self.pause.mul_f64(0.5 + share)
    }
}

impl Crowd {
    /// Waits until all have ended.
    pub(super) fn finish(self) -> Result<Answers> {
        let mut all = Vec::new();
        let mut bytes = 0;
        let started = self.clients.len();
        ensure!(
            started == self.questions.clients,
            "only {started} clients could be started"
        );
        for client in self.clients {
            let client = client.join().map_err(|_| anyhow!("a client failed"))??;
            all.extend(client.took);
            bytes = bytes.max(client.bytes);
        }
        answers(all, bytes, self.questions.time).context("nothing was answered")
    }
}

fn answers(mut took: Vec<Duration>, bytes: usize, time: Duration) -> Option<Answers> {
    took.sort_unstable();
    let at = |percent: usize| -> Option<f64> {
        // The smallest answer that so many percent did not exceed.
        let place = (took.len() * percent).div_ceil(100).max(1) - 1;
        Some(took.get(place)?.as_secs_f64() * 1e3)
    };
    Some(Answers {
        count: took.len(),
        per_second: took.len() as f64 / time.as_secs_f64(),
        bytes,
        p50_ms: at(50)?,
        p95_ms: at(95)?,
        p99_ms: at(99)?,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn percentiles() {
        let took = (1..=200).rev().map(Duration::from_millis).collect();
        let answers = answers(took, 7, Duration::from_secs(4)).unwrap();
        assert_eq!(
            answers,
            Answers {
                count: 200,
                per_second: 50.0,
                bytes: 7,
                p50_ms: 100.0,
                p95_ms: 190.0,
                p99_ms: 198.0,
            }
        );
        assert_eq!(super::answers(vec![], 0, Duration::from_secs(1)), None);
    }

    #[test]
    fn thoughts_are_spread() {
        let questions = Questions {
            port: 1,
            path: "/",
            gzip: false,
            clients: 1,
            pause: Duration::from_millis(100),
            time: Duration::ZERO,
        };
        let mut random = 7;
        let thoughts: Vec<Duration> = (0..1000).map(|_| questions.thought(&mut random)).collect();
        let within = |low: u64, high: u64| {
            let range = Duration::from_millis(low)..Duration::from_millis(high);
            thoughts
                .iter()
                .filter(|thought| range.contains(thought))
                .count()
        };
        assert_eq!(within(50, 150), 1000);
        assert!(within(50, 75) > 150 && within(125, 150) > 150);
    }
}
