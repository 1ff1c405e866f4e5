//! The manifest as rows, so that it is rendered, parsed and shown like any other file.
//!
//! One row a card, with the box's and the carton's own values repeated.

use std::collections::BTreeMap;
use std::io::Write;

use super::fault::{FaultCode, FileFault, RenderFault, RowFault};
use super::file::{FileSpec, Rendered};
use super::manifest::{Carton, Manifest, ManifestCard, Places, ShippedBox};
use super::parsed::Parsed;

impl Manifest {
    /// One row a card: carton, tracking, seal, box, point, from, to, card number, position.
    #[must_use]
    pub fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        for carton in &self.cartons {
            for shipped in &carton.boxes {
                for card in &shipped.cards {
                    rows.push(vec![
                        carton.number.clone(),
                        carton.tracking.clone(),
                        carton.seal.clone(),
                        shipped.number.clone(),
                        shipped.point.clone(),
                        shipped.from.to_string(),
                        shipped.to.to_string(),
                        card.number.clone(),
                        card.position.to_string(),
                    ]);
                }
            }
        }
        rows
    }
}

/// Groups the rows into boxes and cartons and writes the document.
pub(super) fn render(
    spec: &FileSpec,
    control: &BTreeMap<String, String>,
    rows: &[Vec<String>],
    out: &mut dyn Write,
) -> Result<Rendered, RenderFault> {
    let value = |field: &str| control.get(field).cloned().unwrap_or_default();
    let mut manifest = Manifest {
        bureau: spec.partner.clone(),
        batch: value("batch"),
        sequence: value("sequence"),
        date: value("date"),
        cartons: Vec::new(),
    };
    let mut places = Places::default();
    for (index, row) in rows.iter().enumerate() {
        spec.check_row(row).map_err(|fault| RenderFault::Row { row: index + 1, fault })?;
        add(&mut manifest, &mut places, row, index + 1);
    }
    if let Some(fault) = manifest.faults(&places).into_iter().next() {
        return Err(RenderFault::Manifest(fault));
    }
    // Reading back what was written is the one check of the header's values there is.
    let mut document = Vec::new();
    let bytes = manifest.render(spec.charset(), &mut document)?;
    if let Err(faults) = Manifest::parse(&document, spec.charset()) {
        let first = faults.into_iter().next();
        return Err(RenderFault::Manifest(
            first.unwrap_or_else(|| FileFault::whole(FaultCode::XmlSyntax, "the document cannot be read back")),
        ));
    }
    out.write_all(&document)?;
    Ok(Rendered { rows: rows.len(), bytes })
}

/// Adds one row; a change of number opens a new carton or box.
fn add(manifest: &mut Manifest, places: &mut Places, row: &[String], number: usize) {
    let [carton, tracking, seal, box_number, point, from, to, card, position] = row else {
        return;
    };
    let count = |text: &str| text.parse().unwrap_or_default();
    if manifest.cartons.last().is_none_or(|last| last.number != *carton) {
        places.cartons.push(number);
        manifest.cartons.push(Carton {
            number: carton.clone(),
            tracking: tracking.clone(),
            seal: seal.clone(),
            boxes: Vec::new(),
        });
    }
    let Some(open) = manifest.cartons.last_mut() else {
        return;
    };
    if open.boxes.last().is_none_or(|last| last.number != *box_number) {
        places.boxes.push(number);
        open.boxes.push(ShippedBox {
            number: box_number.clone(),
            point: point.clone(),
            from: count(from),
            to: count(to),
            cards: Vec::new(),
        });
    }
    let Some(shipped) = open.boxes.last_mut() else {
        return;
    };
    places.cards.push(number);
    shipped.cards.push(ManifestCard { number: card.clone(), position: count(position) });
}

/// Reads the document into rows and a control line's values.
pub(super) fn parse(spec: &FileSpec, bytes: &[u8]) -> Result<Parsed, Vec<FileFault>> {
    let manifest = Manifest::parse(bytes, spec.charset())?;
    let rows = manifest.rows();
    let mut faults = Vec::new();
    if manifest.bureau != spec.partner {
        let message = format!("the file must be of partner {}", spec.partner);
        faults.push(FileFault::line(1, FaultCode::FilePartner, message));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let control = [
        ("kind", spec.kind.name().to_owned()),
        ("partner", manifest.bureau.clone()),
        ("batch", manifest.batch.clone()),
        ("sequence", manifest.sequence.clone()),
        ("date", manifest.date.clone()),
        ("count", rows.len().to_string()),
    ];
    let control = control.map(|(field, value)| (field.to_owned(), value));
    let mut parsed = Parsed::default();
    parsed.control = BTreeMap::from(control);
    for (index, row) in rows.into_iter().enumerate() {
        // Attributes have no columns; the card's place in the document stands for the line.
        let found: Vec<RowFault> = spec.cell_faults(&spec.columns, &row).collect();
        parsed.add(index + 1, row, found.into_iter());
    }
    Ok(parsed)
}
