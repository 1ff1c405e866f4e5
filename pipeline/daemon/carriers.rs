//! Who carries the files of a partner with a server: a task for each partner, beside the rounds and the other
//! partners. A server that hangs, or is away for days, holds back its own files and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::turn::Watched;
use super::watch::Watch;
use crate::limits::CARRIER_PAUSE_SECONDS;
use crate::route::RouteStep;
use crate::step::Worker;

/// The tasks, one a partner. They end with this.
pub struct Carriers {
    steps: Vec<&'static RouteStep>,
    tasks: JoinSet<()>,
    by_code: BTreeMap<String, tokio::task::AbortHandle>,
}

impl Carriers {
    /// Nobody yet; of these steps they run those that are apart.
    pub fn new(steps: &[&'static RouteStep]) -> Carriers {
        let steps = steps.iter().copied().filter(|step| step.is_apart).collect();
        Carriers { steps, tasks: JoinSet::new(), by_code: BTreeMap::new() }
    }

    /// Sees that every partner with a server has a task.
    pub fn follow(&mut self, watch: &Arc<Watch>, worker: &Worker) {
        while self.tasks.try_join_next().is_some() {}
        self.by_code.retain(|_, task| !task.is_finished());
        for code in worker.with_servers() {
            if !self.by_code.contains_key(code) {
                let task = self.tasks.spawn(carry(watch.clone(), code.to_owned(), self.steps.clone()));
                self.by_code.insert(code.to_owned(), task);
            }
        }
    }

    /// Lets each finish what it has in hand.
    pub async fn end(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Carries one partner's files until the worker stops or the partner has no server any more.
async fn carry(watch: Arc<Watch>, code: String, steps: Vec<&'static RouteStep>) {
    let mut steps: Vec<Watched> = steps.into_iter().map(Watched::new).collect();
    while !watch.is_stopping() {
        let Some(worker) = watch.worker().filter(|worker| worker.with_servers().any(|known| known == code)) else {
            return;
        };
        let worker = worker.carrying_for(&code);
        for watched in &mut steps {
            // Without the database nothing can be carried; the rounds look when it is back.
            let rests = watch.why_it_rests().is_some();
            if rests || watch.is_stopping() || watched.turn(&watch, &worker).await.is_break() {
                break;
            }
        }
        watch.pause(Duration::from_secs(CARRIER_PAUSE_SECONDS)).await;
    }
}
