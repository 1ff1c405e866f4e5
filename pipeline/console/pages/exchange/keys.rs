//! What is done about keys of envelopes on a partner's page: made, entered, changed for a new one, handed out.

use cardline::actions::envelope_keys::{KeyRefusal, Used, enter, keys_of, make, rotate};
use cardline::people::permits::Permission;
use cardline::step::Worker;
use cardline_core::file_formats::EnvelopeKind;
use jiff::Timestamp;

use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::frame::Frame;

/// Carries out what a form asks of keys; `None` where it asks nothing of them.
///
/// # Errors
/// The role may not, the form does not make sense, or the keys refuse it.
pub async fn carried_out(asked: &Asked) -> Result<Option<Answer>, Refusal> {
    let (act, code) = (asked.form.get("act"), asked.part(0));
    if act.is_empty() {
        return Ok(None);
    }
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
        "make-key" if has_own(&worker, code, kind, now)? => {
            return Err(Refusal::Conflict(Words::new(
                "我方已有在用的密钥；需要新的请轮换",
                "There is a key of ours in use already: to have another, change it",
            )));
        }
        "rotate-key" if from <= now => {
            return Err(Refusal::Wrong(Words::new(
                "请填写以后的时间：所有对方要先拿到新公钥",
                "Say from which later instant on: every partner must have the new key before",
            )));
        }
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
    done.map_err(refused)?;
    Ok(Some(Answer::to(Frame::of(asked, "").to(format!("{}?done={act}", asked.path)))))
}

fn has_own(worker: &Worker, code: &str, kind: EnvelopeKind, now: Timestamp) -> Result<bool, Refusal> {
    Ok(keys_of(worker, code)?.iter().any(|key| key.partner.is_empty() && key.kind == kind && key.is_valid(now)))
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
        other => Refusal::Conflict(Words::new(format!("没有完成：{other}"), format!("It was not done: {other}"))),
    }
}
