//! Refusals in words, on a page: a code, what was found, what to do.

use askama::Template;
use axum::response::Response;
use hyper::StatusCode;

use crate::answer::{Refusal, Words};
use crate::asked::Asked;
use crate::frame::{Frame, RefusalPage, segment};
use crate::serving::response::status_of;

/// Status, code, title, cause and cure of a refusal.
pub fn told(refusal: &Refusal) -> (StatusCode, &'static str, Words, Words, Words) {
    let words = |zh: &str, en: &str| Words::new(zh, en);
    match refusal {
        Refusal::Login => (
            StatusCode::UNAUTHORIZED,
            "login-needed",
            words("请先登录", "Log in first"),
            words("没有有效的会话或令牌。", "There is no live session or token."),
            words("登录后再试；程序请使用有效令牌。", "Log in and try again; a program sends a token that is good."),
        ),
        Refusal::Absent => (
            StatusCode::NOT_FOUND,
            "not-found",
            words("没有找到", "Not found"),
            words("没有这一项，或不在您的范围内。", "There is no such thing, or it lies outside what you see."),
            words("请核对编号，或从首页进入。", "Check the number, or go on from the first page."),
        ),
        Refusal::Role => (
            StatusCode::FORBIDDEN,
            "role",
            words("您的角色不能打开此页", "Your role does not open this"),
            words("此页属于另一个岗位。", "This page belongs to another desk."),
            words("如确有需要，请联系管理员。", "Ask an administrator if you need it."),
        ),
        Refusal::Forged => (
            StatusCode::FORBIDDEN,
            "forged",
            words("未执行", "Nothing was done"),
            words("表单不是来自本次会话的页面。", "The form is not from a page of this session."),
            words("请从本控制台重新打开页面后再提交。", "Open the page here again and send it from there."),
        ),
        Refusal::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "too-large",
            words("内容过大", "Too large"),
            words("提交的内容超过上限。", "More was sent than may be sent."),
            words("请检查文件是否正确。", "Check whether it is the right file."),
        ),
        Refusal::TooFast => (
            StatusCode::TOO_MANY_REQUESTS,
            "too-fast",
            words("请求过于频繁", "Too many requests"),
            words("此地址在短时间内请求过多。", "Too many requests came from this address in a short time."),
            words("请稍候几秒再试。", "Wait some seconds and try again."),
        ),
        Refusal::Wrong(found) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "wrong",
            words("请求有误", "This cannot be asked"),
            found.clone(),
            words("请改正后再试。", "Correct it and try again."),
        ),
        Refusal::Conflict(found) => (
            StatusCode::CONFLICT,
            "conflict",
            words("未执行，一切未变", "Nothing was changed"),
            found.clone(),
            words("请刷新页面，查看现在的情况。", "Load the page again and see how it stands now."),
        ),
        Refusal::Away(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "database-away",
            words("数据库暂时没有应答", "The database does not answer"),
            words("没有数据丢失；未提交的操作没有执行。", "Nothing is lost; what was not confirmed was not done."),
            words(
                "恢复后此页自动可用，请稍后再试。",
                "Pages come back by themselves when it does: try again in a while.",
            ),
        ),
        Refusal::Failed(_) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            "failed",
            words("程序出错", "Something failed here"),
            words("此页未能完成；日志里有原因。", "This page could not be made; the log says why."),
            words(
                "请再试一次；若仍失败，请告知维护人员时间与路径。",
                "Try again; if it fails again, tell whoever runs the system the time and the path.",
            ),
        ),
    }
}

/// The page of a refusal; who is not logged in is asked to.
pub fn page(asked: &Asked, refusal: &Refusal) -> Response {
    if let Refusal::Away(why) | Refusal::Failed(why) = refusal {
        tracing::warn!(path = shown_path(&asked.path), "console: {why}");
    }
    if matches!(refusal, Refusal::Login) && asked.path != "/login" {
        let mut response = status_of(StatusCode::SEE_OTHER, "", "text/plain; charset=utf-8");
        let next = if asked.path == "/logout" { "/" } else { asked.path.as_str() };
        if let Ok(to) = format!("/login?next={}", segment(next)).parse() {
            response.headers_mut().insert("location", to);
        }
        return response;
    }
    let (status, code, title, cause, cure) = told(refusal);
    let home = asked.viewer.as_ref().map_or_else(|| "/".to_owned(), |viewer| viewer.home());
    let lang = asked.lang;
    let f = Frame::of(asked, title.say(lang));
    let page = RefusalPage { f, code, cause: cause.say(lang).into(), cure: cure.say(lang).into(), home };
    let body = page.render().unwrap_or_else(|_| title.say(lang).to_owned());
    let mut response = status_of(status, body, "text/html; charset=utf-8");
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert("retry-after", hyper::header::HeaderValue::from_static("5"));
    }
    response
}

/// A path in the log: the first part alone, since what follows may be typed by anybody.
fn shown_path(path: &str) -> &str {
    path.get(1..).and_then(|rest| rest.find('/')).map_or(path, |end| &path[..=end])
}
