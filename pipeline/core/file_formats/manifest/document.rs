//! The bureau's shipping manifest (发货清单): which card lies in which box of which carton.
//!
//! `schemas/xml/shipping-manifest.xsd` describes the same document; what a schema cannot say
//! (totals, positions without holes, no card twice) is checked by `Manifest::doubts`.

use std::collections::{BTreeSet, HashMap};
use std::io::Write;
use std::ops::Range;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};

use crate::file_formats::charset::Charset;
use crate::file_formats::fault::{FaultCode, FileFault, RenderFault};
use crate::file_formats::limits::FAULTS_MOST_COUNT;

/// One delivery of a bureau. Rows of a file: no `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    pub bureau: String,
    pub batch: String,
    pub sequence: String,
    pub date: String,
    pub cartons: Vec<Carton>,
}

/// One carton: what a carrier tracks.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Carton {
    pub number: String,
    pub tracking: String,
    pub seal: String,
    pub boxes: Vec<ShippedBox>,
}

/// One box, for one distribution point.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ShippedBox {
    pub number: String,
    pub point: String,
    pub from: u32,
    pub to: u32,
    pub cards: Vec<ManifestCard>,
}

/// One card and its place.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ManifestCard {
    pub number: String,
    pub position: u32,
}

/// The line (or row) each element came from, in document order.
#[derive(Default)]
pub(crate) struct Places {
    pub cartons: Vec<usize>,
    pub boxes: Vec<usize>,
    pub cards: Vec<usize>,
}

/// What is wrong with single boxes: they are not believed, the others are.
#[derive(Default)]
pub(crate) struct Doubts {
    /// Each with its line; bounded.
    pub faults: Vec<FileFault>,
    /// The boxes, by their place in the document.
    pub boxes: BTreeSet<usize>,
}

impl Doubts {
    /// A fault that costs one box.
    pub fn add(&mut self, fault: FileFault, at_box: usize) {
        self.list(fault);
        self.boxes.insert(at_box);
    }

    /// A fault, where the boxes it costs are known otherwise.
    pub fn list(&mut self, fault: FileFault) {
        if self.faults.len() <= FAULTS_MOST_COUNT {
            self.faults.push(fault);
        }
    }
}

impl Manifest {
    /// How many boxes and cards there are.
    #[must_use]
    pub fn totals(&self) -> (usize, usize) {
        let boxes = self.cartons.iter().flat_map(|carton| &carton.boxes);
        boxes.fold((0, 0), |(boxes, cards), shipped| (boxes + 1, cards + shipped.cards.len()))
    }

    /// What contradicts itself: holes in positions, anything listed twice.
    pub(crate) fn doubts(&self, places: &Places) -> Doubts {
        let mut doubts = Doubts::default();
        let mut seen = Seen::default();
        let (mut at_box, mut at_card) = (0, 0);
        for (at_carton, carton) in self.cartons.iter().enumerate() {
            let of_carton = at_box..at_box + carton.boxes.len();
            seen.within(&mut doubts, line(&places.cartons, at_carton), "carton", &carton.number, of_carton);
            for shipped in &carton.boxes {
                seen.once(&mut doubts, line(&places.boxes, at_box), "box", &shipped.number, at_box);
                let mut expected = u64::from(shipped.from);
                for card in &shipped.cards {
                    let line = line(&places.cards, at_card);
                    seen.once(&mut doubts, line, "card", &card.number, at_box);
                    if u64::from(card.position) != expected {
                        doubts.add(position(line, "positions of a box must run without a hole"), at_box);
                    }
                    expected = u64::from(card.position) + 1;
                    at_card += 1;
                }
                if u64::from(shipped.to) + 1 != expected || shipped.cards.is_empty() {
                    let line = line(&places.boxes, at_box);
                    doubts.add(position(line, "the last card of a box must lie at its `to`"), at_box);
                }
                at_box += 1;
            }
        }
        doubts
    }

