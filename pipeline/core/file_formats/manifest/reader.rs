//! Reads a shipping manifest event by event and collects everything that is wrong with it.
//!
//! Its frame is what says that it is whole: syntax, elements, header and totals. What is wrong inside a carton
//! or a box costs those boxes and no other.
//!
//! The bytes are decoded by the profile's charset before the reader sees them, and a declaration
//! that names another is refused. No document type, no processing instruction, no entity beyond
//! XML's own five is taken.

use std::collections::BTreeMap;

use quick_xml::events::{BytesDecl, BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::document::{Carton, Doubts, Manifest, ManifestCard, Places, ShippedBox};
use super::elements::{ELEMENTS, Element, is_sound, number};
use crate::file_formats::charset::{Charset, without_mark};
use crate::file_formats::fault::{FaultCode, FileFault};

/// Stands on the stack for an element that does not belong there; its content is not looked at.
const UNKNOWN: &str = "?";

/// A manifest whose frame is sound, and which of its boxes are not believed.
pub(crate) struct ReadManifest {
    pub manifest: Manifest,
    pub places: Places,
    pub doubts: Doubts,
}

impl ReadManifest {
    /// Reads the document.
    ///
    /// # Errors
    /// Every fault of the frame, with its line.
    pub fn parse(bytes: &[u8], charset: Charset) -> Result<Self, Vec<FileFault>> {
        let whole = |code, message: &str| Err(vec![FileFault::whole(code, message)]);
        let bytes = without_mark(bytes);
        if bytes.is_empty() {
            return whole(FaultCode::FileEmpty, "the file is empty: send it again whole");
        }
        if let Some((code, message)) = charset.contradicted_by(bytes) {
            return whole(code, message);
        }
        if !bytes.ends_with(b"\n") {
            let message = "the file does not end in a line feed, it is cut off: send it again";
            return whole(FaultCode::FileTruncated, message);
        }
        let Ok(text) = charset.decode(bytes) else {
            return whole(FaultCode::FileCharset, "the file is not of the agreed charset");
        };
        let mut reading = Reading::new(charset);
        reading.read(&text);
        reading.finish()
    }
}

struct Reading {
    charset: Charset,
    line: usize,
    stack: Vec<&'static str>,
    manifest: Manifest,
    places: Places,
    counts: Vec<u32>,
    totals: Option<(usize, [u32; 3])>,
    has_root: bool,
    /// Whether the carton that is open is sound.
    is_carton_sound: bool,
    doubts: Doubts,
    faults: Vec<FileFault>,
}

impl Reading {
    fn new(charset: Charset) -> Self {
        Self {
            charset,
            line: 1,
            stack: Vec::new(),
            manifest: Manifest::default(),
            places: Places::default(),
            counts: Vec::new(),
            totals: None,
            has_root: false,
            is_carton_sound: true,
            doubts: Doubts::default(),
            faults: Vec::new(),
        }
    }

    /// A fault of an attribute: it costs the boxes it is about, or the file where it is about the whole.
    fn attribute_fault(&mut self, element: &'static str, message: impl Into<String>) {
        let next = self.places.boxes.len();
        let message = message.into();
        let fault = || FileFault {
            field: element.to_owned(),
            ..FileFault::line(self.line, FaultCode::XmlAttribute, message.clone())
        };
        match element {
            "carton" => {
                self.doubts.list(fault());
                self.is_carton_sound = false;
            }
            "box" => self.doubts.add(fault(), next),
            "card" => self.doubts.add(fault(), next.saturating_sub(1)),
            _ => self.fault(FaultCode::XmlAttribute, element, message),
        }
    }

    fn fault(&mut self, code: FaultCode, field: &str, message: impl Into<String>) {
        if self.faults.len() < crate::file_formats::limits::FAULTS_MOST_COUNT {
            self.faults.push(FileFault { field: field.to_owned(), ..FileFault::line(self.line, code, message) });
        }
    }

    fn read(&mut self, text: &str) {
        let mut reader = Reader::from_str(text);
        let mut counted = 0;
        loop {
            let event = reader.read_event();
            let is_end = matches!(event, Ok(Event::Eof) | Err(_));
            match event {
                Ok(event) => self.event(&event),
                Err(_) => self.fault(FaultCode::XmlSyntax, "", "not well-formed XML"),
            }
            if is_end {
                return;
            }
            // The line of the next event is where this one ended.
            let position = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let passed = text.as_bytes().get(counted..position).unwrap_or_default();
            self.line += passed.iter().filter(|byte| **byte == b'\n').count();
            counted = position.min(text.len());
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Start(element) => {
                let name = self.element(element);
                self.stack.push(name);
            }
            Event::Empty(element) => {
                self.element(element);
            }
            Event::End(_) => {
                self.stack.pop();
            }
            Event::Text(text) if text.trim().is_empty() => {}
            Event::Comment(_) => {}
            Event::Decl(declaration) => self.declaration(declaration),
            Event::DocType(_) => {
                let message = "a document type is never taken: remove it";
                self.fault(FaultCode::XmlDoctype, "", message);
            }
            Event::Eof if !self.stack.is_empty() => {
                let message = "the document is cut off: send it again whole";
                self.fault(FaultCode::XmlSyntax, "", message);
            }
            Event::Eof => {}
            Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) | Event::PI(_) => {
                let message = "text does not belong here: values are attributes";
                self.fault(FaultCode::XmlElement, "", message);
            }
        }
    }

    fn declaration(&mut self, declaration: &BytesDecl<'_>) {
        let agreed = self.charset.name();
        let is_agreed = match declaration.encoding() {
            Some(Ok(name)) => name.eq_ignore_ascii_case(agreed),
            Some(Err(_)) => false,
            None => self.charset == Charset::Utf8,
        };
        if !is_agreed {
            let message = format!("the declared encoding must be {agreed}");
            self.fault(FaultCode::XmlEncoding, "", message);
        }
    }

    fn element(&mut self, element: &BytesStart<'_>) -> &'static str {
        let parent = self.stack.last().copied().unwrap_or_default();
        if parent == UNKNOWN {
            return UNKNOWN;
        }
        let name = element.name().into_inner();
        let known = ELEMENTS.iter().find(|known| known.parent == parent && known.name == name);
        let Some(known) = known.filter(|_| !(parent.is_empty() && self.has_root)) else {
            let message = "an element that does not belong here: see shipping-manifest.xsd";
            self.fault(FaultCode::XmlElement, parent, message);
            return UNKNOWN;
        };
        if known.name == "carton" {
            self.is_carton_sound = true;
        }
        let values = self.attributes(element, known);
        self.take(known.name, values);
        known.name
    }

    fn attributes(&mut self, element: &BytesStart<'_>, known: &Element) -> BTreeMap<&'static str, String> {
        let mut values = BTreeMap::new();
        for attribute in element.attributes() {
            let Ok(attribute) = attribute else {
                self.fault(FaultCode::XmlSyntax, known.name, "attributes are not well-formed");
                break;
            };
            let key = attribute.key.into_inner();
            let Some(expected) = known.attributes.iter().find(|name| **name == key) else {
                let message = "an attribute that does not belong here";
                self.attribute_fault(known.name, message);
                continue;
            };
            match attribute.normalized_value(XmlVersion::Implicit1_0) {
                Ok(value) if is_sound(known.name, expected, &value) => {
                    values.insert(*expected, value.into_owned());
                }
                _ => {
                    let message = format!("attribute {expected} is malformed: see the schema");
                    self.attribute_fault(known.name, message);
                    values.insert(*expected, String::new());
                }
            }
        }
        for name in known.attributes {
            if !values.contains_key(name) {
                let message = format!("attribute {name} is missing");
                self.attribute_fault(known.name, message);
            }
        }
        values
    }

    fn take(&mut self, name: &str, mut values: BTreeMap<&'static str, String>) {
        let mut text = |name: &str| values.remove(name).unwrap_or_default();
        if name != "shippingManifest" && self.totals.is_some() {
            let message = "nothing may follow the totals";
            self.fault(FaultCode::XmlElement, "totals", message);
        }
        match name {
            "shippingManifest" => {
                self.has_root = true;
                self.manifest.bureau = text("bureau");
                self.manifest.batch = text("batch");
                self.manifest.sequence = text("sequence");
                self.manifest.date = text("date");
            }
            "carton" => {
                self.places.cartons.push(self.line);
                self.manifest.cartons.push(Carton {
                    number: text("number"),
                    tracking: text("tracking"),
                    seal: text("seal"),
                    boxes: Vec::new(),
                });
            }
            "box" => {
                let shipped = ShippedBox {
                    number: text("number"),
                    point: text("point"),
                    from: number(&text("from")),
                    to: number(&text("to")),
                    cards: Vec::new(),
                };
                if !self.is_carton_sound {
                    self.doubts.boxes.insert(self.places.boxes.len());
                }
                self.places.boxes.push(self.line);
                self.counts.push(number(&text("count")));
                if let Some(carton) = self.manifest.cartons.last_mut() {
                    carton.boxes.push(shipped);
                }
            }
            "card" => {
                let card = ManifestCard { number: text("number"), position: number(&text("position")) };
                self.places.cards.push(self.line);
                let carton = self.manifest.cartons.last_mut();
                if let Some(shipped) = carton.and_then(|carton| carton.boxes.last_mut()) {
                    shipped.cards.push(card);
                }
            }
            _ => {
                let totals = ["cartons", "boxes", "cards"].map(|name| number(&text(name)));
                self.totals = Some((self.line, totals));
            }
        }
    }

    fn finish(mut self) -> Result<ReadManifest, Vec<FileFault>> {
        if !self.has_root && self.faults.is_empty() {
            self.fault(FaultCode::XmlElement, "", "there is no shippingManifest");
        }
        if self.faults.is_empty() {
            self.check_totals();
        }
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        self.check_counts();
        let Doubts { faults, boxes } = self.manifest.doubts(&self.places);
        faults.into_iter().for_each(|fault| self.doubts.list(fault));
        self.doubts.boxes.extend(boxes);
        self.doubts.faults.sort_by_key(|fault| fault.line);
        Ok(ReadManifest { manifest: self.manifest, places: self.places, doubts: self.doubts })
    }

    fn check_counts(&mut self) {
        let boxes = self.manifest.cartons.iter().flat_map(|carton| &carton.boxes);
        let stated = self.counts.iter().zip(&self.places.boxes);
        for (at, (shipped, (stated, line))) in boxes.zip(stated).enumerate() {
            if u32::try_from(shipped.cards.len()) != Ok(*stated) {
                let message = "the count is not the number of cards in the box";
                self.doubts.add(FileFault::line(*line, FaultCode::XmlTotals, message), at);
            }
        }
    }

    fn check_totals(&mut self) {
        let (boxes, cards) = self.manifest.totals();
        let counted = [self.manifest.cartons.len(), boxes, cards];
        let (line, stated) = self.totals.unwrap_or((self.line, [u32::MAX; 3]));
        if counted.map(u32::try_from) != stated.map(Ok) {
            let message = "the totals are missing or not what the document holds: send it whole";
            self.faults.push(FileFault::line(line, FaultCode::XmlTotals, message));
        }
    }
}
