//! A manifest comes back as it was written, and every defect of one is found with its line.

use super::reader::ReadManifest;
use crate::file_formats::{Charset, FaultCode, FileFault};

const GOOD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<shippingManifest bureau="B" batch="b1" sequence="1" date="2026-01-05">
  <carton number="C1" tracking="T1" seal="S1">
    <box number="X1" point="P1" from="1" to="2" count="2">
      <card number="A00000001" position="1"/>
      <card number="A00000002" position="2"/>
    </box>
    <box number="X2" point="P2" from="3" to="4" count="2">
      <card number="A00000003" position="3"/>
      <card number="A00000004" position="4"/>
    </box>
  </carton>
  <totals cartons="1" boxes="2" cards="4"/>
</shippingManifest>
"#;

fn read(document: &str) -> Result<ReadManifest, Vec<FileFault>> {
    ReadManifest::parse(document.as_bytes(), Charset::Utf8)
}

fn listed(faults: &[FileFault]) -> Vec<(usize, FaultCode)> {
    faults.iter().map(|fault| (fault.line, fault.code)).collect()
}

#[test]
fn a_manifest_renders_back_to_its_bytes() {
    let manifest = read(GOOD).ok().unwrap().manifest;
    let mut bytes = Vec::new();
    manifest.render(Charset::Utf8, &mut bytes).unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), GOOD);
}

#[test]
fn a_frame_that_is_wrong_costs_the_manifest() {
    for (from, to, line, code) in [
        ("<shipping", "<!DOCTYPE a [<!ENTITY b \"c\">]><shipping", 2, FaultCode::XmlDoctype),
        ("UTF-8", "GB18030", 1, FaultCode::XmlEncoding),
        ("date=\"2026-01-05\"", "date=\"2026-02-30\"", 2, FaultCode::XmlAttribute),
        ("cards=\"4\"", "cards=\"3\"", 13, FaultCode::XmlTotals),
        ("cards=\"4\"", "cards=\"04\"", 13, FaultCode::XmlAttribute),
        ("  <totals", "  <pallet/><totals", 13, FaultCode::XmlElement),
        ("  <totals", "  word<totals", 12, FaultCode::XmlElement),
        ("</carton>", "</box>", 12, FaultCode::XmlSyntax),
        ("seal=\"S1\"", "seal=\"S1\" seal=\"S1\"", 3, FaultCode::XmlSyntax),
        ("</shippingManifest>", "", 15, FaultCode::XmlSyntax),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let found = listed(&read(&GOOD.replacen(from, to, 1)).err().expect(to));
        assert!(found.contains(&(line, code)), "{from} → {to}: {found:?}");
    }
    let without_totals = GOOD.replace("  <totals cartons=\"1\" boxes=\"2\" cards=\"4\"/>\n", "");
    assert_eq!(listed(&read(&without_totals).err().unwrap()).len(), 1);
}

#[test]
fn a_box_that_is_wrong_costs_no_other() {
    let first: &[usize] = &[0];
    let both: &[usize] = &[0, 1];
    for (from, to, line, code, boxes) in [
        ("count=\"2\"", "count=\"3\"", 4, FaultCode::XmlTotals, first),
        ("count=\"2\"", "count=\"02\"", 4, FaultCode::XmlAttribute, first),
        ("position=\"2\"", "position=\"3\"", 6, FaultCode::XmlPosition, first),
        ("to=\"2\"", "to=\"3\"", 4, FaultCode::XmlPosition, first),
        ("A00000002", "A00000001", 6, FaultCode::XmlRepeat, first),
        ("A00000002", "A00000003", 9, FaultCode::XmlRepeat, both),
        ("A00000002", "a00000002", 6, FaultCode::XmlAttribute, first),
        ("number=\"X1\"", "number=\"X2\"", 8, FaultCode::XmlRepeat, both),
        ("number=\"X1\"", "", 4, FaultCode::XmlAttribute, first),
        ("seal=\"S1\"", "", 3, FaultCode::XmlAttribute, both),
        ("seal=\"S1\"", "seal=\"S1\" more=\"1\"", 3, FaultCode::XmlAttribute, both),
        ("seal=\"S1\"", "seal=\"&b;\"", 3, FaultCode::XmlAttribute, both),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let Ok(read) = read(&GOOD.replacen(from, to, 1)) else { panic!("{from} → {to} costs the manifest") };
        let found = listed(&read.doubts.faults);
        assert!(found.contains(&(line, code)), "{from} → {to}: {found:?}");
        assert_eq!(read.doubts.boxes.into_iter().collect::<Vec<_>>(), boxes, "{from} → {to}");
    }
    assert_eq!(listed(&read(GOOD).ok().unwrap().doubts.faults), []);
}
