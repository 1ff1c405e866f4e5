//! The words of what was refused: what was found, and what to do, with the command to run. The actions below
//! give values; every word that people read of them is here.

use cardline::actions::batches::refusal::BatchRefusal;
use cardline::actions::cases::refusal::CaseRefusal;
use cardline::actions::decisions::{ApprovalRefusal, Because};
use cardline::actions::erase::EraseRefusal;
use cardline::actions::outcome::ActionError;
use cardline::actions::quarantine::refusal::{QuarantineRefusal, RepairRefusal};
use cardline::actions::recovery::refusal::RecoveryRefusal;
use cardline::books::person_cards::LookupRefusal;
use cardline::limits::{LOGIN_TRIES, REPAIR_BYTES_MAX, RETRY_MESSAGES, SKIPPED_NUMBERS_MAX};
use cardline::people::authorisation::Beyond;
use cardline::people::permits::PermitRefusal;
use cardline::people::services::ServiceError;
use cardline::people::sessions::{LoginError, LoginRefusal};
use cardline::time::rfc3339;
use cardline_core::domain::staff::Role;

use super::exit::Usage;
use super::print::{grouped_digits, visible};

/// Something refused, in words.
pub trait InWords {
    /// What was found and what to do.
    fn words(&self) -> String;

    /// Whether the command itself was given wrongly, which has an exit code of its own.
    fn is_usage(&self) -> bool {
        false
    }
}

/// The error of an action, in words; what stopped it otherwise keeps its own.
pub fn in_words<R: InWords>(error: ActionError<R>) -> anyhow::Error {
    match error {
        ActionError::Failed(error) => error.into(),
        ActionError::Refused(refusal) => refused(&refusal),
    }
}

/// As [`in_words`], with the name of the action before a refusal.
pub fn of_action<R: InWords>(action: &str, error: ActionError<R>) -> anyhow::Error {
    match error {
        ActionError::Failed(error) => error.into(),
        ActionError::Refused(refusal) => anyhow::anyhow!("{action}: {}", visible(&refusal.words())),
    }
}

/// A refusal as the error of a command.
pub fn refused(refusal: &impl InWords) -> anyhow::Error {
    let words = visible(&refusal.words());
    if refusal.is_usage() { Usage(words).into() } else { anyhow::Error::msg(words) }
}

/// Why nobody was recognised under the name that was asked for, as the error of a command.
pub fn no_login(error: LoginError, name: &str) -> anyhow::Error {
    match error {
        LoginError::Failed(error) => error.into(),
        LoginError::Refused(LoginRefusal::WrongPassword) => anyhow::anyhow!(
            "user name or password is wrong; after {LOGIN_TRIES} wrong passwords in a row each further one takes longer"
        ),
        LoginError::Refused(LoginRefusal::Waits { until }) => anyhow::anyhow!(
            "too many wrong passwords were given for {name}; try again after {}, or at a machine where {name} logged in before, or ask an administrator: cardline users unlock {name}",
            rfc3339(until)
        ),
        LoginError::Refused(LoginRefusal::SessionEnded) => {
            anyhow::anyhow!("the session has ended; log in again: cardline login --as {name}")
        }
        LoginError::Refused(LoginRefusal::Restored { user }) => anyhow::anyhow!(
            "the database was restored, and {user} waits until an administrator has confirmed its users: cardline reconcile show"
        ),
        LoginError::Refused(LoginRefusal::OtherUser { user }) => {
            anyhow::anyhow!("logged in as {user}, not as {name}; log in: cardline login --as {name}")
        }
    }
}

/// Why steps are run for nobody, as the error of a command.
pub fn no_service(error: ServiceError) -> anyhow::Error {
    match error {
        ServiceError::Refused(refusal) => {
            anyhow::anyhow!("{refusal}: cardline users add NAME --role service --credential FILE")
        }
        other => other.into(),
    }
}

/// Why somebody may not run a command, as its error.
pub fn no_permit(refusal: PermitRefusal, command: &str) -> anyhow::Error {
    match refusal {
        PermitRefusal::Role { user, role } => {
            anyhow::anyhow!("{user} is {}, which may not run `{command}`; see `cardline users roles`", role.code())
        }
        PermitRefusal::Scope { user, scope } => anyhow::anyhow!(
            "`{command}` reaches beyond {scope}, which is all that {user} sees; see `cardline users roles`"
        ),
    }
}

