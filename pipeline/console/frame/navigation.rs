//! The pages a person finds in the head of every page, in the order of their work.

use cardline::people::permits::Permission;
use cardline_core::domain::staff::Role;

use crate::viewer::Viewer;

/// A line of the navigation.
pub struct NavItem {
    pub path: String,
    pub zh: &'static str,
    pub en: &'static str,
    pub is_here: bool,
}

const OPERATOR: &[(&str, &str, &str)] = &[
    ("/ops", "今日", "Today"),
    ("/ops/plan", "计划", "Plan"),
    ("/ops/batches", "批次", "Batches"),
    ("/ops/quarantine", "隔离区", "Quarantine"),
    ("/figures", "统计", "Figures"),
    ("/work", "进行中", "Under way"),
];
const BANK: &[(&str, &str, &str)] = &[("/banks", "文件", "Files"), ("/check", "检验文件", "Check a file")];
const ADMINISTRATOR: &[(&str, &str, &str)] = &[
    ("/admin", "待领", "Waiting"),
    ("/admin/forecast", "预测", "Forecast"),
    ("/admin/silent", "失联网点", "Silent points"),
];
const SHARED: &[(&str, &str, &str)] = &[("/cases", "待决", "Cases"), ("/cards", "查卡", "Find a card")];
const OVERSIGHT: &[(&str, &str, &str, Permission)] = &[
    ("/approvals", "审批", "Approvals", Permission::SeeApprovals),
    ("/books", "账簿", "Books", Permission::CheckBooks),
    ("/audit", "审计", "Audit", Permission::SeeAudit),
    ("/users", "用户", "Users", Permission::SeeUsers),
];

/// What the viewer finds there; `here` is the path of this page.
pub fn of(viewer: &Viewer, here: &str) -> Vec<NavItem> {
    let own = match viewer.principal.role {
        Role::Operator | Role::Service => [OPERATOR, SHARED].concat(),
        Role::BankIt => [BANK, SHARED].concat(),
        Role::Administrator => [ADMINISTRATOR, SHARED, OPERATOR].concat(),
        Role::Auditor => [SHARED, OPERATOR, ADMINISTRATOR].concat(),
    };
    let oversight = OVERSIGHT.iter().filter(|(.., permission)| viewer.may(*permission));
    let lines = own.into_iter().chain(oversight.map(|(path, zh, en, _)| (*path, *zh, *en)));
    let mut items: Vec<_> = lines.map(|(path, zh, en)| item(viewer, path, zh, en)).collect();
    // The longest path that begins this page's is where the person is.
    let begins = |path: &str| here == path || here.starts_with(&format!("{path}/"));
    if let Some(best) = items.iter_mut().filter(|item| begins(&item.path)).max_by_key(|item| item.path.len()) {
        best.is_here = true;
    }
    items
}

fn item(viewer: &Viewer, path: &str, zh: &'static str, en: &'static str) -> NavItem {
    let path = if path == "/banks" { viewer.home() } else { path.to_owned() };
    NavItem { path, zh, en, is_here: false }
}
