//! An import of points, as the command does it: read, compared with what is in force, written.

use std::time::Instant;

use cardline::actions::imports::changed_lines::Asked;
use cardline::actions::imports::reference_file::rows;
use cardline::actions::imports::reference_import::{apply, plan};
use cardline::config::Config;
use cardline::reference::tables::built_in_reference;
use cardline::step::Worker;
use cardline::time::instant;
use cardline_core::domain::reference::Table;
use cardline_world::play::FIRST_DAY;
use tokio::runtime::Runtime;

use crate::databases::drop_database;
use crate::services::Services;

const POINTS: usize = 25_000;
const DISTRICTS: usize = 100;

/// Seconds of the import of 25,000 points nobody knew.
pub fn import(services: &Services) -> f64 {
    let (folder, runtime) = (tempfile::tempdir().expect("folder"), Runtime::new().expect("runtime"));
    let database = runtime.block_on(services.database());
    let config = Config::in_folder(folder.path(), Some(database.clone()));
    let worker = runtime.block_on(Worker::open(config, FIRST_DAY)).expect("worker");
    let text = file();
    let started = Instant::now();
    let added = runtime.block_on(async {
        let read = rows(Table::Points, text.as_bytes()).unwrap_or_else(|fault| panic!("{fault}"));
        let asked = Asked { effective: FIRST_DAY, complete: false, today: FIRST_DAY };
        let planned = plan(&worker.ledger, &worker.policy, &read, asked).await.unwrap_or_else(|e| panic!("{e}"));
        let added = planned.preview.added;
        apply(&worker.ledger, planned, "bench", instant(FIRST_DAY, 9, 0), true, None).await.expect("import");
        added
    });
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(added, POINTS);
    runtime.block_on(async {
        worker.ledger.close().await;
        drop_database(&database).await;
    });
    seconds
}

/// Made-up communities of many districts.
fn file() -> String {
    let reference = built_in_reference().expect("reference");
    let codes = (110_000..660_000).map(|code: u32| code.to_string());
    let is_district = |code: &String| !code.ends_with("00") && reference.is_current_region(code);
    let districts: Vec<String> = codes.filter(is_district).take(DISTRICTS).collect();
    let mut text = String::from("code,name,region,kind,closed_on\n");
    for number in 0..POINTS {
        let district = &districts[number % DISTRICTS];
        let own = 900_000 + number / DISTRICTS;
        text.push_str(&format!("{district}{own},第{number}社区居委会,{district},community,\n"));
    }
    text
}
