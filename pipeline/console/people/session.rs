//! The session a request comes in: a guest's of a demo, or a user's, proved by a cookie.

use cardline::people::sessions::{self, LoginError, LoginRefusal, Token};
use hyper::HeaderMap;

use crate::answer::Refusal;
use crate::console::Console;
use crate::cookies;
use crate::pairs::Pairs;
use crate::viewer::Viewer;

const COOKIE: &str = "cardline";

/// What a browser keeps of a session.
pub fn cookie(token: &Token, secure: bool) -> String {
    cookies::private(COOKIE, token.text(), secure)
}

/// What ends it there.
pub fn ended() -> String {
    cookies::ended(COOKIE)
}

/// The token of the cookie.
pub fn held(headers: &HeaderMap) -> Option<String> {
    cookies::cookie(headers, COOKIE).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Who asks; nobody where no session is live. A guest is named in the query, so that three of them can be open in
/// one browser. What a page asks for by itself is no click, and keeps no session from being idle.
///
/// # Errors
/// The database does not answer.
pub async fn viewer(
    console: &Console,
    headers: &HeaderMap,
    query: &Pairs,
    is_click: bool,
) -> Result<Option<Viewer>, Refusal> {
    let role = query.get("as");
    if !role.is_empty()
        && let Some((guest, held)) =
            console.guests.by_cookie(role, |name| cookies::cookie(headers, name).map(str::to_owned))
    {
        // Once there are users, everybody proves who they are, also to a demo's ledger.
        let needed = sessions::are_needed(&console.worker().await?.0.ledger).await?;
        return Ok((!needed).then(|| Viewer::new(guest.principal(), &held, Some(guest.clone()))));
    }
    let Some(held) = held(headers) else { return Ok(None) };
    let (worker, now) = console.worker().await?;
    match sessions::by_token(&worker.ledger, &Token::kept(held.clone()), None, now).await {
        Ok(principal) => {
            let session = principal.session.clone().unwrap_or_default();
            if console.idle.is_over(&session, is_click) {
                worker.ledger.end_session(&session).await?;
                return Ok(None);
            }
            Ok(Some(Viewer::new(principal, &held, None)))
        }
        Err(LoginError::Refused(
            LoginRefusal::SessionEnded | LoginRefusal::Restored { .. } | LoginRefusal::OtherUser { .. },
        )) => Ok(None),
        Err(LoginError::Refused(LoginRefusal::WrongPassword | LoginRefusal::Waits { .. })) => Ok(None),
        Err(LoginError::Failed(error)) => Err(error.into()),
    }
}
