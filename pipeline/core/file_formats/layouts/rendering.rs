//! The one way from rows to the bytes of a file, and back.

use std::collections::BTreeMap;
use std::io::Write;

use super::file::{FileSpec, Layout, Rendered};
use super::lines;
use super::parsed::Parsed;
use crate::file_formats::fault::{FileFault, RenderFault};
use crate::file_formats::manifest::rows;

impl FileSpec {
    /// Writes the file. The same control values and rows give the same bytes, always.
    ///
    /// `count`, `kind` and `partner` of the control line are filled in when they are not given.
    ///
    /// # Errors
    /// The first row or control value that breaks the layout, or the output's own error.
    pub fn render(
        &self,
        control: &BTreeMap<String, String>,
        rows: &[Vec<String>],
        out: &mut dyn Write,
    ) -> Result<Rendered, RenderFault> {
        match self.layout {
            Layout::Xml => rows::render(self, control, rows, out),
            Layout::Delimited | Layout::Fixed | Layout::Package => lines::render(self, control, rows, out),
        }
    }

    /// Reads the whole file. What is wrong with single cells stands with their rows in what was read.
    ///
    /// # Errors
    /// Every fault of the frame, in the order of the lines; nothing of such a file may be applied.
    pub fn parse(&self, bytes: &[u8]) -> Result<Parsed, Vec<FileFault>> {
        match self.layout {
            Layout::Xml => rows::parse(self, bytes),
            Layout::Delimited | Layout::Fixed | Layout::Package => lines::parse(self, bytes),
        }
    }
}
