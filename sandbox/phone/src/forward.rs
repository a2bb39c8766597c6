//! The forwarder app on the stores' phone: posts each message as the chosen app does, and tries again until it is
//! taken or the app gives up.

use std::time::Duration;

use axum::body::Bytes;
use http_body_util::{BodyExt as _, Full};
use jiff::{SignedDuration, Timestamp};
use wharf_core::id::new_id;

use crate::apps::{App, Event, Patience, Wire};
use crate::state::{Delivery, DeliveryState, Message, Order};
use crate::{Forward, Kind, Phone};

/// One event on its way.
#[derive(Clone)]
struct Job {
    forward: Forward,
    message: Message,
    event_id: String,
    tries: u32,
}

/// How a try ended.
enum Ended {
    Taken,
    /// Tried again, if the app has the patience.
    Not {
        refused: bool,
    },
    /// There is no network: it does not count as a try.
    Offline,
}

impl Phone {
    /// Starts the forwarding of new messages, as often as the phone is set to.
    pub(crate) fn deliver(&self, messages: &[Message]) {
        let often = 1 + self.lock().device.duplicates;
        let to_stores = messages
            .iter()
            .filter(|message| message.wallet_kind == Kind::Store);
        for message in to_stores {
            for _ in 0..often {
                self.start_forwarding(message);
            }
        }
    }

    /// Starts one event in the background; `None` if there is no forwarder app.
    pub(crate) fn start_forwarding(&self, message: &Message) -> Option<String> {
        let job = self.event(message)?;
        let event_id = job.event_id.clone();
        tokio::spawn(self.clone().forward(job));
        Some(event_id)
    }

    /// Sends messages once more, one after the other, as apps do that are told to export their inbox.
    pub(crate) fn start_export(&self, messages: &[Message]) -> Vec<String> {
        let jobs: Vec<Job> = messages
            .iter()
            .filter_map(|message| self.event(message))
            .collect();
        let ids = jobs.iter().map(|job| job.event_id.clone()).collect();
        tokio::spawn(self.clone().one_by_one(jobs));
        ids
    }

    /// The network comes back: what has waited goes out in this order.
    pub(crate) fn start_waiting(&self, order: Order) -> usize {
        let mut waiting = std::mem::take(&mut self.lock().device.waiting);
        if order == Order::NewestFirst {
            waiting.reverse();
        }
        let jobs: Vec<Job> = waiting
            .iter()
            .filter_map(|(sms_id, event_id)| self.resumed(sms_id, event_id))
            .collect();
        let count = jobs.len();
        tokio::spawn(self.clone().one_by_one(jobs));
        count
    }

    fn event(&self, message: &Message) -> Option<Job> {
        let mut state = self.lock();
        let app = state.device.app;
        let forward = self.forwards.iter().find(|forward| forward.app == app)?;
        let event_id = new_id(&self.clock);
        state.message(&message.sms_id)?.deliveries.push(Delivery {
            event_id: event_id.clone(),
            app,
            state: DeliveryState::Pending,
            tries: 0,
            last: String::new(),
            taken_at_ms: None,
        });
        Some(Job {
            forward: forward.clone(),
            message: message.clone(),
            event_id,
            tries: 0,
        })
    }

    /// By the app that it began with.
    fn resumed(&self, sms_id: &str, event_id: &str) -> Option<Job> {
        let mut state = self.lock();
        let message = state.message(sms_id)?.clone();
        let delivery = state.delivery(sms_id, event_id)?;
        let (app, tries) = (delivery.app, delivery.tries);
        let forward = self.forwards.iter().find(|forward| forward.app == app)?;
        Some(Job {
            forward: forward.clone(),
            message,
            event_id: event_id.to_owned(),
            tries,
        })
    }

    async fn one_by_one(self, jobs: Vec<Job>) {
        for mut job in jobs {
            if let Some(wait) = self.attempt(&mut job).await {
                tokio::spawn(self.clone().forward_after(job, wait));
            }
        }
    }

    async fn forward(self, job: Job) {
        self.forward_after(job, Duration::ZERO).await;
    }

    async fn forward_after(self, mut job: Job, mut wait: Duration) {
        loop {
            tokio::time::sleep(wait).await;
            match self.attempt(&mut job).await {
                Some(longer) => wait = longer,
                None => return,
            }
        }
    }

