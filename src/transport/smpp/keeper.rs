//! The task behind a handle: one session after the other, with waits between them.

use std::pin::pin;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::back_off::BackOff;
use super::dial::{Dial, NotOpen};
use super::session::{self, Context, Job};
use super::{Link, count};
use crate::gateway::sms::smpp::bind_is_refused;

/// The task that keeps the session.
pub(super) struct Keeper {
    pub(super) dial: Dial,
    pub(super) context: Context,
    pub(super) jobs: mpsc::Receiver<Job>,
    pub(super) link: watch::Sender<Link>,
    pub(super) back_off: BackOff,
}

impl Keeper {
    pub(super) async fn run(mut self) {
        let mut stopped = self.context.stopped.clone();
        loop {
            let opened = tokio::select! {
                biased;
                () = stop_asked(&mut stopped) => break,
                opened = self.dial.open() => opened,
            };
            let (link, wait) = match opened {
                Ok((stream, received)) => {
                    count(&self.context.counts.binds);
                    self.link.send_replace(Link::Bound);
                    tracing::info!("bound to the SMSC");
                    let (ended, of_use) = session::run(&self.context, stream, received, &mut self.jobs).await;
                    if *stopped.borrow() {
                        tracing::info!(?ended, "the session with the SMSC ended");
                    } else {
                        tracing::warn!(?ended, "the session with the SMSC was lost");
                    }
                    if of_use {
                        self.back_off.reset();
                    }
                    (Link::Waiting, self.back_off.next())
                }
                Err(fault @ NotOpen::Status(status)) if bind_is_refused(status) => {
                    tracing::error!(%fault, "the SMSC refuses our account");
                    (Link::Refused, self.context.timings.refused)
                }
                Err(fault) => {
                    tracing::warn!(%fault, "no session with the SMSC");
                    (Link::Waiting, self.back_off.next())
                }
            };
            self.link.send_replace(link);
            if !self.wait(wait, &mut stopped).await {
                break;
            }
            self.link.send_replace(Link::Connecting);
        }
        self.jobs.close();
        while let Ok(job) = self.jobs.try_recv() {
            job.give_back();
        }
        self.link.send_replace(Link::Stopped);
    }

    /// Waits, and gives back what comes meanwhile. Answers whether to go on.
    async fn wait(&mut self, wait: Duration, stopped: &mut watch::Receiver<bool>) -> bool {
        let mut over = pin!(sleep(wait));
        let mut asked = pin!(stop_asked(stopped));
        loop {
            tokio::select! {
                biased;
                () = &mut asked => return false,
                () = &mut over => return true,
                job = self.jobs.recv() => match job {
                    Some(job) => job.give_back(),
                    None => return false,
                },
            }
        }
    }
}

/// Returns when the session shall end: somebody said so, or nobody is there any more.
pub(super) async fn stop_asked(stopped: &mut watch::Receiver<bool>) {
    // An error: the last handle was dropped.
    let _said = stopped.wait_for(|stop| *stop).await.is_ok();
}
