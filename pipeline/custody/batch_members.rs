//! Who is or was in a batch, whatever its kind: from the list of kinds and the table each keeps its members in.

use std::sync::LazyLock;

use cardline_core::batch_kinds::{BatchKind, Members};

/// The applications that are in the batch `$1`, and those that were in it before it ended.
pub static OF_BATCH: LazyLock<String> = LazyLock::new(|| {
    let kept = BatchKind::ALL.map(|kind| {
        let Members { table, batch, application, .. } = &kind.members;
        format!("SELECT {application} AS application FROM {table} WHERE {batch} = $1")
    });
    format!("{} UNION SELECT application FROM former_row WHERE batch = $1", kept.join(" UNION "))
});

/// Puts how many cards each batch of `touched_batch` has into `touched_members`, one statement a kind.
pub static COUNTED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let counted = |kind: BatchKind| {
        let Members { table, batch, .. } = &kind.members;
        format!(
            "INSERT INTO touched_members SELECT t.id, count(*) FROM touched_batch t CROSS JOIN {table} m WHERE m.{batch} = t.id GROUP BY t.id"
        )
    };
    BatchKind::ALL.map(counted).into()
});
