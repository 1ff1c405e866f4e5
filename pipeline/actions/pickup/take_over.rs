//! Whether a point can take over the cards of another.

use cardline_core::domain::reference::Reference;
use jiff::civil::Date;

use crate::route::distribution::reassign::CardClaim;
use crate::step::Worker;

/// Why a point cannot take over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CannotTakeOver {
    /// It is the point itself.
    Itself,
    /// It has closed, or is neither a pickup point nor an outlet.
    Closed,
    /// A bank hands out at the outlet that opened the account and nowhere else, as long as there is that outlet
    /// (document 003).
    OutletIsOpen,
    /// Cards of a pickup point go to one of a kind at which they may be handed out, those of an outlet to an outlet of the
    /// same bank.
    OtherSort,
    /// It lies farther off than the policy of this region allows.
    TooFar { region: String },
}

impl CannotTakeOver {
    /// What was found in one word.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            CannotTakeOver::Itself => "takes-over-itself",
            CannotTakeOver::Closed => "takes-over-closed",
            CannotTakeOver::OutletIsOpen => "outlet-is-open",
            CannotTakeOver::OtherSort => "takes-over-other-sort",
            CannotTakeOver::TooFar { .. } => "takes-over-too-far",
        }
    }
}

/// The reference table of both points, when the second one can take over cards of these claims.
pub(super) fn table_of_both(
    worker: &Worker,
    (from, to): (&str, &str),
    claims: &[CardClaim],
    today: Date,
) -> Result<&'static str, CannotTakeOver> {
    if from == to {
        return Err(CannotTakeOver::Itself);
    }
    let reference: &Reference = &worker.reference;
    let Some((_, lies_in)) = reference.collected_at(to) else { return Err(CannotTakeOver::Closed) };
    let table = match (reference.point(to), reference.outlet(to)) {
        (Some(point), _) if claims.iter().all(|claim| claim.goes_to(point.kind)) => "points",
        (_, Some(outlet)) if claims.iter().all(|claim| claim.is_of_outlet() && claim.bank == outlet.bank) => "outlets",
        _ => return Err(CannotTakeOver::OtherSort),
    };
    if table == "outlets" && reference.outlet(from).is_some() {
        return Err(CannotTakeOver::OutletIsOpen);
    }
    let too_far = |claim: &&CardClaim| {
        let within = worker.policy.of(&claim.region, today).pickup_within;
        !within.holds(lies_in, &claim.region)
    };
    match claims.iter().find(too_far) {
        Some(claim) => Err(CannotTakeOver::TooFar { region: claim.region.clone() }),
        None => Ok(table),
    }
}
