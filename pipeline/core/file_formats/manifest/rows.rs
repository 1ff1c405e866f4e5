//! The manifest as rows, so that it is rendered, parsed and shown like any other file.
//!
//! One row a card, with the box's and the carton's own values repeated.

use std::collections::BTreeMap;
use std::io::Write;

use super::document::{Carton, Manifest, ManifestCard, Places, ShippedBox};
use super::reader::ReadManifest;
use crate::file_formats::fault::{FaultCode, FileFault, RenderFault, RowFault};
use crate::file_formats::layouts::file::{FileSpec, Rendered};
use crate::file_formats::layouts::parsed::Parsed;

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
pub(crate) fn render(
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
    if let Some(fault) = manifest.doubts(&places).faults.into_iter().next() {
        return Err(RenderFault::Manifest(fault));
    }
    // Reading back what was written is the one check of the header's values there is.
    let mut document = Vec::new();
    let bytes = manifest.render(spec.charset(), &mut document)?;
    let faults = match ReadManifest::parse(&document, spec.charset()) {
        Ok(read) => read.doubts.faults,
        Err(faults) => faults,
    };
    if let Some(first) = faults.into_iter().next() {
        return Err(RenderFault::Manifest(first));
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
pub(crate) fn parse(spec: &FileSpec, bytes: &[u8]) -> Result<Parsed, Vec<FileFault>> {
    let ReadManifest { manifest, places, doubts } = ReadManifest::parse(bytes, spec.charset())?;
    if manifest.bureau != spec.partner {
        let message = format!("the file must be of partner {}", spec.partner);
        return Err(vec![FileFault::line(1, FaultCode::FilePartner, message)]);
    }
    let control = [
        ("kind", spec.kind.name().to_owned()),
        ("partner", manifest.bureau.clone()),
        ("batch", manifest.batch.clone()),
        ("sequence", manifest.sequence.clone()),
        ("date", manifest.date.clone()),
        ("count", places.cards.len().to_string()),
    ];
    let control = control.map(|(field, value)| (field.to_owned(), value));
    let mut parsed = Parsed::default();
    parsed.control = BTreeMap::from(control);
    for (row, line) in manifest.rows().into_iter().zip(places.cards) {
        // What an attribute may be was looked at where it was read; columns may ask for more.
        let found: Vec<RowFault> = spec.cell_faults(&spec.columns, &row).collect();
        parsed.add(line, row, found.into_iter());
    }
    let mut first = 0;
    for (at, shipped) in manifest.cartons.iter().flat_map(|carton| &carton.boxes).enumerate() {
        let rows = first..first + shipped.cards.len();
        first = rows.end;
        if doubts.boxes.contains(&at) {
            parsed.doubt(rows);
        }
    }
    doubts.faults.into_iter().for_each(|fault| parsed.list(fault));
    Ok(parsed)
}
