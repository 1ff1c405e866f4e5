//! Which columns of which tables are covered by the digest of their row.

/// A table whose rows bear a keyed digest in the column `mac`.
pub struct Covered {
    pub table: &'static str,
    /// The columns that name a row, all numbers.
    pub key: &'static [&'static str],
    /// A column with an encrypted record that is bound to the row when the row is covered.
    pub record: Option<&'static str>,
    /// What the digest covers besides.
    pub columns: &'static [&'static str],
    /// The rows a run of the books looks at, by the `touched_*` tables; empty: all of them, there are few beside cards.
    pub touched: &'static str,
}

const fn covered(
    table: &'static str,
    key: &'static [&'static str],
    columns: &'static [&'static str],
    touched: &'static str,
) -> Covered {
    Covered { table, key, record: None, columns, touched }
}

impl Covered {
    /// The same, whose rows hold a record in this column.
    const fn with_record(self, column: &'static str) -> Covered {
        Covered { record: Some(column), ..self }
    }
}

pub const APPLICATION: Covered = covered(
    "application",
    &["id"],
    &[
        "application_id",
        "revision",
        "message",
        "person",
        "kind",
        "lane",
        "region",
        "bank",
        "outlet",
        "method",
        "point",
        "photo",
        "approved_on",
        "previous",
        "old_number",
    ],
    "id IN (SELECT id FROM touched_application)",
);

pub const MESSAGE: Covered = covered(
    "message",
    &["id"],
    &["chunk", "position", "event_id", "application_id", "revision", "digest", "origin"],
    "chunk IN (SELECT id FROM touched_chunk)",
)
.with_record("sealed");

/// Covered when its last message is settled.
pub const CHUNK: Covered = covered(
    "chunk",
    &["id"],
    &[
        "source",
        "partition",
        "first",
        "next",
        "generation",
        "at",
        "received",
        "accepted",
        "rejected",
        "repeated",
        "conflicting",
        "quarantined",
    ],
    "",
);

pub const ACCOUNT: Covered = covered(
    "account",
    &["application"],
    &["answer", "number_key", "pan_key", "opened_on", "sealed"],
    "application IN (SELECT id FROM touched_application)",
)
.with_record("sealed");

pub const PRODUCTION_ROW: Covered = covered(
    "production_row",
    &["batch", "row"],
    &["application", "card_number"],
    "batch IN (SELECT id FROM touched_batch)",
);

/// Of a batch that ended unsent, or a row that left it.
pub const FORMER_ROW: Covered = covered(
    "former_row",
    &["batch", "row"],
    &["application", "card_number"],
    "batch IN (SELECT id FROM touched_batch)",
);

pub const RECYCLING_ROW: Covered = covered(
    "recycling_row",
    &["batch", "row"],
    &["application", "reason", "plastic"],
    "batch IN (SELECT id FROM touched_batch)",
);

pub const ANSWER: Covered =
    covered("answer", &["file", "row"], &["application", "outcome", "reason"], "file IN (SELECT id FROM touched_file)");

pub const SPOILAGE: Covered = covered(
    "spoilage",
    &["application", "attempt"],
    &["batch", "report", "stage", "reason", "remade"],
    "application IN (SELECT id FROM touched_application)",
);

/// Where its cards lie is told by the history of the shipment.
pub const BOX: Covered = covered("box", &["id"], &["batch", "report", "number", "point"], "");

pub const SHIPMENT: Covered = covered(
    "shipment",
    &["id"],
    &["number", "manifest", "batch", "point", "shipped_on"],
    "id IN (SELECT id FROM touched_shipment)",
);

/// What a point said of a delivery.
pub const RECEIPT: Covered = covered(
    "receipt",
    &["id"],
    &[
        "at",
        "shipment",
        "bank",
        "region",
        "kind",
        "box",
        "expected",
        "counted",
        "event_id",
        "actor",
        "chunk",
        "desk_case",
    ],
    "",
);

/// A card that was sent by mail.
pub const MAILING: Covered = covered(
    "mailing",
    &["id"],
    &["application", "at", "carrier", "tracking"],
    "application IN (SELECT id FROM touched_application)",
);

/// Of a file whose bytes were destroyed.
pub const PURGE: Covered = covered("purge", &["file"], &["at"], "file IN (SELECT id FROM touched_file)");

/// Of a message whose record was destroyed.
pub const DESTROYED_RECORD: Covered = covered(
    "destroyed_record",
    &["message"],
    &["at", "erasure"],
    "message IN (SELECT m.id FROM touched_chunk t JOIN message m ON m.chunk = t.id)",
);

/// A person who was erased.
pub const ERASURE: Covered = covered(
    "erasure",
    &["id"],
    &["at", "actor", "ground", "reason", "cards", "records", "heaps", "approval", "by_user"],
    "",
);

/// A card of a person who was erased.
pub const ERASED_CARD: Covered = covered("erased_card", &["application"], &["erasure"], "");

