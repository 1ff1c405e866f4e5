//! How long the broker keeps a topic's messages.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;

use super::{Broker, BrokerError};

/// A question of an operator who waits; not every broker answers it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Hours a topic's messages are kept; `None` forever, or where the broker does not say.
pub async fn retention_hours(broker: &Broker, topic: &str) -> Result<Option<i64>, BrokerError> {
    let failed = |source| broker.unmade(source);
    let admin: AdminClient<DefaultClientContext> = broker.client()?.create().map_err(failed)?;
    let options = AdminOptions::new().request_timeout(Some(PATIENCE));
    let asked = [ResourceSpecifier::Topic(topic)];
    let told = admin.describe_configs(&asked, &options).await.map_err(failed)?;
    let value = told.into_iter().flatten().find_map(|resource| resource.get("retention.ms")?.value.clone());
    let milliseconds: Option<i64> = value.and_then(|text| text.parse().ok());
    Ok(milliseconds.filter(|ms| *ms >= 0).map(|ms| ms / 3_600_000))
}
