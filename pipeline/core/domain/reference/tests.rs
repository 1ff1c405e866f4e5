//! The vendored facts load, and a wrong cell is named.

use super::*;

const FILES: ReferenceText<'static> = ReferenceText {
    regions: include_str!("../../../../fixtures/reference/regions.csv"),
    points: include_str!("../../../../fixtures/reference/points.csv"),
    banks: include_str!("../../../../fixtures/reference/banks.csv"),
    outlets: include_str!("../../../../fixtures/reference/outlets.csv"),
};

fn fault(text: &ReferenceText<'_>) -> String {
    Reference::from_csv(text).err().map(|fault| fault.to_string()).unwrap_or_default()
}

#[test]
fn the_vendored_facts_load() {
    let reference = Reference::from_csv(&FILES).unwrap_or_else(|fault| panic!("{fault}"));
    assert!(reference.is_current_region("110101") && reference.was_region("110103"));
    assert!(!reference.is_current_region("110103"), "abolished in 2010");
    assert_eq!(reference.region_name("622926"), Some("东乡族自治县"));
    assert!(reference.outlet("102100000030").is_some_and(|outlet| outlet.bank == "ICBC"));
    for region in ["110101", "110102", "622926", "522634"] {
        for bank in ["ICBC", "ABC", "CCB"] {
            assert!(reference.bank(bank).is_some_and(|bank| bank.serves(region)));
            let outlets = reference.outlets().filter(|(_, outlet)| outlet.bank == bank && outlet.region == region);
            assert!(outlets.count() >= 3, "{bank} {region}");
        }
        assert!(reference.points().any(|(_, point)| point.region == region));
    }
}

#[test]
fn a_wrong_cell_is_named_by_file_line_and_column() {
    assert_eq!(
        fault(&ReferenceText { outlets: "code,bank,region,name\n102100000031,ICBC,110101,甲\n", ..FILES }),
        "outlets.csv, line 2, column code: expected twelve digits with the right check digit"
    );
    assert_eq!(
        fault(&ReferenceText { outlets: "code,bank,region,name\n102100000030,ABC,110101,甲\n", ..FILES }),
        "outlets.csv, line 2, column code: expected a class of its bank as the first three digits"
    );
    assert_eq!(
        fault(&ReferenceText { points: "code,name,region,kind\n110101001001,甲,110101,shop\n", ..FILES }),
        "points.csv, line 2, column kind: expected village, community or service_centre"
    );
    assert_eq!(
        fault(&ReferenceText {
            regions: "code,name,level,valid_from,valid_to,current\n11010,甲,district,,,true\n",
            ..FILES
        }),
        "regions.csv, line 2, column code: expected six digits"
    );
    let twice = "code,name_zh,prefixes,regions\nICBC,甲,102,\nICBC,甲,102,\n";
    assert_eq!(
        fault(&ReferenceText { banks: twice, ..FILES }),
        "banks.csv, line 3, column code: expected a code listed once"
    );
    let ragged = "code,name_zh,prefixes,regions\nICBC\n";
    assert_eq!(
        fault(&ReferenceText { banks: ragged, ..FILES }),
        "banks.csv, line 2, column every: expected as many columns as the header"
    );
    let other = "code,name_zh\nICBC,甲\n";
    assert!(fault(&ReferenceText { banks: other, ..FILES }).starts_with("banks.csv, line 1, column every"));
}
