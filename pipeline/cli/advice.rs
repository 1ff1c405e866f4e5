//! Which command helps when something went wrong. The texts below the command line say what is wrong and what to
//! do, and name no command.

use std::io::ErrorKind;

use cardline::config::ConfigError;
use cardline::kafka::BrokerError;
use cardline::step::StageError;
use cardline::store::LedgerError;

const NO_LEDGER: &str = "; check --data and --database, or make a ledger with `cardline migrate`, `intake`, `import`, \
     `run` or `tick`";
const TOPICS: &str = "; see `cardline topic list`, then `cardline topic accept TOPIC --reason TEXT --as USER`";

/// What stands behind the text of an error; nothing where no command helps.
pub fn advice(error: &anyhow::Error) -> &'static str {
    let of_cause = error.chain().find_map(|cause| {
        if let Some(error) = cause.downcast_ref::<StageError>() {
            return of_stage(error);
        }
        let ledger = cause.downcast_ref::<LedgerError>().and_then(of_ledger);
        let broker = || cause.downcast_ref::<BrokerError>().and_then(of_broker);
        ledger.or_else(broker).or_else(|| cause.downcast_ref::<ConfigError>().and_then(of_config))
    });
    let is_missing = |cause: &std::io::Error| cause.kind() == ErrorKind::NotFound;
    let missing = || error.chain().filter_map(|cause| cause.downcast_ref()).any(is_missing);
    of_cause.unwrap_or_else(|| if missing() { "; check the path" } else { "" })
}

/// The same of a step's failure.
pub fn of_stage(error: &StageError) -> Option<&'static str> {
    match error {
        StageError::Ledger(error) => of_ledger(error),
        StageError::Broker(error) => of_broker(error),
        _ => None,
    }
}

fn of_ledger(error: &LedgerError) -> Option<&'static str> {
    Some(match error {
        LedgerError::NoLedger { .. } => NO_LEDGER,
        LedgerError::Older { .. } => "; run `cardline migrate` first, or start a worker",
        LedgerError::Reconciling { .. } => "; see `cardline reconcile show`",
        LedgerError::NoEdge { .. } => "; see `cardline states`",
        LedgerError::OtherTopic { .. } | LedgerError::AcceptedMeanwhile { .. } => TOPICS,
        LedgerError::OtherAdministrator { .. } => "; they run `cardline users password NAME`",
        LedgerError::ChangedRow { table: "users", .. } => {
            "; an administrator disables that user and adds another; where none is left: `cardline users recover NAME`"
        }
        LedgerError::UserExists | LedgerError::NoUser => "; see `cardline users list`",
        _ => return None,
    })
}

fn of_broker(error: &BrokerError) -> Option<&'static str> {
    match error {
        BrokerError::OutOfRange { .. } => Some(TOPICS),
        BrokerError::Kafka { .. } | BrokerError::Refused { .. } => Some("; see `cardline doctor`"),
        _ => None,
    }
}

fn of_config(error: &ConfigError) -> Option<&'static str> {
    matches!(error, ConfigError::Read { .. }).then_some("; check the path, and see `cardline config show`")
}