impl InWords for Beyond {
    fn words(&self) -> String {
        let Beyond { what, scope, user } = self;
        format!(
            "{what} reaches beyond {scope}, which is all that {user} sees; ask an operator or administrator who sees all of it"
        )
    }
}

impl InWords for LookupRefusal {
    fn words(&self) -> String {
        match self {
            LookupRefusal::NoNumber => {
                "that is no valid number of a person: its last sign checks the others; nothing was looked up".into()
            }
            LookupRefusal::EnoughToday { limit } => format!(
                "you had {limit} persons or messages opened alone today, which is as many as one may; find the card by its \
                 number with `cardline trace`, or ask somebody else"
            ),
        }
    }

    fn is_usage(&self) -> bool {
        matches!(self, LookupRefusal::NoNumber)
    }
}

impl InWords for BatchRefusal {
    fn words(&self) -> String {
        match self {
            BatchRefusal::NoSuchBatch { number } => {
                format!("no batch has the number {number}; see `cardline batch list`")
            }
            BatchRefusal::NoSuchStream { stream } => format!(
                "{stream} is neither a batch nor a stream; see `cardline batch plan` for streams, such as account/ABC/110101/normal"
            ),
            BatchRefusal::Beyond(beyond) => beyond.words(),
            BatchRefusal::NamesAnArea { stream } => format!(
                "{stream} is no stream's name or its beginning: a region has six digits; hold each of the area's streams, see `cardline batch plan`"
            ),
            BatchRefusal::NothingWaits { stream } => {
                format!("nothing waits in {stream}; see `cardline batch plan` for what does")
            }
            BatchRefusal::NotWaiting { application } => format!(
                "no card of {application} waits for its account; see `cardline trace {application}` for where it is"
            ),
            BatchRefusal::OnHoldWith { stream, hold, beyond: None } => format!(
                "{stream} is on hold with {hold}; release that first with `cardline batch release {hold} --reason TEXT --as USER`"
            ),
            BatchRefusal::OnHoldWith { stream, hold, beyond: Some(beyond) } => {
                format!("{stream} is on hold with {hold}; {}", beyond.words())
            }
            BatchRefusal::NoCapacity { partner } => format!("{partner} has no capacity left today; cut tomorrow"),
            BatchRefusal::Busy { stream } => {
                format!("another scheduler is cutting {stream} now; preview it again with --dry-run")
            }
            BatchRefusal::NotNext { number } => {
                format!("{number} is not the next number of this stream any more; preview it again with --dry-run")
            }
            BatchRefusal::NothingToCarry { stream } => {
                format!("no card of {stream} can be carried now; see `cardline batch plan` for why")
            }
            BatchRefusal::OnePart { number, cards } => format!(
                "{number} would stay in one part; it has {cards} cards, in the sections that `cardline batch show {number}` lists"
            ),
            BatchRefusal::EmptyPart { number } => format!(
                "no card of one part can be carried; cancel the whole with `cardline batch cancel {number} --reason TEXT --as USER`"
            ),
            BatchRefusal::Sending { number } => format!(
                "{number} is being sent: its file may lie at the partner already; once it is sent, ask the partner to put it aside"
            ),
            BatchRefusal::Ended { number } => {
                format!("{number} was ended before; see `cardline batch show {number}` for by whom and what came of it")
            }
            BatchRefusal::NotOnHold { number } => format!("{number} is cut and not on hold"),
            BatchRefusal::Sent { number, state } => format!(
                "{number} is {state}: its file is at the partner; ask the partner to put it aside, and wait for its answer"
            ),
        }
    }
}

