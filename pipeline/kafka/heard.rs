//! What the broker's library says beside the answer to a question: the answer is only that nobody answered, and why
//! nobody did (a certificate, a password) comes as an event of its own.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::client::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// How long events that are under way may take.
const EVENTS_COME: Duration = Duration::from_millis(100);

/// The last reason one client heard why a server does not let it in.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Option<String>>>);

impl Heard {
    fn hear(&self, reason: &str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason.to_owned());
    }

    /// Whether there is a reason.
    pub fn is_refused(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    /// The reason, once.
    pub fn taken(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl ClientContext for Heard {
    fn error(&self, error: KafkaError, reason: &str) {
        let of_letting_in = matches!(
            error.rdkafka_error_code(),
            Some(
                RDKafkaErrorCode::SSL
                    | RDKafkaErrorCode::Authentication
                    | RDKafkaErrorCode::SaslAuthenticationFailed
                    | RDKafkaErrorCode::UnsupportedSASLMechanism
                    | RDKafkaErrorCode::IllegalSASLState
            )
        );
        if of_letting_in {
            self.hear(reason);
        }
    }

    /// A server that wants to be spoken to otherwise hangs up, and only a line of the log guesses why.
    fn log(&self, _: RDKafkaLogLevel, _: &str, line: &str) {
        if line.contains("security.protocol") {
            self.hear(line);
        }
    }
}

impl ConsumerContext for Heard {}

/// Whether a server said that it does not let in a consumer that reads nothing. What the library has for itself comes
/// in the queue before that.
pub(super) fn is_refused(asker: &BaseConsumer<Heard>) -> bool {
    let began = Instant::now();
    while !asker.context().is_refused() && began.elapsed() < EVENTS_COME {
        asker.poll(Duration::from_millis(10));
    }
    asker.context().is_refused()
}
