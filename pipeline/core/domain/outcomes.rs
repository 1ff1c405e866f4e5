//! What messages and rows of answers come to. Each is one list in order of precedence: what could be said to be
//! several of it is the first.

/// Makes an enum whose variants have words that are stored and never change.
macro_rules! outcomes {
    ($(#[$about:meta])* $name:ident { $($(#[$meaning:meta])* $variant:ident = $word:literal),* $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name { $($(#[$meaning])* $variant),* }

        impl $name {
            /// Every outcome, in order of precedence.
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// Its word in tables, files and metrics.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }

            /// The outcome of that word.
            #[must_use]
            pub fn named(word: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|outcome| outcome.word() == word)
            }
        }
    };
}

outcomes! {
    /// What became of a message: accepted, until something is said against it.
    #[derive(Default)]
    MessageOutcome {
        /// Nothing of it can be believed; a person looks at it.
        Quarantined = "quarantined",
        /// The same message was taken in before; it is counted, not kept.
        Repeated = "repeated",
        /// Another message has its event or its revision; a person chooses.
        Conflicting = "conflicting",
        /// It must come after one that is not here yet.
        Waiting = "waiting",
        /// A rule found an error; its sender corrects it.
        Rejected = "rejected",
        #[default]
        Accepted = "accepted",
    }
}

outcomes! {
    /// What a row of a bank's answer comes to.
    AnswerOutcome {
        /// Said before; nothing happens.
        Same = "same",
        /// Another answer was given before: a case.
        Contradicted = "contradicted",
        /// It cannot be believed: the card is on hold, with a case.
        Mismatch = "mismatch",
        /// Refused for good.
        Final = "final",
        /// Refused for a reason the holder can put right.
        Fixable = "fixable",
        /// The bank could not tell: asked again.
        Unknown = "unknown",
        /// The bank cannot close yet: asked again.
        NotClosed = "not_closed",
        Opened = "opened",
        Closed = "closed",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{AnswerOutcome, MessageOutcome};

    #[test]
    fn words_are_of_one_outcome_each() {
        let messages: BTreeSet<&str> = MessageOutcome::ALL.iter().map(|outcome| outcome.word()).collect();
        assert_eq!(messages.len(), MessageOutcome::ALL.len());
        let answers: BTreeSet<&str> = AnswerOutcome::ALL.iter().map(|outcome| outcome.word()).collect();
        assert_eq!(answers.len(), AnswerOutcome::ALL.len());
        assert_eq!(MessageOutcome::named("waiting"), Some(MessageOutcome::Waiting));
        assert_eq!(AnswerOutcome::named("waiting"), None);
    }
}