impl InWords for RecoveryRefusal {
    fn words(&self) -> String {
        match self {
            RecoveryRefusal::NoSuchStream { partner, kind } => {
                format!("{partner} sends no {kind}; see `cardline exchange missing` for streams")
            }
            RecoveryRefusal::NothingMissing => {
                "no later file waits, so nothing is missing; ask the partner to send the file".into()
            }
            RecoveryRefusal::OtherFileWaits { number, asked } => format!(
                "the next file there has number {number}, not {asked}; see `cardline exchange missing`"
            ),
            RecoveryRefusal::TooManyMissing { count } => format!(
                "{count} numbers are missing, more than {SKIPPED_NUMBERS_MAX}: ask the partner whether it counts anew"
            ),
            RecoveryRefusal::Beyond(beyond) => beyond.words(),
            RecoveryRefusal::BeingRead { partner, kind } => {
                format!("a worker is reading {partner} {kind} now; try again")
            }
            RecoveryRefusal::NothingHalted => "nothing is halted: there is nothing to accept".into(),
            RecoveryRefusal::TransactionsCountedAnew => {
                "the server counts transactions anew; raise its count and load the dump again (ops/runbooks/another-server.md), \
                 or restore a physical backup (ops/runbooks/restore.md)"
                    .into()
            }
            RecoveryRefusal::NoKafka => "no Kafka is configured; give --kafka SERVERS or set CARDLINE_KAFKA".into(),
            RecoveryRefusal::NoSuchTopic { topic } => format!(
                "the broker has no topic {topic}: once it is there again, or another one in its place, see `cardline topic list`"
            ),
            RecoveryRefusal::NothingLost { topic } => {
                format!("{topic} is as it was: there is nothing to accept")
            }
        }
    }
}

impl InWords for CaseRefusal {
    fn words(&self) -> String {
        match self {
            CaseRefusal::NoSuchCase { id } => format!("no case has the number {id}; see `cardline cases list`"),
            CaseRefusal::Decided { id, by, word, at } => {
                format!("case {id} was decided before: {word}, by {by}, at {}; nothing was changed", rfc3339(*at))
            }
            CaseRefusal::Overtaken { id } => {
                format!(
                    "case {id} was settled by later facts: there is nothing to decide; see `cardline cases show {id}`"
                )
            }
            CaseRefusal::NotOffered { id, word, offered } => {
                let offered: Vec<&str> = offered.iter().map(|decision| decision.word()).collect();
                format!("{word} cannot be decided of case {id} now; it offers {}", offered.join(", "))
            }
            CaseRefusal::NeedsSecond { id } => {
                format!("case {id} changed meanwhile, and a second person must approve this; give the command again")
            }
        }
    }

    fn is_usage(&self) -> bool {
        matches!(self, CaseRefusal::NotOffered { .. })
    }
}

impl InWords for EraseRefusal {
    fn words(&self) -> String {
        match self {
            EraseRefusal::Unknown { application_id } => format!("no application has the id {application_id}"),
            EraseRefusal::Beyond { application_id } => format!(
                "an application of the person of {application_id} lies outside of what you see; ask an administrator who sees everything"
            ),
            EraseRefusal::Needed { against } => {
                let shown = against.iter().take(10).cloned().collect::<Vec<_>>().join("; ");
                format!("the person is still needed: {shown}; nothing was changed")
            }
            EraseRefusal::NoGround { ground } => {
                format!("{ground} is no ground of the list; see `cardline erase person --help`")
            }
        }
    }
}

impl InWords for QuarantineRefusal {
    fn words(&self) -> String {
        match self {
            QuarantineRefusal::Unmatched(lines) => format!(
                "{} of the corrected messages name no message of the quarantine; nothing was changed",
                lines.len()
            ),
            QuarantineRefusal::NothingChosen { ids } if ids.is_empty() => {
                "nothing in the quarantine is of this selection; see `cardline quarantine list`".into()
            }
            QuarantineRefusal::NothingChosen { ids } => {
                format!("{} not in the quarantine; see `cardline quarantine list`", which(ids))
            }
            QuarantineRefusal::NotAllQuarantined { ids } => {
                format!("not all of {} in the quarantine; see `cardline quarantine list`", which(ids))
            }
            QuarantineRefusal::TooMany { count } => format!(
                "{} messages: one export holds at most {}; narrow the selection",
                grouped_digits(*count),
                grouped_digits(RETRY_MESSAGES)
            ),
            QuarantineRefusal::OtherOperation { count, .. } => format!(
                "not what was previewed: it would take {} messages now, or another operation; preview it with --dry-run",
                grouped_digits(*count)
            ),
            QuarantineRefusal::AnotherIdentity { message, kept } => format!(
                "message {message}: its repair changes `{}`; a repair keeps application, card, person, region and bank; \
                 another one comes from its sender as a new message, and this one is discarded",
                kept.member()
            ),
            QuarantineRefusal::Unconfirmed { count } => format!(
                "{} messages: preview them with --dry-run, then confirm with the operation's id",
                grouped_digits(*count)
            ),
            QuarantineRefusal::NeedsSecond { .. } => "the quarantine changed meanwhile; give the command again".into(),
            QuarantineRefusal::Busy { id } => {
                format!("operation {id} is being carried out by another worker; give the command again")
            }
        }
    }

