//! Lists the migrations in `schemas/sql`, so that a new one is a file for each engine and nothing else.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=../schemas/sql");
    let folder = Path::new(&std::env::var("CARGO_MANIFEST_DIR")?).join("../schemas/sql");
    let mut files = Vec::new();
    for file in std::fs::read_dir(folder.join("sqlite"))? {
        files.push(file?.file_name().into_string().map_err(|name| format!("{} is no name", name.display()))?);
    }
    files.sort();
    for (file, number) in files.iter().zip(1..) {
        if !file.starts_with(&format!("{number:04}_")) {
            return Err(format!("schemas/sql: {file} stands where number {number:04} belongs; give it that").into());
        }
    }
    let text = |engine: &str, file: &str| format!("include_str!({:?})", folder.join(engine).join(file));
    let entry = |file: &String| format!("    ({file:?}, {}, {}),\n", text("sqlite", file), text("postgres", file));
    let list = format!("&[\n{}]\n", files.iter().map(entry).collect::<String>());
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("migrations.rs"), list)?;
    Ok(())
}
