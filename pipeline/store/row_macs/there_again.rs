//! What was destroyed and stands there again, as law 15 and the scan ask.

/// Records that were destroyed, and what names an erased person, put back from an older copy.
pub const THERE_AGAIN: &str = "SELECT 'message ' || m.id || ': was destroyed, and has a record again' FROM destroyed_record d
    JOIN message m ON m.id = d.message WHERE length(m.sealed) > 1
    UNION ALL SELECT 'account ' || a.application || ': was erased, and has a record again' FROM erased_card e
    JOIN account a ON a.application = e.application WHERE length(a.sealed) > 1
    UNION ALL SELECT 'application ' || a.id || ': was erased, and names a person again' FROM erased_card e
    JOIN application a ON a.id = e.application WHERE length(a.person) > 1 OR a.photo IS NOT NULL OR a.old_number IS NOT NULL
    UNION ALL SELECT 'card ' || p.application || ': was erased, and has its number again' FROM erased_card e
    JOIN production_row p ON p.application = e.application WHERE p.card_number <> 'erased-' || p.application";
