//! One bound session: it reads, writes and waits at the same time, in one task, until one of the three says that it is
//! over. What was written and not answered is then lost, what was not written whole was not sent.

use std::collections::BTreeMap;
use std::future::pending;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc::Permit;
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::dial::{BIND_SEQUENCE, Stream, next_frame};
use super::keeper::stop_asked;
use super::{Counts, DELIVERIES_MAX, FromNetwork, News, Stored, Timings, count};
use crate::gateway::sms::SendOutcome;
use crate::gateway::sms::smpp::pdu::{
    ALERT_NOTIFICATION, DATA_SM, DELIVER_SM, ENQUIRE_LINK, Frame, GENERIC_NACK, RESPONSE, SUBMIT_SM, SubmitSm, UNBIND,
};
use crate::gateway::sms::smpp::{Delivered, PartAnswer, Place, Profile, ends_session};

/// Replies that wait to be written. More means that the SMSC asks and does not read.
const REPLIES_MAX: usize = 256;
/// Parts whose answer did not come in time and may still come. The oldest are forgotten.
const OVERDUE_MAX: usize = 1024;
/// Sequence numbers go up to here and begin again (SMPP 3.4, 3.2).
const SEQUENCE_MAX: u32 = 0x7FFF_FFFF;

/// Time to close a connection that is over.
const CLOSE: Duration = Duration::from_secs(1);

/// `command_status` of a delivery that shall come again.
const TEMPORARY: u32 = 0x64;
/// `command_status` of a delivery that never will be taken.
const PERMANENT: u32 = 0x65;
/// `command_status` of a request that is not known.
const INVALID_COMMAND: u32 = 0x03;

/// What a session works with.
pub(super) struct Context {
    pub(super) profile: Profile,
    pub(super) timings: Timings,
    pub(super) news: mpsc::Sender<FromNetwork>,
    pub(super) counts: Arc<Counts>,
    pub(super) stopped: watch::Receiver<bool>,
}

/// A part to send.
pub(super) struct Job {
    pub(super) part: SubmitSm,
    pub(super) place: Place,
    pub(super) client_ref: String,
    /// Sent before the first octet is written; where it cannot be sent any more, the part was taken back.
    pub(super) claim: oneshot::Sender<()>,
    pub(super) answer: oneshot::Sender<PartAnswer>,
}

impl Job {
    /// Answers that it was not sent. Who does not wait any more needs no answer.
    pub(super) fn give_back(self) {
        let _gone = self.answer.send(PartAnswer::NotSent);
    }
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The connection broke.
    Lost(io::ErrorKind),
    /// No answer to our question whether it is there.
    Silent,
    /// It asks, and reads no replies.
    Deaf,
    /// The SMSC took its leave.
    ByPeer,
    /// An answer told that this session is none.
    NotBound,
    /// We took ours.
    ByUs,
}

/// A part that was claimed and is not answered.
struct Sent {
    place: Place,
    client_ref: String,
    answer: oneshot::Sender<PartAnswer>,
    /// Whether the socket took its last octet.
    whole: bool,
}

/// A frame to be written before any part.
struct Reply {
    frame: Frame,
    /// The session ends when it is written.
    last: bool,
}

impl Reply {
    fn of(frame: Frame) -> Self {
        Self { frame, last: false }
    }
}

/// What the three that run at the same time have in common.
struct Session<'c> {
    context: &'c Context,
    sent: Mutex<BTreeMap<u32, Sent>>,
    /// Told at every answer.
    answered: Notify,
    replies: mpsc::Sender<Reply>,
    /// Counts up; see [`Session::next_sequence`].
    sequence: AtomicU32,
    /// Whether anything came after the bind.
    of_use: AtomicBool,
}

