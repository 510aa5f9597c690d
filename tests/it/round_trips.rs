//! How often a hop goes to the PostgreSQL server and back: on a network each costs what a statement does not.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use crate::apply::APPLY;
use crate::nodes::{database, first};
use crate::support::cluster::shared;
use crate::support::http::try_connect;

/// Stands between the service and its database, and counts for each transaction how often the service waited for an answer
/// before it said COMMIT.
struct Between {
    address: String,
    transactions: Arc<Mutex<Vec<usize>>>,
}

impl Between {
    fn start(server: String) -> Between {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let transactions = Arc::<Mutex<Vec<usize>>>::default();
        let counted = Arc::clone(&transactions);
        // Ends with the test program: nothing else accepts here.
        std::thread::spawn(move || {
            for service in listener.incoming().map(Result::unwrap) {
                let database = try_connect(&server).unwrap();
                database.set_read_timeout(None).unwrap();
                carry(service, database, &counted);
            }
        });
        Between { address, transactions }
    }

    /// The transactions that are committed since the last look.
    fn take(&self) -> Vec<usize> {
        std::mem::take(&mut self.transactions.lock().unwrap())
    }
}

fn carry(service: TcpStream, database: TcpStream, transactions: &Arc<Mutex<Vec<usize>>>) {
    let answered = Arc::new(AtomicBool::new(false));
    let (mut from_service, mut to_database) = (service.try_clone().unwrap(), database.try_clone().unwrap());
    let (heard, transactions) = (Arc::clone(&answered), Arc::clone(transactions));
    std::thread::spawn(move || {
        let (mut bytes, mut trips) = (vec![0; 64 << 10], 0);
        while let Ok(length @ 1..) = from_service.read(&mut bytes) {
            let says = |word: &[u8]| bytes[..length].windows(word.len()).any(|window| window == word);
            if says(b"BEGIN") {
                trips = 0;
            }
            if says(b"COMMIT") {
                transactions.lock().unwrap().push(trips);
            } else if heard.swap(false, Ordering::SeqCst) || trips == 0 {
                trips += 1;
            }
            if to_database.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        let _ = to_database.shutdown(Shutdown::Both);
    });
    let (mut from_database, mut to_service) = (database, service);
    std::thread::spawn(move || {
        let mut bytes = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from_database.read(&mut bytes) {
            answered.store(true, Ordering::SeqCst);
            if to_service.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        let _ = to_service.shutdown(Shutdown::Both);
    });
}

#[test]
fn a_browsing_hop_makes_at_most_four_round_trips_and_an_application_ten() {
    let (url, _) = database();
    let between = Between::start(shared().address());
    let url = url.replace(&shared().address(), &between.address);
    let world = first(&url);
    // Whoever sends messages would go to the database as well.
    assert!(world.command(&["outbox", "pause", "--data", "kaziline-demo", "--database", &url]).status.success());
    let (mut browsing, mut applying) = (Vec::new(), Vec::new());
    for person in 1..=60 {
        let number = format!("+25078{person:07}");
        for (step, text) in APPLY.into_iter().enumerate() {
            between.take();
            let answer = world.hop("s1", &number, text);
            if !answer.text().starts_with("CON ") {
                break;
            }
            // The longest is the hop: what looks at the clock or the queue meanwhile is short.
            let trips = between.take().into_iter().max().unwrap();
            // Each connection learns its statements at their first use.
            match step {
                1 if person > 30 => browsing.push(trips),
                3 if person > 30 => applying.push(trips),
                _ => {}
            }
        }
    }
    browsing.sort_unstable();
    applying.sort_unstable();
    println!("round trips besides COMMIT: browsing {browsing:?}, applying {applying:?}");
    assert!(browsing.len() >= 10 && applying.len() >= 5, "{browsing:?} {applying:?}");
    // The median: a connection that nobody had used may still learn.
    assert!(browsing[browsing.len() / 2] <= 4 && applying[applying.len() / 2] <= 10, "{browsing:?} {applying:?}");
}
