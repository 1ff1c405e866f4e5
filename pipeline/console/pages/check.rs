//! `/check`: everything that is wrong with a file, by uploading it; nothing is taken in or kept.

use std::io::Cursor;

use askama::Template;
use cardline::route::production::records::validate;
use cardline::step::{StageError, Worker};
use cardline_core::file_formats::{FileKind, FileSpec, Validation};

use crate::answer::{Answer, Refusal, Words};
use crate::asked::Asked;
use crate::frame::Frame;

#[derive(Template)]
#[template(path = "check.html")]
struct Check {
    f: Frame,
    partners: Vec<String>,
    kinds: Vec<(String, String)>,
    name: String,
    found: Option<Validation>,
}

/// The form.
pub async fn page(asked: Asked) -> Result<Answer, Refusal> {
    let title = asked.lang.say("检验文件", "Check a file").to_owned();
    shown(&asked, &title, String::new(), None).await
}

async fn shown(asked: &Asked, title: &str, name: String, found: Option<Validation>) -> Result<Answer, Refusal> {
    let (worker, now) = asked.worker().await?;
    let f = Frame::at(asked, &worker, now, title);
    let scope = &asked.principal()?.scope;
    let partners = worker.partners.all().map(|partner| partner.profile.code.clone());
    let partners = partners.filter(|code| scope.covers(code, "")).collect();
    let kinds = FileKind::ALL.map(|kind| (kind.name().to_owned(), f.word(kind.name()))).to_vec();
    Ok(Answer::Page(Check { f, partners, kinds, name, found }.render()?))
}

/// What is wrong with the uploaded file.
pub async fn checked(asked: Asked) -> Result<Answer, Refusal> {
    let Some(upload) = asked.upload.clone().filter(|upload| !upload.bytes.is_empty()) else {
        return Err(Refusal::Wrong(Words::new("请选择一个不为空的文件", "Choose a file that is not empty")));
    };
    let (worker, _) = asked.worker().await?;
    let spec = recognised(&asked, &worker, &upload.name)?;
    let cursor = Cursor::new(upload.bytes);
    let found = tokio::task::block_in_place(|| validate(spec, &upload.name, cursor));
    let found = found.map_err(|error| Refusal::from(StageError::file("the upload", error)))?;
    let title = match found.errors.len() {
        0 => asked.lang.say("文件可用：{} 行", "The file is valid: {} rows").replace("{}", &found.rows.to_string()),
        many => {
            asked.lang.say("文件有 {} 处错误", "{} things are wrong with the file").replace("{}", &many.to_string())
        }
    };
    shown(&asked, &title, upload.name, Some(found)).await
}

/// Whose file it is: as chosen, else by its name.
fn recognised<'w>(asked: &Asked, worker: &'w Worker, name: &str) -> Result<&'w FileSpec, Refusal> {
    let (partner, kind) = (asked.form.get("partner"), asked.form.get("kind"));
    let scope = &asked.principal()?.scope;
    let wanted: Vec<&FileSpec> = worker
        .partners
        .all()
        .filter(|known| scope.covers(&known.profile.code, "") && (partner.is_empty() || known.profile.code == partner))
        .flat_map(|known| &known.profile.files)
        .filter(|file| kind.is_empty() || file.kind.name() == kind)
        .collect();
    let by_name = || wanted.iter().find(|file| file.recognise(name).is_some()).copied();
    match wanted.as_slice() {
        [only] if !partner.is_empty() && !kind.is_empty() => Ok(only),
        _ => by_name().ok_or_else(|| {
            Refusal::Wrong(Words::new(
                "从文件名看不出是谁的哪种文件，请选择合作方和种类",
                "Its name does not tell whose file it is: choose partner and kind",
            ))
        }),
    }
}
