//! Layouts of files: columns, lines, names, and the one way in and out of bytes.

pub mod codes;
pub mod column;
pub mod control;
pub mod delimited;
pub mod describe;
pub mod file;
pub mod file_name;
pub mod fixed;
pub mod kind;
pub mod lines;
pub mod masked_bytes;
pub mod parsed;
pub mod rendering;
pub mod translate;

#[cfg(test)]
mod rendering_test;
