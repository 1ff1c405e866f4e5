//! The account cut: a homogeneous batch, in the order of application ids, and its request file.

use std::collections::HashSet;

use cardline_core::domain::application::{Application, Text};
use cardline_core::domain::message;
use cardline_core::layouts::FileKind;
use jiff::Timestamp;
use rayon::prelude::*;

use crate::ledger::{CutBatch, Group, Lease, WaitingCard, Why};
use crate::stages::cutting::{self, Numbers};
use crate::stages::{StageError, Station, Step};
use crate::time::local_date;

/// The step; one batch at a time.
pub struct Cut;

/// The cards of a batch to be, with the numbers it will get.
pub struct Claimed {
    lease: Lease,
    group: Group,
    cards: Vec<WaitingCard>,
    numbers: Numbers,
    /// Applications the bank was asked about by a history that is gone.
    sent: HashSet<String>,
}

impl Step for Cut {
    type Claimed<'s> = Claimed;
    type Worked<'s> = (Lease, CutBatch, Vec<u8>);

    async fn claim(&self, station: &Station, now: Timestamp) -> Result<Option<Claimed>, StageError> {
        for group in station.ledger.waiting_accounts().await? {
            let Some(partner) = station.partners.get(&group.bank) else {
                continue;
            };
            if !cutting::is_due(station, &partner.profile, &group, now) {
                continue;
            }
            let work = format!("accounts/cut/{}/{}/{}", group.region, group.bank, group.lane);
            let Some(lease) = station.lease(&work, now).await? else {
                continue;
            };
            let cards = station.ledger.waiting_cards(&group, cutting::max_cards(&partner.profile)).await?;
            if cards.is_empty() {
                station.ledger.give_back(&lease).await?;
                continue;
            }
            let numbers = cutting::numbers(station, 'A', &group.bank, FileKind::AccountRequest, now).await?;
            let sent = station.ledger.sent_before(FileKind::AccountRequest.name()).await?;
            return Ok(Some(Claimed { lease, group, cards, numbers, sent }));
        }
        Ok(None)
    }

    fn work<'s>(&self, station: &'s Station, claimed: Claimed, now: Timestamp) -> Result<Self::Worked<'s>, StageError> {
        let Claimed { lease, group, cards, numbers, sent } = claimed;
        let Some(partner) = station.partners.get(&group.bank) else {
            return Err(StageError::Shape(format!("{} is no partner", group.bank)));
        };
        let spec = cutting::spec(partner, FileKind::AccountRequest)?;
        let today = local_date(now);
        let due_on = cutting::answer_due(station, &partner.profile, FileKind::AccountRequest, today);
        let mut batch = cutting::batch("account", partner, &group, &numbers, now, due_on);
        let arranged: Vec<Result<Vec<String>, String>> =
            cards.par_iter().map(|card| row(station, spec, card)).collect::<Result<_, StageError>>()?;
        let mut rows = Vec::new();
        for (card, arranged) in cards.iter().zip(arranged) {
            match arranged {
                _ if sent.contains(&card.application_id) => {
                    batch.held.push((card.id, cutting::SENT_BEFORE.into()));
                }
                Ok(row) => {
                    batch.members.push(card.id);
                    rows.push(row);
                }
                Err(reason) => batch.held.push((card.id, reason)),
            }
        }
        // Row numbers are those of the file, so they are given once it is known who is in it.
        let place = spec.column("row").unwrap_or(0);
        for (number, row) in rows.iter_mut().enumerate() {
            row[place] = (number + 1).to_string();
        }
        let mut bytes = Vec::new();
        if !rows.is_empty() {
            bytes = cutting::render(spec, &cutting::control(&numbers, &group.region, rows.len()), &rows)?;
            batch.file = Some(cutting::frozen(
                partner,
                spec,
                &numbers,
                &cutting::Rendering { region: &group.region, rows: rows.len(), bytes: &bytes },
                today,
                due_on,
            )?);
        }
        Ok((lease, batch, bytes))
    }

    async fn settle<'s>(
        &self,
        station: &'s Station,
        (lease, batch, bytes): Self::Worked<'s>,
        now: Timestamp,
    ) -> Result<(), StageError> {
        if batch.file.is_some() {
            station.objects.freeze("files", &bytes).await?;
        }
        let why = Why { at: now, actor: "scheduler", reason: "account batch cut" };
        station.ledger.settle_account_cut(&lease, &batch, why).await?;
        Ok(())
    }
}

/// One row of the request, in the bank's columns; or why no file can carry it.
fn row(
    station: &Station,
    spec: &cardline_core::layouts::FileSpec,
    card: &WaitingCard,
) -> Result<Result<Vec<String>, String>, StageError> {
    let plain = station.keys.open_record(&card.sealed)?;
    let Ok(decoded) = message::decode(&plain) else {
        return Ok(Err("the stored application cannot be read".into()));
    };
    let arranged =
        spec.arrange(|field| value(&decoded.application, field)).and_then(|row| spec.check_row(&row).map(|()| row));
    Ok(arranged.map_err(|fault| format!("{} in {}: {}", fault.code.code(), fault.field, fault.message)))
}

/// Our value of a field of the account request.
fn value(a: &Application<'_>, field: &str) -> Option<String> {
    let (holder, agent) = (&a.holder, a.agent.as_ref());
    let text = |t: &str| Some(t.to_owned());
    let optional = |t: &Option<Text<'_>>| t.as_deref().map(str::to_owned);
    match field {
        "row" => text("1"),
        "task" => text(&a.application_id),
        "name" => cardline_core::domain::name::normalise(&holder.name).ok().map(|n| n.text.to_string()),
        "sex" => text(&holder.sex),
        "id_type" => text(holder.id_type.word()),
        "id_number" => Some(holder.whole_number()),
        "id_valid_to" => optional(&holder.id_valid_to),
        "ethnicity" => optional(&holder.ethnicity),
        "nationality" => text(&holder.nationality),
        "birth_date" => text(&holder.birth_date),
        "occupation" => optional(&holder.occupation),
        "mobile" => text(&holder.mobile),
        "phone" => optional(&holder.phone),
        "address" => text(&holder.address.detail),
        "address_region" => text(&holder.address.region),
        "outlet" => text(&a.opening_outlet),
        "guardian_name" => {
            agent.and_then(|g| cardline_core::domain::name::normalise(&g.name).ok().map(|n| n.text.to_string()))
        }
        "guardian_sex" => agent.map(|g| g.sex.to_string()),
        "guardian_id_type" => agent.map(|g| g.id_type.word().to_owned()),
        "guardian_id_number" => agent.map(|g| g.id_number.to_string()),
        "guardian_relation" => agent.map(|g| g.relation.word().to_owned()),
        "guardian_mobile" => agent.map(|g| g.mobile.to_string()),
        _ => None,
    }
}