/// Keeps a bound session until it is over. Answers why, and whether it was of any use.
pub(super) async fn run(
    context: &Context,
    stream: Box<dyn Stream>,
    received: Vec<u8>,
    jobs: &mut mpsc::Receiver<Job>,
) -> (Ended, bool) {
    let (replies, replies_out) = mpsc::channel(REPLIES_MAX);
    let session = Session {
        context,
        sent: Mutex::default(),
        answered: Notify::new(),
        replies,
        sequence: AtomicU32::new(BIND_SEQUENCE),
        of_use: AtomicBool::new(false),
    };
    let (read, mut write) = tokio::io::split(stream);
    // Reading goes first: what is known of the end of a connection keeps the next part from being written to it.
    let ended = tokio::select! {
        biased;
        ended = session.listen(read, received) => ended,
        ended = session.speak(&mut write, replies_out, jobs) => ended,
        ended = session.take_leave() => ended,
    };
    session.settle();
    // The connection is over either way.
    let _closed = timeout(CLOSE, write.shutdown()).await;
    (ended, session.of_use.load(Ordering::Relaxed))
}

impl Session<'_> {
    async fn listen(&self, mut read: impl AsyncRead + Unpin, mut received: Vec<u8>) -> Ended {
        let Timings { idle, enquire, .. } = self.context.timings;
        let mut storing = JoinSet::new();
        let mut asked = false;
        loop {
            let wait = if asked { enquire } else { idle };
            // No unit is read before there is room for the reply to it: who does not read ours is not read either.
            let next = async { (self.replies.reserve().await, next_frame(&mut read, &mut received).await) };
            let ended = match timeout(wait, next).await {
                Ok((Ok(room), Ok(frame))) => {
                    asked = false;
                    self.of_use.store(true, Ordering::Relaxed);
                    self.take(&frame, room, &mut storing)
                }
                Ok((_, Err(error))) => Some(Ended::Lost(error.kind())),
                Ok((Err(_), _)) => Some(Ended::Deaf),
                Err(_) if asked => Some(Ended::Silent),
                Err(_) => {
                    asked = true;
                    let frame = Frame::bare(ENQUIRE_LINK, 0, self.next_sequence());
                    self.replies.try_send(Reply::of(frame)).err().map(|_| Ended::Deaf)
                }
            };
            if let Some(ended) = ended {
                return ended;
            }
        }
    }

    /// Acts on one unit. Answers why the session is over, where it is.
    fn take(&self, frame: &Frame, room: Permit<'_, Reply>, storing: &mut JoinSet<()>) -> Option<Ended> {
        const SUBMIT_SM_RESP: u32 = SUBMIT_SM | RESPONSE;
        const UNBIND_RESP: u32 = UNBIND | RESPONSE;
        match frame.command {
            SUBMIT_SM_RESP | GENERIC_NACK => {
                self.answer(frame);
                return ends_session(frame.status).then_some(Ended::NotBound);
            }
            UNBIND_RESP => return Some(Ended::ByUs),
            DELIVER_SM | DATA_SM => self.deliver(frame, room, storing),
            ENQUIRE_LINK => room.send(Reply::of(Frame::bare(ENQUIRE_LINK | RESPONSE, 0, frame.sequence))),
            UNBIND => room.send(Reply { frame: Frame::bare(UNBIND_RESP, 0, frame.sequence), last: true }),
            // The one request that has no answer, and answers that nobody waits for.
            ALERT_NOTIFICATION => {}
            command if command & RESPONSE != 0 => {}
            _ => room.send(Reply::of(Frame::bare(GENERIC_NACK, INVALID_COMMAND, frame.sequence))),
        }
        None
    }

    /// Matches an answer with its part.
    fn answer(&self, frame: &Frame) {
        let answer = if frame.command == GENERIC_NACK && frame.status == 0 {
            PartAnswer::Lost
        } else {
            PartAnswer::Response { status: frame.status, message_id: frame.message_id() }
        };
        let sent = self.sent().remove(&frame.sequence);
        let Some(Sent { place, client_ref, answer: waiting, .. }) = sent else { return };
        self.answered.notify_waiters();
        if let Err(answer) = waiting.send(answer) {
            self.tell_late(place, client_ref, &answer);
        }
    }

    /// Tells what became of a message that was given up, where that is now known.
    fn tell_late(&self, place: Place, client_ref: String, answer: &PartAnswer) {
        count(&self.context.counts.late);
        let answered = self.context.profile.after_part(place, answer);
        if let Some(answered) = answered.filter(|answered| answered.outcome != SendOutcome::Unknown) {
            let (done, _nobody) = oneshot::channel();
            let news = FromNetwork { news: News::Late { client_ref, answered }, done };
            if self.context.news.try_send(news).is_err() {
                tracing::warn!("a late answer found no room: its message stays unknown");
            }
        }
    }

    /// Hands on what was delivered; the reply follows when it is stored.
    fn deliver(&self, frame: &Frame, room: Permit<'_, Reply>, storing: &mut JoinSet<()>) {
        let Context { profile, timings, news, counts, .. } = self.context;
        let Some(delivered) = Delivered::read(frame) else {
            count(&counts.unreadable);
            tracing::warn!(?frame, "a delivery cannot be read and is refused");
            return room.send(Reply::of(delivery_response(frame, PERMANENT)));
        };
        let Some(event) = profile.event(&delivered) else {
            count(&counts.passed_over);
            return room.send(Reply::of(delivery_response(frame, 0)));
        };
        while storing.try_join_next().is_some() {}
        let (done, stored) = oneshot::channel();
        let is_full = storing.len() >= DELIVERIES_MAX;
        if is_full || news.try_send(FromNetwork { news: News::Event { event, unit: frame.octets() }, done }).is_err() {
            count(&counts.turned_away);
            return room.send(Reply::of(delivery_response(frame, TEMPORARY)));
        }
        let (counts, replies, limit) = (Arc::clone(counts), self.replies.clone(), timings.store);
        let (taken, again) = (delivery_response(frame, 0), delivery_response(frame, TEMPORARY));
        storing.spawn(async move {
            let frame = if let Ok(Ok(Stored::Yes)) = timeout(limit, stored).await {
                taken
            } else {
                count(&counts.turned_away);
                again
            };
            // An error: the session is over, and the SMSC delivers it again.
            let _sent = replies.send(Reply::of(frame)).await.is_ok();
        });
    }

    async fn speak(
        &self,
        write: &mut (impl AsyncWrite + Unpin),
        mut replies: mpsc::Receiver<Reply>,
        jobs: &mut mpsc::Receiver<Job>,
    ) -> Ended {
        let mut stopped = self.context.stopped.clone();
        let mut stopping = false;
        loop {
            let written = tokio::select! {
                biased;
                Some(Reply { frame, last }) = replies.recv() => match write_whole(write, &frame).await {
                    Ok(()) if last => return Ended::ByPeer,
                    written => written,
                },
                () = stop_asked(&mut stopped), if !stopping => {
                    stopping = true;
                    continue;
                }
                Some(job) = jobs.recv(), if !stopping => self.submit(write, job).await,
            };
            let flushed = match written {
                Ok(()) => write.flush().await,
                error => error,
            };
            if let Err(error) = flushed {
                return Ended::Lost(error.kind());
            }
        }
    }

    /// Writes a part, unless who gave it has taken it back.
    async fn submit(&self, write: &mut (impl AsyncWrite + Unpin), job: Job) -> io::Result<()> {
        let Job { part, place, client_ref, claim, answer } = job;
        if claim.send(()).is_err() {
            return Ok(());
        }
        let sequence = self.next_sequence();
        self.expect(sequence, Sent { place, client_ref, answer, whole: false });
        write_whole(write, &part.frame(sequence)).await?;
        if let Some(sent) = self.sent().get_mut(&sequence) {
            sent.whole = true;
        }
        Ok(())
    }

    fn expect(&self, sequence: u32, part: Sent) {
        let mut sent = self.sent();
        if sent.len() >= OVERDUE_MAX {
            let oldest = sent.iter().find(|(_, sent)| sent.answer.is_closed()).map(|(sequence, _)| *sequence);
            oldest.and_then(|sequence| sent.remove(&sequence));
        }
        sent.insert(sequence, part);
    }

    /// When it is asked for: waits for the last answers, and tells the SMSC.
    async fn take_leave(&self) -> Ended {
        stop_asked(&mut self.context.stopped.clone()).await;
        let limit = self.context.timings.parting;
        let answers = async {
            loop {
                let answered = self.answered.notified();
                if self.sent().values().all(|sent| sent.answer.is_closed()) {
                    break;
                }
                answered.await;
            }
        };
        // What is not answered by then is settled as lost.
        let _all_answered = timeout(limit, answers).await.is_ok();
        let leave = async {
            let _sent = self.replies.send(Reply::of(Frame::bare(UNBIND, 0, self.next_sequence()))).await.is_ok();
            pending::<()>().await;
        };
        // The answer is read elsewhere, and ends the session before this does.
        let _unanswered = timeout(limit, leave).await;
        Ended::ByUs
    }

    /// Answers everything that is not answered.
    fn settle(&self) {
        let sent = std::mem::take(&mut *self.sent());
        for sent in sent.into_values() {
            let answer = if sent.whole { PartAnswer::Lost } else { PartAnswer::NotSent };
            let _gone = sent.answer.send(answer);
        }
    }

    /// From 2, as the bind was 1, to the highest, and from 1 again.
    fn next_sequence(&self) -> u32 {
        self.sequence.fetch_add(1, Ordering::Relaxed) % SEQUENCE_MAX + 1
    }

    /// The map is sound after a panic elsewhere: each change of it is one call.
    fn sent(&self) -> MutexGuard<'_, BTreeMap<u32, Sent>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The answer to a delivery. Its body is an empty message id, which some SMSCs miss where it is left out.
