//! The path that walks a new partner through its first exchange, as the page shows it until a first answer was taken.

use cardline::actions::first_exchange::{FirstExchange, FirstStep, first_exchange};
use cardline::exchange::Partner;
use cardline::step::Worker;
use cardline_core::file_formats::Wire;
use jiff::Timestamp;

use crate::answer::{Refusal, Words};

/// The path.
pub struct First {
    pub steps: Vec<ShownStep>,
}

/// One part of it.
pub struct ShownStep {
    pub what: Words,
    /// What is to be done for it.
    pub how: Words,
    pub done: bool,
    pub is_next: bool,
}

impl First {
    /// The path of a partner; `None` once it is over.
    pub async fn of(worker: &Worker, partner: &Partner, now: Timestamp) -> Result<Option<First>, Refusal> {
        let found = first_exchange(worker, partner, now).await?;
        if found.is_over() {
            return Ok(None);
        }
        let next = found.next();
        let mut steps = vec![server(partner)];
        steps.extend(found.steps.iter().map(|(step, done)| ShownStep {
            what: what(*step),
            how: how(*step, &found),
            done: *done,
            is_next: next == Some(*step),
        }));
        Ok(Some(First { steps }))
    }
}

/// A profile without the server's key is not loaded, so this part is done before the page is there.
fn server(partner: &Partner) -> ShownStep {
    let what = match &partner.profile.transport {
        Wire::Folder => Words::new("我方为对方准备了文件夹。", "A folder of ours is there for the partner."),
        Wire::Sftp(server) => Words::new(
            format!("配置中有服务器 {}:{} 及其主机密钥。", server.host, server.port),
            format!("The profile names the server {}:{} and its key.", server.host, server.port),
        ),
    };
    ShownStep { what, how: Words::new("", ""), done: true, is_next: false }
}

fn what(step: FirstStep) -> Words {
    match step {
        FirstStep::OurKey => Words::new("我方有信封密钥。", "We have a key for envelopes."),
        FirstStep::TheirKey => Words::new("对方的公钥已录入。", "The partner's public key is entered."),
        FirstStep::Tested => Words::new("联通测试全部正常。", "A test of the connection found everything well."),
        FirstStep::Sent => Words::new("第一个文件已放置。", "The first file lies at the partner."),
        FirstStep::Answered => Words::new("第一个应答已接收。", "The first answer is taken in."),
    }
}

fn how(step: FirstStep, found: &FirstExchange) -> Words {
    match step {
        FirstStep::OurKey => Words::new(
            "管理员在下面生成；再把公钥下载给对方，并电话核对编号。",
            "An administrator makes it below; then hand the public key to the partner, and compare its id by telephone.",
        ),
        FirstStep::TheirKey => Words::new(
            "管理员在下面录入；先与对方电话核对编号。",
            "An administrator enters it below, once its id was compared by telephone.",
        ),
        FirstStep::Tested => match &found.tested {
            Some(_) => Words::new(
                "上次测试有问题；按所示改正后再测。",
                "The last one found something wrong: mend what it says, and test again.",
            ),
            None => Words::new("在下面测试联通。", "Test the connection below."),
        },
        FirstStep::Sent => Words::new(
            "有申请在等时，按排程开批并自动放置。",
            "When applications wait, a batch is cut by its schedule and placed by itself.",
        ),
        FirstStep::Answered if found.refused > 0 => Words::new(
            "对方的文件有错，错误报告已放回给对方；请对方改正后用新的序号再发。",
            "A file of the partner's is wrong, and the error report lies at the partner: have it mended and sent again.",
        ),
        FirstStep::Answered => Words::new(
            "等对方的应答；对方可先在“检验一个文件”试验。",
            "The partner answers; a file can be tried first under “Check a file”.",
        ),
    }
}
