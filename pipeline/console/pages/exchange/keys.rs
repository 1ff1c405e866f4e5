//! What is done about keys of envelopes on a partner's page: made, entered, changed for a new one, handed out.

use cardline::actions::envelope_keys::{KeyRefusal, Used, enter, keys_of, make, rotate};
use cardline::people::permits::Permission;
use cardline::step::Worker;
use cardline_core::file_formats::EnvelopeKind;
use jiff::Timestamp;

use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;

/// Carries out what a form asks of keys.
///
/// # Errors
/// The role may not, the form does not make sense, or the keys refuse it.
pub async fn act(asked: &Asked, act: &str, code: &str) -> Result<(), Refusal> {
    if !asked.may(Permission::KeepKeys) {
        return Err(Refusal::Role);
    }
    let (worker, now) = asked.worker().await?;
    let kind = kind(&worker, code, asked.form.get("kind"))?;
    let from = match asked.form.get("from") {
        "" => now,
        text => text.parse::<Timestamp>().map_err(|_| {
            Refusal::Wrong(Words::new(
                "时间应形如 2026-03-01T00:00:00+08:00",
                "An instant is to look like 2026-03-01T00:00:00+08:00",
            ))
        })?,
    };
    let done = match act {
        "make-key" => make(&worker, kind, Used { from, until: None }, now).await.map(drop),
        "rotate-key" => {
            let days = asked.form.get("overlap").parse().unwrap_or(0);
            rotate(&worker, kind, from, days, now).await.map(drop)
        }
        "enter-key" => {
            let public = asked.upload.as_ref().map(|upload| upload.bytes.to_vec()).unwrap_or_default();
            let public = String::from_utf8(public).unwrap_or_default();
            enter(&worker, code, kind, &public, Used { from, until: None }, now).await.map(drop)
        }
        _ => return Err(Refusal::Wrong(Words::new("没有这种操作", "There is no such act"))),
    };
    done.map_err(refused)
}

/// The public key of an id, to keep.
pub async fn export(asked: Asked) -> Result<Answer, Refusal> {
    let (worker, _) = asked.worker().await?;
    let (code, id) = (asked.part(0), asked.part(1));
    let is_seen = worker.partners.get(code).is_some() && asked.principal()?.scope.covers(code, "");
    let key = keys_of(&worker, code)?.into_iter().find(|key| key.id == id && is_seen).ok_or(Refusal::Absent)?;
    let ending = if key.kind == EnvelopeKind::OpenPgp { "asc" } else { "pem" };
    let name = format!("key-{}.{ending}", key.id);
    Ok(Answer::File { name, kind: "text/plain; charset=utf-8", body: key.public.into_bytes() })
}

/// A kind of envelope that the partner's profile uses.
fn kind(worker: &Worker, code: &str, wanted: &str) -> Result<EnvelopeKind, Refusal> {
    let partner = worker.partners.get(code).ok_or(Refusal::Absent)?;
    let used = [partner.profile.envelope.out, partner.profile.envelope.incoming];
    let found = used.into_iter().find(|kind| *kind != EnvelopeKind::None && kind.code() == wanted);
    found.ok_or_else(|| {
        Refusal::Wrong(Words::new("对方的配置不用这种信封", "The partner's profile uses no such envelope"))
    })
}

fn refused(refusal: KeyRefusal) -> Refusal {
    match refusal {
        KeyRefusal::Stage(error) => error.into(),
        other => {
            Refusal::Conflict(Words::new(format!("密钥没有改变：{other}"), format!("No key was changed: {other}")))
        }
    }
}