fn delivery_response(frame: &Frame, status: u32) -> Frame {
    Frame { body: vec![0], ..Frame::bare(frame.command | RESPONSE, status, frame.sequence) }
}

/// Returns when the socket took the last octet, not when it is on its way.
async fn write_whole(write: &mut (impl AsyncWrite + Unpin), frame: &Frame) -> io::Result<()> {
    write.write_all(&frame.octets()).await
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, DuplexStream, duplex};

    use super::*;
    use crate::gateway::sms::Sms;

    /// Long enough to fail by.
    const LONG: Duration = Duration::from_secs(20);

    struct Rig {
        context: Context,
        jobs: mpsc::Sender<Job>,
        jobs_out: mpsc::Receiver<Job>,
        _stop: watch::Sender<bool>,
        _news: mpsc::Receiver<FromNetwork>,
    }

    fn rig() -> Rig {
        let (news, news_out) = mpsc::channel(1);
        let (stop, stopped) = watch::channel(false);
        let (jobs, jobs_out) = mpsc::channel(8);
        let profile = Profile::for_sender("Kaziline");
        let context = Context { profile, timings: Timings::default(), news, counts: Arc::default(), stopped };
        Rig { context, jobs, jobs_out, _stop: stop, _news: news_out }
    }

    /// Puts a part into the queue; its octets on the wire, and where its answer comes.
    fn queue(jobs: &mpsc::Sender<Job>) -> (usize, oneshot::Receiver<()>, oneshot::Receiver<PartAnswer>) {
        let sms = Sms { to: "250788000001".into(), text: "t".repeat(100), client_ref: "kz1".into(), valid_s: 60 };
        let part = Profile::for_sender("Kaziline").parts("Kaziline", &sms, 0).unwrap().remove(0);
        let octets = part.frame(2).octets().len();
        let ((claim, claimed), (answer, answered)) = (oneshot::channel(), oneshot::channel());
        let place = Place { first: true, last: true };
        let job = Job { part, place, client_ref: "kz1".into(), claim, answer };
        assert!(jobs.try_send(job).is_ok());
        (octets, claimed, answered)
    }

    /// Runs a session over a pipe that holds `holds` octets, until the SMSC has read `reads` and is gone.
    async fn lost_after(rig: &mut Rig, holds: usize, reads: usize) -> Ended {
        let (ours, theirs) = duplex(holds);
        let smsc = async |mut theirs: DuplexStream| {
            theirs.read_exact(&mut vec![0; reads]).await.unwrap();
        };
        let (ended, ()) =
            tokio::join!(timeout(LONG, run(&rig.context, Box::new(ours), Vec::new(), &mut rig.jobs_out)), smsc(theirs));
        ended.unwrap().0
    }

    #[tokio::test]
    async fn a_part_that_was_not_written_whole_was_not_sent_and_one_that_was_is_lost() {
        let mut rig = rig();
        let (octets, _claimed, mut answered) = queue(&rig.jobs);
        // The pipe takes all but one octet.
        lost_after(&mut rig, octets - 1, 1).await;
        assert_eq!(answered.try_recv().unwrap(), PartAnswer::NotSent);
        let (_, _claimed, mut answered) = queue(&rig.jobs);
        lost_after(&mut rig, octets, 1).await;
        assert_eq!(answered.try_recv().unwrap(), PartAnswer::Lost);
    }

    #[tokio::test]
    async fn nothing_is_written_to_a_connection_that_is_known_to_be_over() {
        // Again and again: it may not be left to the order in which the two happen to run.
        for _ in 0..30 {
            let mut rig = rig();
            let (_, mut claimed, _answered) = queue(&rig.jobs);
            let (ours, theirs) = duplex(1000);
            drop(theirs);
            let (ended, _) = run(&rig.context, Box::new(ours), Vec::new(), &mut rig.jobs_out).await;
            assert_eq!(ended, Ended::Lost(io::ErrorKind::UnexpectedEof));
            assert!(claimed.try_recv().is_err(), "it is not claimed");
            assert_eq!(rig.jobs_out.len(), 1, "and stays in the queue");
        }
    }

    #[tokio::test]
    async fn a_part_that_was_taken_back_is_not_written() {
        let mut rig = rig();
        let (_, taken_back, _answered) = queue(&rig.jobs);
        drop(taken_back);
        let (octets, _claimed, mut answered) = queue(&rig.jobs);
        let (ours, mut theirs) = duplex(4 * octets);
        let smsc = async {
            theirs.read_exact(&mut vec![0; octets]).await.unwrap();
            theirs.shutdown().await.unwrap();
            let mut more = Vec::new();
            theirs.read_to_end(&mut more).await.unwrap();
            more.len()
        };
        let session = timeout(LONG, run(&rig.context, Box::new(ours), Vec::new(), &mut rig.jobs_out));
        let (ended, more) = tokio::join!(session, smsc);
        assert!(ended.is_ok());
        assert_eq!(more, 0, "one part, not two");
        assert_eq!(answered.try_recv().unwrap(), PartAnswer::Lost);
    }

    #[tokio::test]
    async fn an_smsc_that_reads_nothing_is_left() {
        let mut rig = rig();
        rig.context.timings.idle = Duration::from_millis(5);
        rig.context.timings.enquire = Duration::from_millis(5);
        let (_, _claimed, mut answered) = queue(&rig.jobs);
        let (ours, _theirs) = duplex(16);
        let (ended, of_use) =
            timeout(LONG, run(&rig.context, Box::new(ours), Vec::new(), &mut rig.jobs_out)).await.unwrap();
        assert_eq!((ended, of_use), (Ended::Silent, false));
        assert_eq!(answered.try_recv().unwrap(), PartAnswer::NotSent);
    }

    #[tokio::test]
    async fn parts_that_are_never_answered_fill_no_memory() {
        let rig = rig();
        let (replies, _replies_out) = mpsc::channel(1);
        let session = Session {
            context: &rig.context,
            sent: Mutex::default(),
            answered: Notify::new(),
            replies,
            sequence: AtomicU32::new(1),
            of_use: AtomicBool::new(false),
        };
        let place = Place { first: true, last: true };
        let (waiting, mut waits) = oneshot::channel();
        session.expect(1, Sent { place, client_ref: String::new(), answer: waiting, whole: true });
        for sequence in 2..u32::try_from(3 * OVERDUE_MAX).unwrap() {
            let (answer, _given_up) = oneshot::channel();
            session.expect(sequence, Sent { place, client_ref: String::new(), answer, whole: true });
        }
        assert_eq!(session.sent().len(), OVERDUE_MAX);
        session.settle();
        assert_eq!(waits.try_recv().unwrap(), PartAnswer::Lost, "who waits is not forgotten");
    }

    #[test]
    fn sequence_numbers_stay_in_their_range() {
        let rig = rig();
        let (replies, _replies_out) = mpsc::channel(1);
        let session = Session {
            context: &rig.context,
            sent: Mutex::default(),
            answered: Notify::new(),
            replies,
            sequence: AtomicU32::new(BIND_SEQUENCE),
            of_use: AtomicBool::new(false),
        };
        assert_eq!((session.next_sequence(), session.next_sequence()), (2, 3));
        session.sequence.store(SEQUENCE_MAX - 1, Ordering::Relaxed);
        assert_eq!((session.next_sequence(), session.next_sequence()), (SEQUENCE_MAX, 1));
    }
}