    fn is_usage(&self) -> bool {
        matches!(self, QuarantineRefusal::Unconfirmed { .. } | QuarantineRefusal::OtherOperation { .. })
    }
}

fn which(ids: &[i64]) -> String {
    let shown: Vec<String> = ids.iter().take(10).map(ToString::to_string).collect();
    let more = if ids.len() > 10 { ", …" } else { "" };
    if ids.len() == 1 { format!("message {} is", shown[0]) } else { format!("messages {}{more} are", shown.join(", ")) }
}

impl InWords for RepairRefusal {
    fn words(&self) -> String {
        match self {
            RepairRefusal::NoAssignment => "--set takes PATH=VALUE, such as schema=card.application.v1".into(),
            RepairRefusal::NotSetHere { path } => format!(
                "--set {path}: only codes, days and words of enumerations are set here; correct anything else with --from FILE"
            ),
            RepairRefusal::NoJson { path } => format!("--set {path}:= takes JSON"),
            RepairRefusal::NoWholeNumber { path } => format!("--set {path} takes a whole number"),
            RepairRefusal::NotOfForm { path } => {
                format!("--set {path}: not the form of a value of this place, or no word of its enumeration")
            }
            RepairRefusal::NotOneValue { path } => format!("--set {path} takes one value, not a list or an object"),
            RepairRefusal::FileTooLarge { file } => {
                format!("{file} is larger than {REPAIR_BYTES_MAX} bytes; split it, or have the sender send it anew")
            }
            RepairRefusal::NoEvent { file, line } => {
                format!("{file}, line {line}: not a JSON object with an event_id")
            }
            RepairRefusal::SameEvent { file, line } => format!("{file}, line {line}: an event_id stands twice"),
            RepairRefusal::TooManyMessages { file, line } => {
                format!("{file}, line {line}: too many messages; split the file, or have the sender send them anew")
            }
        }
    }

    fn is_usage(&self) -> bool {
        !matches!(
            self,
            RepairRefusal::FileTooLarge { .. }
                | RepairRefusal::NoEvent { .. }
                | RepairRefusal::SameEvent { .. }
                | RepairRefusal::TooManyMessages { .. }
        )
    }
}

impl InWords for ApprovalRefusal {
    fn words(&self) -> String {
        match self {
            ApprovalRefusal::NotOpen { id } => {
                format!("no approval {id} waits for a decision; see `cardline approvals list --all`")
            }
            ApprovalRefusal::OwnRequest { id } => {
                format!("you asked for approval {id} yourself: somebody else must decide it")
            }
            ApprovalRefusal::Role { id, action, role } => {
                let may: Vec<&str> = action.approvers().iter().copied().map(Role::code).collect();
                format!("a {} may not decide approval {id} ({}); {} may", role.code(), action.code(), may.join(" or "))
            }
            ApprovalRefusal::MakerLeft { id, maker } => format!(
                "approval {id} was asked for by {maker}, who is no enabled user any more; refuse it with `cardline approvals refuse {id}`"
            ),
            ApprovalRefusal::Changed { id, because } => {
                let because = because.as_ref().map_or_else(String::new, |because| format!(" ({})", because.words()));
                format!(
                    "approval {id}: what was asked for is no longer what would be done now{because}; nothing was done, and it stays in `approvals list`: refuse it with `cardline approvals refuse {id}`, and let it be asked for anew"
                )
            }
            ApprovalRefusal::Unknown { id, action } => {
                format!("approval {id}: this program does not know how to carry out {action}")
            }
        }
    }
}

impl InWords for Because {
    fn words(&self) -> String {
        match self {
            Because::Batch(refusal) => refusal.words(),
            Because::Quarantine(refusal) => refusal.words(),
            Because::Recovery(refusal) => refusal.words(),
            Because::Erase(refusal) => refusal.words(),
            Because::Case(refusal) => refusal.words(),
            Because::Pickup(refusal) => refusal.words(),
            Because::File(refusal) => refusal.words(),
        }
    }
}