    /// Tries once and writes down how it ended; how long to wait before the next try, if there is one.
    async fn attempt(&self, job: &mut Job) -> Option<Duration> {
        let patience = job.forward.app.patience();
        let (ended, last) = self.post(job, patience).await;
        tracing::debug!(event_id = %job.event_id, %last, "message forwarded");
        let mut state = self.lock();
        if matches!(ended, Ended::Offline) {
            let event = (job.message.sms_id.clone(), job.event_id.clone());
            state.device.waiting.push(event);
        } else {
            job.tries += 1;
        }
        let over = job.tries >= patience.tries
            || matches!(ended, Ended::Not { refused: true } if patience.heeds_refusals);
        if let Some(delivery) = state.delivery(&job.message.sms_id, &job.event_id) {
            delivery.tries = job.tries;
            delivery.last = last;
            delivery.state = match ended {
                Ended::Taken => DeliveryState::Delivered,
                Ended::Offline => DeliveryState::Waiting,
                Ended::Not { .. } if over => DeliveryState::Failed,
                Ended::Not { .. } => DeliveryState::Pending,
            };
            delivery.taken_at_ms = matches!(ended, Ended::Taken).then(|| self.clock.now_ms());
        }
        if over || !matches!(ended, Ended::Not { .. }) {
            return None;
        }
        let doubled = 1_u32 << job.tries.saturating_sub(1).min(16);
        Some(
            self.first_retry
                .saturating_mul(patience.first_wait)
                .saturating_mul(doubled),
        )
    }

    async fn post(&self, job: &Job, patience: Patience) -> (Ended, String) {
        let (online, off) = {
            let device = &self.lock().device;
            (device.online, device.clock_off_seconds)
        };
        if !online {
            return (Ended::Offline, "the phone is offline".to_owned());
        }
        let event = Event {
            forward: &job.forward,
            message: &job.message,
            event_id: &job.event_id,
            now: self.signing_time(job.forward.app, off),
            received: Timestamp::from_millisecond(job.message.received_ms).unwrap_or_default(),
        };
        let wire = job.forward.app.wire(&event);
        self.ask(&job.forward.url, wire, patience.answer_within)
            .await
    }

    /// Lets the app say that it is alive; what came of it, or `None` if it has no such message or no network.
    pub(crate) async fn beat(&self) -> Option<String> {
        let (app, online, off) = {
            let device = &self.lock().device;
            (device.app, device.online, device.clock_off_seconds)
        };
        let forward = self.forwards.iter().find(|forward| forward.app == app)?;
        let now = self.signing_time(app, off);
        let (path, wire) = app
            .heartbeat(forward, &new_id(&self.clock), now)
            .filter(|_| online)?;
        let url = format!("{}{path}", forward.url);
        Some(self.raw(&url, wire, BEAT_PATIENCE).await.2)
    }

    /// By the clock that the app signs by.
    pub(crate) fn signing_time(&self, app: App, phone_off_seconds: i64) -> Timestamp {
        let off = match app.signs_elsewhere() {
            true => 0,
            false => phone_off_seconds,
        };
        let now = self.clock.now();
        now.checked_add(SignedDuration::from_secs(off))
            .unwrap_or(now)
    }

    /// Any 2xx within the app's patience counts as taken.
    async fn ask(&self, url: &str, wire: Wire, within: Duration) -> (Ended, String) {
        let (taken, refused, last) = self.raw(url, wire, within).await;
        let ended = match taken {
            true => Ended::Taken,
            false => Ended::Not { refused },
        };
        (ended, last)
    }

    /// Whether it was taken, whether it was refused (4xx), and the answer in words.
    pub(crate) async fn raw(
        &self,
        url: &str,
        wire: Wire,
        within: Duration,
    ) -> (bool, bool, String) {
        let mut request = self.client.post(url).timeout(within);
        for (name, value) in wire.headers {
            request = request.header(name, value);
        }
        request = match wire.chunked {
            // A body whose length is not told beforehand.
            true => request.body(reqwest::Body::wrap(
                Full::new(Bytes::from(wire.body)).map_frame(|frame| frame),
            )),
            false => request.body(wire.body),
        };
        match request.send().await {
            Ok(answer) => {
                let status = answer.status();
                (
                    status.is_success(),
                    status.is_client_error(),
                    status.to_string(),
                )
            }
            Err(error) if error.is_timeout() => {
                (false, false, format!("no answer in {} s", within.as_secs()))
            }
            Err(error) if error.is_connect() => (false, false, "cannot connect".to_owned()),
            // Without the address: it is a secret of the store's.
            Err(error) => (false, false, error.without_url().to_string()),
        }
    }
}

const BEAT_PATIENCE: Duration = Duration::from_secs(10);
