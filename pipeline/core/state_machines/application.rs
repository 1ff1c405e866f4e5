//! The application: what a person asked for, and what became of it.

use super::Standing::*;
use super::{StateMachine, edge, state};

/// From the approved message to acceptance, or to the reason why not.
pub const APPLICATION: StateMachine = StateMachine {
    name: "application",
    about: "what a person asked for; once accepted, the card's life goes on from it",
    states: &[
        state("accepted", Rest, "bureau operator", "checked and taken on; a card follows"),
        state("rejected", Under, "applicant", "an error was found; a higher revision may replace it until its day"),
        state("returned", Under, "applicant", "back with the holder for correction; the promise clock is paused"),
        state("lapsed", Rest, "nobody", "not corrected in time (s1); a correction after that is refused and told"),
        state("refused", End, "nobody", "the bank refused for good, or a person ended it"),
        state("withdrawn", End, "nobody", "the applicant withdrew it"),
    ],
    edges: &[
        edge("", "accepted", "no error found at intake"),
        edge("", "rejected", "errors found at intake"),
        edge("rejected", "accepted", "a higher revision without errors"),
        edge("accepted", "accepted", "a higher revision replaced one whose card was held for its photo"),
        edge("accepted", "returned", "the bank refused for a reason the holder can put right"),
        edge("accepted", "refused", "the bank refused for good; or decided: ended before a card was made"),
        edge("accepted", "withdrawn", "withdrawn before a card was made"),
        edge("rejected", "lapsed", "the correction deadline passed"),
        edge("rejected", "withdrawn", "withdrawn after rejection"),
        edge("returned", "accepted", "corrected by a higher revision"),
        edge("returned", "lapsed", "the correction deadline passed"),
        edge("returned", "withdrawn", "withdrawn while being corrected"),
        edge("lapsed", "lapsed", "a correction came after the lapse: refused"),
    ],
};
