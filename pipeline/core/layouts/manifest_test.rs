//! A manifest comes back as it was written, and every defect of one is found with its line.

use crate::layouts::{Charset, FaultCode, Manifest};

const GOOD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<shippingManifest bureau="B" batch="b1" sequence="1" date="2026-01-05">
  <carton number="C1" tracking="T1" seal="S1">
    <box number="X1" point="P1" from="1" to="2" count="2">
      <card number="A00000001" position="1"/>
      <card number="A00000002" position="2"/>
    </box>
  </carton>
  <totals cartons="1" boxes="1" cards="2"/>
</shippingManifest>
"#;

fn codes(document: &str) -> Vec<(usize, FaultCode)> {
    let faults = Manifest::parse(document.as_bytes(), Charset::Utf8).err();
    let faults = faults.unwrap_or_default();
    faults.iter().map(|fault| (fault.line, fault.code)).collect()
}

#[test]
fn a_manifest_renders_back_to_its_bytes() {
    let manifest = Manifest::parse(GOOD.as_bytes(), Charset::Utf8).ok().unwrap();
    let mut bytes = Vec::new();
    manifest.render(Charset::Utf8, &mut bytes).unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), GOOD);
}

#[test]
fn every_defect_of_a_manifest_is_found_with_its_line() {
    for (from, to, line, code) in [
        ("<shipping", "<!DOCTYPE a [<!ENTITY b \"c\">]><shipping", 2, FaultCode::XmlDoctype),
        ("UTF-8", "GB18030", 1, FaultCode::XmlEncoding),
        ("cards=\"2\"", "cards=\"3\"", 9, FaultCode::XmlTotals),
        ("count=\"2\"", "count=\"3\"", 4, FaultCode::XmlTotals),
        ("count=\"2\"", "count=\"02\"", 4, FaultCode::XmlAttribute),
        ("position=\"2\"", "position=\"3\"", 6, FaultCode::XmlPosition),
        ("to=\"2\"", "to=\"3\"", 4, FaultCode::XmlPosition),
        ("A00000002", "A00000001", 6, FaultCode::XmlRepeat),
        ("A00000002", "a00000002", 6, FaultCode::XmlAttribute),
        ("seal=\"S1\"", "", 3, FaultCode::XmlAttribute),
        ("seal=\"S1\"", "seal=\"S1\" more=\"1\"", 3, FaultCode::XmlAttribute),
        ("seal=\"S1\"", "seal=\"&b;\"", 3, FaultCode::XmlAttribute),
        ("  <totals", "  <pallet/><totals", 9, FaultCode::XmlElement),
        ("  <totals", "  word<totals", 8, FaultCode::XmlElement),
        ("</carton>", "</box>", 8, FaultCode::XmlSyntax),
        ("</shippingManifest>", "", 11, FaultCode::XmlSyntax),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let found = codes(&GOOD.replacen(from, to, 1));
        assert!(found.contains(&(line, code)), "{from} → {to}: {found:?}");
    }
    let without_totals = GOOD.replace("  <totals cartons=\"1\" boxes=\"1\" cards=\"2\"/>\n", "");
    assert_eq!(codes(&without_totals).len(), 1);
    assert_eq!(codes(GOOD), []);
}
