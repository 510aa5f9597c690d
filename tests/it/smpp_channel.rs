//! SMS over SMPP, through the running service: a message leaves in the session, its receipt and messages from phones come
//! back in it, and while there is no session another channel carries what can be carried.

use serde_json::Value;

use crate::apply::{APPLY, WORKER};
use crate::smsc::{DELIVER_SM, Esme, RESP, Smsc};
use crate::support::{Folder, World, texts};

const PASSWORD: &str = "secret";

/// A service whose first way out is this SMSC, and its second the demo's own.
fn world(smsc: &Smsc) -> World {
    let environment = [
        ("KAZILINE_CHANNEL_MTN_KIND", "sms"),
        ("KAZILINE_CHANNEL_MTN_DIALECT", "smpp"),
        ("KAZILINE_CHANNEL_MTN_ENDPOINT", smsc.endpoint.as_str()),
        ("KAZILINE_CHANNEL_MTN_USERNAME", "kaziline"),
        ("KAZILINE_CHANNEL_MTN_PASSWORD", PASSWORD),
        ("KAZILINE_CHANNEL_MTN_SENDER", "8282"),
        ("KAZILINE_CHANNEL_MTN_SMPP_IDS", "response_hex"),
        ("KAZILINE_CHANNEL_MTN_ORDER", "0"),
    ];
    World::start_in(Folder::new(), &environment)
}

fn applies(world: &World, session: &str) {
    for text in APPLY {
        world.hop(session, WORKER, text);
    }
}

/// The SMSC's next unit, which answers a delivery of ours: its status.
async fn answered(esme: &mut Esme, sequence: u32) -> u32 {
    loop {
        let unit = esme.next().await;
        if (unit.command, unit.sequence) == (DELIVER_SM | RESP, sequence) {
            return unit.status;
        }
    }
}

#[tokio::test]
async fn a_message_goes_out_in_the_session_and_its_receipt_comes_back_in_it() {
    let smsc = Smsc::start().await;
    let world = world(&smsc);
    let mut esme = smsc.bound_with(PASSWORD).await.ok().unwrap();
    applies(&world, "s1");
    let unit = esme.submission().await;
    let submitted = unit.submitted();
    assert_eq!(submitted.destination.2, WORKER.trim_start_matches('+'));
    assert!(String::from_utf8_lossy(&submitted.message).contains("Kaziline"), "{:?}", submitted.message);
    esme.respond(&unit, 0, b"0A1B\0").await;
    world.until_status("applied", "accepted");
    let sequence = esme.receipt_in_text("id:0000002587 sub:001 dlvrd:001 stat:DELIVRD err:000 text:").await;
    assert_eq!(answered(&mut esme, sequence).await, 0, "it is on the disk");
    let message = world.until_status("applied", "delivered");
    assert_eq!((message["channel"].as_str(), message["attempts"].as_i64()), (Some("mtn"), Some(1)));
    // A receipt that is acknowledged and says nothing new changes nothing.
    let sequence = esme.receipt_in_text("id:0000002587 sub:001 dlvrd:000 stat:UNDELIV err:001 text:").await;
    assert_eq!(answered(&mut esme, sequence).await, 0);
    world.until_status("applied", "delivered");
    let stopped = world.stop();
    assert_eq!(stopped.code, Some(0));
    assert!(!stopped.log.iter().any(|line| line.contains("780000002") || line.contains(PASSWORD)), "{:?}", stopped.log);
}

#[tokio::test]
async fn a_phone_writes_stop_in_the_session_and_is_answered_in_it() {
    let smsc = Smsc::start().await;
    let world = world(&smsc);
    let mut esme = smsc.bound_with(PASSWORD).await.ok().unwrap();
    let sequence = esme.message("Stop").await;
    // The acknowledgement and the answer come in either order.
    let (mut acknowledged, mut confirmation) = (false, None);
    while !acknowledged || confirmation.is_none() {
        let unit = esme.next().await;
        if unit.command == DELIVER_SM | RESP {
            assert_eq!((unit.sequence, unit.status), (sequence, 0));
            acknowledged = true;
        } else {
            esme.respond(&unit, 0, b"77\0").await;
            confirmation = Some(unit.submitted());
        }
    }
    assert_eq!(confirmation.unwrap().destination.2, "250788000001");
    world.until_status("stop_confirmed", "accepted");
}

#[tokio::test]
async fn while_there_is_no_session_another_channel_carries() {
    let smsc = Smsc::start().await;
    let world = world(&smsc);
    // Refused, and not tried again for minutes.
    drop(smsc.binding(0x0D).await);
    applies(&world, "s1");
    let message = world.until_status("applied", "accepted");
    assert_eq!(message["channel"], Value::from("demo_sms"));
    let channels = texts(&world.command(&["outbox", "channels", "--data", "kaziline-demo"])).0;
    assert!(channels.contains("mtn") && channels.contains("no session"), "{channels}");
}
