//! Which topic it is, however often its name is used again.

/// What the broker calls a topic and itself; both stay as long as the topic lives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicIdentity {
    pub cluster: String,
    pub id: String,
}

impl std::fmt::Display for TopicIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "topic id {} on cluster {}", self.id, self.cluster)
    }
}