/// Opened so; its deadline and owner change.
pub const CASE: Covered = covered("desk_case", &["id"], &["application", "file", "reason"], "");

pub const BATCH: Covered = covered(
    "batch",
    &["id"],
    &["number", "kind", "partner", "region", "bank", "lane", "cards", "cut_on"],
    "id IN (SELECT id FROM touched_batch)",
);

pub const FILE: Covered = covered(
    "file",
    &["id"],
    &["partner", "kind", "direction", "sequence", "name", "rows", "bytes", "sha256", "batch", "request", "at"],
    "id IN (SELECT id FROM touched_file)",
);

pub const USERS: Covered = covered(
    "users",
    &["id"],
    &["name", "role", "bank", "area", "state", "verifier", "set_by", "set_at", "made_by"],
    "",
);

pub const APPROVAL: Covered = covered(
    "approval",
    &["id"],
    &[
        "act", "subject", "digest", "request", "count", "bank", "area", "reason", "maker", "asked_at", "due_on",
        "approver",
    ],
    "",
);

pub const ACT: Covered = covered(
    "act",
    &["id"],
    &["at", "actor", "what", "operation", "request", "reason", "count", "by_user", "approval", "alone"],
    "",
);

pub const ACT_MEMBER: Covered =
    covered("act_member", &["act", "message"], &["bank", "region", "stored_bank", "stored_region"], "");

pub const BATCH_ACT: Covered = covered(
    "batch_act",
    &["id"],
    &["at", "actor", "what", "stream", "batch", "result", "reason", "approval", "by_user"],
    "",
);

/// What a person did to pickup windows.
pub const PICKUP_ACT: Covered = covered(
    "pickup_act",
    &["id"],
    &[
        "at",
        "actor",
        "what",
        "operation",
        "place",
        "bank",
        "last_day",
        "working_days",
        "points",
        "shipments",
        "cards",
        "people",
        "reason",
        "approval",
        "by_user",
    ],
    "",
);

pub const PICKUP_ACT_SHIPMENT: Covered =
    covered("pickup_act_shipment", &["act", "shipment"], &["was", "becomes", "cards"], "");

/// Which point was handed on to which.
pub const REASSIGNMENT: Covered = covered("reassignment", &["act"], &["from_point", "to_point"], "");

/// The cards of a list for a point, or of a point that was handed on.
pub const PICKUP_LIST_CARD: Covered = covered(
    "pickup_list_card",
    &["act", "no"],
    &["application"],
    "application IN (SELECT id FROM touched_application)",
);

/// What a person decided of a case.
pub const CASE_ACT: Covered =
    covered("case_act", &["id"], &["at", "actor", "desk_case", "word", "reason", "approval", "by_user"], "");

/// What somebody asked a worker for, and what came of it. Who took it stands beside.
pub const ERRAND: Covered = covered(
    "errand",
    &["id"],
    &[
        "key",
        "actor",
        "by_user",
        "standing",
        "role",
        "scope_bank",
        "scope_area",
        "what",
        "subject",
        "number",
        "bank",
        "area",
        "reason",
        "asked_at",
        "outcome",
        "code",
        "result",
        "ended_at",
    ],
    "",
);

pub const STREAM_ACT: Covered = covered(
    "stream_act",
    &["id"],
    &["at", "actor", "partner", "kind", "first", "last", "reason", "approval", "by_user"],
    "",
);

pub const RECONCILIATION: Covered = covered(
    "reconciliation",
    &["id"],
    &["found_at", "found", "accepted_at", "actor", "reason", "approval", "by_user"],
    "",
);

pub const REFERENCE_IMPORT: Covered = covered(
    "reference_import",
    &["id"],
    &[
        "operation",
        "kind",
        "effective",
        "at",
        "actor",
        "sha256",
        "complete",
        "confirmed",
        "read",
        "added",
        "changed",
        "ended",
        "cards",
        "deadlines",
        "by_user",
        "approval",
    ],
    "",
);

/// Every table with covered rows.
pub const COVERED: &[&Covered] = &[
    &APPLICATION,
    &MESSAGE,
    &CHUNK,
    &ACCOUNT,
    &PRODUCTION_ROW,
    &FORMER_ROW,
    &RECYCLING_ROW,
    &ANSWER,
    &SPOILAGE,
    &BOX,
    &SHIPMENT,
    &RECEIPT,
    &MAILING,
    &CASE,
    &BATCH,
    &FILE,
    &PURGE,
    &DESTROYED_RECORD,
    &ERASURE,
    &ERASED_CARD,
    &USERS,
    &APPROVAL,
    &ACT,
    &ACT_MEMBER,
    &BATCH_ACT,
    &PICKUP_ACT,
    &PICKUP_ACT_SHIPMENT,
    &PICKUP_LIST_CARD,
    &REASSIGNMENT,
    &CASE_ACT,
    &ERRAND,
    &STREAM_ACT,
    &RECONCILIATION,
    &REFERENCE_IMPORT,
];
