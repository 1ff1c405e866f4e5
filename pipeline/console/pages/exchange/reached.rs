//! How a partner is reached: its transport and envelopes, the keys with their times, and a test of the connection.

use cardline::actions::connection::{Tried, try_connection};
use cardline::actions::envelope_keys::keys_of;
use cardline::crypto::envelope_keys::EnvelopeKey;
use cardline::exchange::Partner;
use cardline::exchange::first_exchange::ConnectionTest;
use cardline::people::permits::Permission;
use cardline::step::Worker;
use cardline::time::rfc3339_stored;
use cardline_core::file_formats::{EnvelopeKind, Wire};
use cardline_envelopes::Envelope;
use cardline_envelopes::commands::{Command, opening, sealing};
use jiff::Timestamp;

use crate::answer::Refusal;
use crate::frame::Frame;

/// The section of the page.
pub struct Reached {
    /// The server or the folder.
    pub by: String,
    pub envelopes: String,
    pub keys: Vec<ShownKey>,
    /// None until the connection is tested.
    pub tried: Option<Vec<ShownTrial>>,
    pub may_test: bool,
    /// When it was tested last, by whom, and how that ended.
    pub last: Option<String>,
    pub may_keep_keys: bool,
    /// Kinds of envelopes that are used.
    pub kinds: Vec<&'static str>,
    /// Whether there is a key of ours.
    pub has_own: bool,
    /// The partner's side: what opens our envelopes and makes its own, each with what it is.
    pub commands: Vec<(String, String)>,
}

/// A key with its times.
pub struct ShownKey {
    pub of: String,
    pub kind: &'static str,
    pub id: String,
    pub from: String,
    pub until: Option<String>,
    pub is_valid: bool,
    pub is_revoked: bool,
}

/// One thing that was tried.
pub struct ShownTrial {
    pub what: String,
    pub is_well: bool,
    pub found: String,
}

/// How a partner is reached, with what a test found.
fn reached(
    f: &Frame,
    worker: &Worker,
    partner: &Partner,
    tried: Option<Vec<Tried>>,
    now: Timestamp,
) -> Result<Reached, Refusal> {
    let by = match &partner.profile.transport {
        Wire::Folder => f.say("我方的文件夹", "a folder on our side").to_owned(),
        Wire::Sftp(server) => format!("SFTP {}:{}", server.host, server.port),
    };
    let (out, incoming) = (partner.profile.envelope.out, partner.profile.envelope.incoming);
    let word = |kind: EnvelopeKind| match kind {
        EnvelopeKind::None => f.say("不加信封", "in the open"),
        EnvelopeKind::OpenPgp => "OpenPGP",
        EnvelopeKind::Gm => f.say("国密 SM2/SM4", "SM2/SM4"),
    };
    let envelopes = format!("→ {} · ← {}", word(out), word(incoming));
    let shown = |key: EnvelopeKey| ShownKey {
        of: if key.partner.is_empty() { f.say("我方", "ours").to_owned() } else { key.partner.clone() },
        kind: key.kind.code(),
        from: key.from.to_string(),
        until: key.until.map(|until| until.to_string()),
        is_valid: key.is_valid(now),
        is_revoked: key.is_revoked(now),
        id: key.id,
    };
    let used = |key: &EnvelopeKey| [out, incoming].contains(&key.kind);
    let keys: Vec<EnvelopeKey> = keys_of(worker, &partner.profile.code)?.into_iter().filter(used).collect();
    let has_own = keys.iter().any(|key| key.partner.is_empty() && key.is_valid(now));
    let keys = keys.into_iter().map(shown).collect();
    let mut kinds: Vec<&str> = [out, incoming].map(EnvelopeKind::code).into();
    kinds.retain(|kind| *kind != EnvelopeKind::None.code());
    kinds.dedup();
    let (may_test, may_keep_keys) = (f.may(Permission::SetUpExchange), f.may(Permission::KeepKeys));
    let trial = |one: Tried| ShownTrial { what: said(f, one.what), is_well: one.is_well, found: one.found };
    let tried = tried.map(|tried| tried.into_iter().map(trial).collect());
    let commands = commands(f, out, incoming);
    Ok(Reached { by, envelopes, keys, tried, may_test, last: None, may_keep_keys, kinds, has_own, commands })
}

/// The command lines by which the partner opens what we send, and seals what it sends.
fn commands(f: &Frame, out: EnvelopeKind, incoming: EnvelopeKind) -> Vec<(String, String)> {
    let of = |kind: EnvelopeKind| match kind {
        EnvelopeKind::None => None,
        EnvelopeKind::OpenPgp => Some(Envelope::OpenPgp),
        EnvelopeKind::Gm => Some(Envelope::Gm),
    };
    let lines = |all: &[Command]| all.iter().map(|one| format!("# {}\n{}\n", one.does, one.line)).collect::<String>();
    let opening = of(out).map(|kind| {
        (f.say("对方如何打开我方文件", "How the partner opens our files").to_owned(), lines(opening(kind)))
    });
    let sealing = of(incoming)
        .map(|kind| (f.say("对方如何封装文件", "How the partner seals its files").to_owned(), lines(sealing(kind))));
    opening.into_iter().chain(sealing).collect()
}

/// When it was tested last, in words.
fn last(f: &Frame, test: &ConnectionTest) -> String {
    let at = f.at_time(rfc3339_stored(test.at));
    let ended =
        if test.is_well != 0 { f.say("全部正常", "all well") } else { f.say("有问题", "something was wrong") };
    format!("{}{at} · {} · {ended}", f.say("上次测试：", "Last tested: "), test.actor)
}

/// What was done just now, by the word of the page's address.
pub fn said_of(f: &Frame, done: &str) -> String {
    let said = match done {
        "make-key" => {
            f.say("已生成我方密钥；把公钥下载给对方。", "A key of ours is made: hand its public key to the partner.")
        }
        "enter-key" => f.say("对方公钥已录入。", "The partner's key is entered."),
        "rotate-key" => {
            f.say("已生成新密钥；把公钥下载给对方。", "A new key is made: hand its public key to the partner.")
        }
        _ => "",
    };
    said.to_owned()
}

fn said(f: &Frame, what: &str) -> String {
    let said = match what {
        "connection" => f.say("连接", "Connection"),
        "to" => f.say("发出文件夹", "Folder for files from us"),
        "place" => f.say("放置与删除", "Place and remove"),
        "clock" => f.say("时钟", "Clock"),
        "from" => f.say("来件文件夹", "Folder with files for us"),
        "archive" => f.say("归档文件夹", "Archive"),
        "put away" => f.say("归档动作", "Put away"),
        other => other,
    };
    said.to_owned()
}

/// How the partner of a code is reached; the connection is tested where that is asked for.
pub async fn tested(
    f: &Frame,
    worker: &Worker,
    code: &str,
    with_test: bool,
    now: Timestamp,
) -> Result<Reached, Refusal> {
    let partner = worker.partners.get(code).ok_or(Refusal::Absent)?;
    let tried = match with_test {
        true => Some(try_connection(worker, partner, now, Timestamp::now()).await.map_err(|_| Refusal::Absent)?),
        false => None,
    };
    let test = worker.ledger.last_connection_test(code).await?;
    Ok(Reached { last: test.map(|test| last(f, &test)), ..reached(f, worker, partner, tried, now)? })
}
