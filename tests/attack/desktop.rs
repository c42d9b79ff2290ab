//! What any program of the session can reach besides the socket: the command line, links, the session bus.

use super::{House, SENTENCE, write};
use gatehouse_tests::eventually;
use gatehouse_tests::window::Which;
use std::process::{Child, Stdio};

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_holds_no_value_and_offers_no_approval() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("notified").await;
    let seen = house.stage.tmp().join("bus.log");
    let mut command = house.stage.command("/usr/bin/dbus-monitor");
    command.arg("--session").stdin(Stdio::null()).stdout(std::fs::File::create(&seen).unwrap()).stderr(Stdio::null());
    let _monitor = Ended(command.spawn().unwrap());
    eventually("the monitor", || async { std::fs::metadata(&seen).is_ok_and(|file| file.len() > 0).then_some(()) })
        .await;

    let id = house.odoo.new_contact("Secret Customer").await;
    bridge.begin("odoo_write", write(id, "+32 2 111 11 11")).await;
    windows.turn_to_card(SENTENCE).await;
    let waiting = windows.until_waiting(1).await;
    let notified = eventually("the notification", || async {
        let log = std::fs::read_to_string(&seen).ok()?;
        let from = log.find("member=Notify")?;
        let rest = &log[from..];
        // The whole message: its last argument is how long it stays.
        let end = rest.find("\n   int32")?;
        Some(rest[..end].to_owned())
    })
    .await;
    assert!(notified.contains("notified waits for you"), "{notified}");
    for value in ["Secret Customer", "+32 2", "phone", waiting[0].as_str(), &house.odoo.key] {
        assert!(!notified.contains(value), "the notification holds {value:?}: {notified}");
    }
    let lower = notified.to_lowercase();
    for action in ["approve", "deny", "allow", "admit"] {
        assert!(!lower.contains(action), "the notification offers {action:?}: {notified}");
    }

    // Somebody else answers in the place of the desktop.
    for action in ["default", "approve", "0"] {
        let signal = [
            "--session",
            "--type=signal",
            "/org/freedesktop/Notifications",
            "org.freedesktop.Notifications.ActionInvoked",
            "uint32:1",
            &format!("string:{action}"),
        ];
        assert!(house.stage.command("/usr/bin/dbus-send").args(signal).status().unwrap().success());
    }
    assert_eq!(windows.waiting().await, waiting);
    assert_eq!(house.changes(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_a_link_and_an_argument_approve_nothing() {
    let house = House::open().await;
    let (mut windows, mut bridge) = house.admitted("starter").await;
    let id = house.odoo.new_contact("Linked").await;
    bridge.begin("odoo_write", write(id, "+32 2 111 11 11")).await;
    windows.turn_to_card(SENTENCE).await;
    let card = windows.queue().await["card"].take();
    let (ticket, digest) = (card["ticket"].as_str().unwrap(), card["digest"].as_str().unwrap());

    let link = format!("gatehouse://approve?ticket={ticket}&digest={digest}");
    let approve = format!("--approve={ticket}");
    let cases: [(&[&str], bool); 9] = [
        (&["--show", "approvals"], true),
        (&["--background"], true),
        (&["--show", &link], false),
        (&["--show", "approvals?approve=all"], false),
        (&["--show", "../index.html?window=approval"], false),
        (&[&link], false),
        (&[&approve], false),
        (&["--approve", ticket], false),
        (&["--", &link], false),
    ];
    for (arguments, is_known) in cases {
        let mut second = house.stage.command(house.stage.program("gatehouse"));
        let status = second.arg("--profile").arg(house.stage.profile()).args(arguments).status().unwrap();
        assert_eq!(status.success(), is_known, "{arguments:?}");
        assert_eq!(house.stage.app_ids().len(), 1, "{arguments:?} started another app");
    }
    // The page of the approval window reads nothing from its address either.
    windows.turn_to(Which::Approval).await;
    let hash = format!("location.hash = 'approve={ticket}&digest={digest}'");
    windows.driver().script(&hash, serde_json::json!([])).await.unwrap();
    assert_eq!(windows.waiting().await, [ticket]);
    assert_eq!(house.changes(), 0);
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