    /// Writes the document, ended by a line feed. The same manifest gives the same bytes.
    ///
    /// # Errors
    /// What contradicts itself, or the output's own error.
    pub fn render(&self, charset: Charset, out: &mut dyn Write) -> Result<u64, RenderFault> {
        if let Some(fault) = self.doubts(&Places::default()).faults.into_iter().next() {
            return Err(RenderFault::Manifest(fault));
        }
        let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
        self.write(&mut writer, charset)?;
        let mut document = writer.into_inner();
        document.push(b'\n');
        let unwritable = |_| {
            let message = "a character cannot be written in the charset";
            RenderFault::Manifest(FileFault::whole(FaultCode::FieldCharset, message))
        };
        let text = String::from_utf8(document).map_err(|_| unwritable('\u{FFFD}'))?;
        let bytes = charset.encode(&text).map_err(unwritable)?;
        out.write_all(&bytes)?;
        Ok(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
    }

    fn write(&self, writer: &mut Writer<Vec<u8>>, charset: Charset) -> std::io::Result<()> {
        let declaration = BytesDecl::new("1.0", Some(charset.name()), None);
        writer.write_event(Event::Decl(declaration))?;
        let root = [
            ("bureau", self.bureau.as_str()),
            ("batch", &self.batch),
            ("sequence", &self.sequence),
            ("date", &self.date),
        ];
        open(writer, "shippingManifest", root)?;
        for carton in &self.cartons {
            let attributes =
                [("number", carton.number.as_str()), ("tracking", &carton.tracking), ("seal", &carton.seal)];
            open(writer, "carton", attributes)?;
            for shipped in &carton.boxes {
                write_box(writer, shipped)?;
            }
            writer.write_event(Event::End(BytesEnd::new("carton")))?;
        }
        let (boxes, cards) = self.totals();
        let totals = BytesStart::new("totals").with_attributes([
            ("cartons", self.cartons.len().to_string().as_str()),
            ("boxes", &boxes.to_string()),
            ("cards", &cards.to_string()),
        ]);
        writer.write_event(Event::Empty(totals))?;
        writer.write_event(Event::End(BytesEnd::new("shippingManifest")))
    }
}

fn write_box(writer: &mut Writer<Vec<u8>>, shipped: &ShippedBox) -> std::io::Result<()> {
    let attributes = [
        ("number", shipped.number.as_str()),
        ("point", &shipped.point),
        ("from", &shipped.from.to_string()),
        ("to", &shipped.to.to_string()),
        ("count", &shipped.cards.len().to_string()),
    ];
    open(writer, "box", attributes)?;
    for card in &shipped.cards {
        let element = BytesStart::new("card")
            .with_attributes([("number", card.number.as_str()), ("position", &card.position.to_string())]);
        writer.write_event(Event::Empty(element))?;
    }
    writer.write_event(Event::End(BytesEnd::new("box")))
}

fn open<const N: usize>(
    writer: &mut Writer<Vec<u8>>,
    name: &str,
    attributes: [(&str, &str); N],
) -> std::io::Result<()> {
    let element = BytesStart::new(name).with_attributes(attributes);
    writer.write_event(Event::Start(element))
}

/// What was met before, and in which boxes: of two that say they are one, neither is believed.
#[derive(Default)]
struct Seen<'m> {
    numbers: HashMap<(&'static str, &'m str), Range<usize>>,
}

impl<'m> Seen<'m> {
    fn once(&mut self, doubts: &mut Doubts, line: usize, what: &'static str, number: &'m str, at: usize) {
        self.within(doubts, line, what, number, at..at + 1);
    }

    fn within(&mut self, doubts: &mut Doubts, line: usize, what: &'static str, number: &'m str, boxes: Range<usize>) {
        if let Some(before) = self.numbers.insert((what, number), boxes.clone()) {
            let message = format!("the {what} is listed twice: correct the packing list");
            doubts.list(FileFault::line(line, FaultCode::XmlRepeat, message));
            doubts.boxes.extend(before.chain(boxes));
        }
    }
}

fn line(lines: &[usize], at: usize) -> usize {
    lines.get(at).copied().unwrap_or_default()
}

fn position(line: usize, message: &str) -> FileFault {
    FileFault::line(line, FaultCode::XmlPosition, message)
}
