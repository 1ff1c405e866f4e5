//! Whether everybody can use a page, as far as a program can tell: axe-core, from the npm package of the same name.

use serde_json::Value;

use super::Browser;

const AXE: &str = include_str!("../axe/axe.min.js");

/// A violation a line: rule, element, what is wrong.
const JUDGE: &str = "const done = arguments[arguments.length - 1];
    axe.run(document).then(
        found => done(found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.target}: ${rule.help}`))),
        error => done([String(error)]));";

impl Browser {
    /// What axe finds wrong with the page.
    pub async fn violations(&self) -> Vec<String> {
        self.client.execute(AXE, Vec::new()).await.unwrap();
        let found = self.client.execute_async(JUDGE, Vec::new()).await.unwrap();
        let line = |line: &Value| line.as_str().unwrap().to_owned();
        found.as_array().unwrap().iter().map(line).collect()
    }

    /// # Panics
    /// When axe finds anything wrong with the page.
    pub async fn is_accessible(&self) {
        let violations = self.violations().await;
        assert!(violations.is_empty(), "{}: {violations:#?}", self.client.current_url().await.unwrap());
    }
}
