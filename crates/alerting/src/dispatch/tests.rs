//! Who is told what and when, with injected time.

use jiff::Timestamp;

use super::*;
use crate::alert::{Acknowledgement, Reason};
use crate::notice::Occasion;

const SECOND: u64 = 1_000_000_000;

fn at(seconds: u64) -> Moment {
    let wall = Timestamp::from_second(1_700_000_000 + i64::try_from(seconds).unwrap_or(0));
    Moment {
        wall: wall.unwrap_or(Timestamp::UNIX_EPOCH),
        boot_ns: seconds * SECOND,
    }
}

fn outlet(name: &str) -> Outlet {
    Outlet {
        name: name.to_owned(),
        is_alertmanager: false,
        resolved: true,
        least: Severity::Info,
        digest: [Duration::ZERO; 4],
        per_minute: 20,
        heartbeat: None,
        on_demand: false,
    }
}

fn plan(outlets: Vec<Outlet>) -> Plan {
    Plan {
        outlets,
        host: "box".to_owned(),
        ..Plan::default()
    }
}

fn alert(id: &str, rule: &str, severity: Severity, begun: u64) -> Alert {
    let notice = heartbeat("x", at(begun).wall, "box", "");
    let mut alert = notice.alerts.into_iter().next();
    if let Some(alert) = &mut alert {
        alert.id = id.to_owned();
        alert.rule = rule.to_owned();
        alert.severity = severity;
        alert.labels.insert("alertname".to_owned(), rule.to_owned());
        alert
            .labels
            .insert("severity".to_owned(), severity.name().to_owned());
        alert.labels.insert("server".to_owned(), id.to_owned());
    }
    alert.unwrap_or_else(|| unreachable!("a heartbeat has an alert"))
}

fn over(alert: &Alert, seconds: u64) -> Transition {
    let mut alert = alert.clone();
    alert.state = State::Resolved;
    alert.reason = Some(Reason::Recovered);
    alert.ends_at = Some(at(seconds).wall);
    Transition {
        what: What::Resolved,
        alert,
    }
}

fn ids(notice: &Notice) -> Vec<(&str, bool)> {
    let alerts = notice.alerts.iter();
    alerts
        .map(|alert| (alert.id.as_str(), alert.is_over()))
        .collect()
}

#[test]
fn the_first_goes_out_at_once_and_what_follows_in_one_piece() {
    let mut dispatcher = Dispatcher::new(plan(vec![outlet("a")]), Kept::default());
    let one = alert("one", "r", Severity::Warning, 0);
    let notices = dispatcher.on(std::slice::from_ref(&one), at(0));
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].occasion, Occasion::Change);
    let mut all = vec![one];
    for second in 1..=3 {
        all.push(alert(
            &format!("more{second}"),
            "r",
            Severity::Warning,
            second,
        ));
        assert_eq!(dispatcher.on(&all, at(second)), [], "{second}");
        assert_eq!(dispatcher.due(), Some(10 * SECOND));
    }
    let notices = dispatcher.on(&all, at(10));
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].alerts.len(), 4);
    assert_eq!(dispatcher.on(&all, at(11)), [], "nothing is told twice");
}

#[test]
fn a_thousand_at_once_are_one_notice() {
    let mut dispatcher = Dispatcher::new(plan(vec![outlet("a")]), Kept::default());
    let all: Vec<Alert> = (0..1000)
        .map(|n| alert(&format!("a{n}"), "r", Severity::Warning, 0))
        .collect();
    let notices = dispatcher.on(&all, at(0));
    assert_eq!(
        notices
            .iter()
            .map(|notice| notice.alerts.len())
            .collect::<Vec<_>>(),
        [1000]
    );
}

#[test]
fn worse_better_and_over_are_told() {
    let mut dispatcher = Dispatcher::new(plan(vec![outlet("a")]), Kept::default());
    let warning = alert("one", "r", Severity::Warning, 0);
    assert_eq!(
        dispatcher.on(std::slice::from_ref(&warning), at(0)).len(),
        1
    );
    let critical = alert("one", "r", Severity::Critical, 0);
    let notices = dispatcher.on(std::slice::from_ref(&critical), at(20));
    assert_eq!(notices[0].worst(), Some(Severity::Critical));
    dispatcher.note(&[over(&critical, 40)]);
    let notices = dispatcher.on(&[], at(40));
    assert_eq!(ids(&notices[0]), [("one", true)]);
    assert_eq!(dispatcher.on(&[], at(60)), []);
    assert!(
        dispatcher.kept().ended.is_empty(),
        "nobody waits for it any more"
    );
}

#[test]
fn what_comes_and_goes_between_two_notices_is_told_once() {
    let mut dispatcher = Dispatcher::new(plan(vec![outlet("a")]), Kept::default());
    let one = alert("one", "r", Severity::Warning, 0);
    let blip = alert("blip", "r", Severity::Critical, 2);
    dispatcher.on(std::slice::from_ref(&one), at(0));
    assert_eq!(dispatcher.on(&[one.clone(), blip.clone()], at(2)), []);
    dispatcher.note(&[over(&blip, 4)]);
    assert_eq!(dispatcher.on(std::slice::from_ref(&one), at(4)), []);
    let notices = dispatcher.on(std::slice::from_ref(&one), at(10));
    assert_eq!(ids(&notices[0]), [("one", false), ("blip", true)]);
}

#[test]
fn what_goes_on_is_repeated_until_somebody_takes_notice() {
    let mut dispatcher = Dispatcher::new(plan(vec![outlet("a")]), Kept::default());
    let mut one = alert("one", "r", Severity::Warning, 0);
    dispatcher.on(std::slice::from_ref(&one), at(0));
    let hours = 4 * 3600;
    assert_eq!(dispatcher.on(std::slice::from_ref(&one), at(hours - 1)), []);
    let notices = dispatcher.on(std::slice::from_ref(&one), at(hours));
    assert_eq!(notices[0].occasion, Occasion::Repeat);
    one.acknowledged = Some(Acknowledgement {
        by: "me".to_owned(),
        at: at(hours).wall,
        comment: String::new(),
    });
    assert_eq!(dispatcher.on(std::slice::from_ref(&one), at(hours * 3)), []);
    dispatcher.note(&[over(&one, hours * 3)]);
    assert_eq!(
        dispatcher.on(&[], at(hours * 3)).len(),
        1,
        "its end is told"
    );
}

#[test]
fn muted_ones_are_not_told_and_told_again_afterwards() {
    let mut dispatcher = Dispatcher::new(plan(vec![outlet("a")]), Kept::default());
    let loud = alert("one", "r", Severity::Warning, 0);
    let mut muted = loud.clone();
    muted.silenced_by = vec!["s".to_owned()];
    assert_eq!(dispatcher.on(std::slice::from_ref(&muted), at(0)), []);
    assert_eq!(dispatcher.on(std::slice::from_ref(&loud), at(20)).len(), 1);
    assert_eq!(dispatcher.on(std::slice::from_ref(&muted), at(40)), []);
    assert_eq!(dispatcher.on(std::slice::from_ref(&loud), at(60)).len(), 1);
    // Whoever heard of it hears of its end, silenced or not.
    dispatcher.note(&[over(&muted, 80)]);
    assert_eq!(dispatcher.on(&[], at(80)).len(), 1);
    // Nobody heard of this one.
    let mut never = alert("two", "r", Severity::Warning, 100);
    never.silenced_by = vec!["s".to_owned()];
    dispatcher.on(std::slice::from_ref(&never), at(100));
    dispatcher.note(&[over(&never, 120)]);
    assert_eq!(dispatcher.on(&[], at(120)), []);
    assert!(dispatcher.kept().ended.is_empty());
}

#[test]
fn a_restart_tells_nothing_twice_and_forgets_nothing() {
    let mut dispatcher = Dispatcher::new(plan(vec![outlet("a")]), Kept::default());
    let one = alert("one", "r", Severity::Warning, 0);
    dispatcher.on(std::slice::from_ref(&one), at(0));
    dispatcher.note(&[over(&one, 3)]);
    assert_eq!(
        dispatcher.on(&[], at(3)),
        [],
        "it waits for ten seconds to pass"
    );
    let kept = serde_json::to_string(dispatcher.kept()).unwrap_or_default();
    let kept: Kept = serde_json::from_str(&kept).unwrap_or_default();
    let mut again = Dispatcher::new(plan(vec![outlet("a")]), kept);
    let notices = again.on(&[], at(10));
    assert_eq!(ids(&notices[0]), [("one", true)]);
}

#[test]
fn digests_collect_and_receivers_choose() {
    let mut mail = outlet("mail");
    mail.digest[1] = Duration::from_hours(4);
    let mut pager = outlet("pager");
    pager.least = Severity::Critical;
    let mut dispatcher = Dispatcher::new(plan(vec![mail, pager]), Kept::default());
    let all = [
        alert("low", "r", Severity::Warning, 0),
        alert("high", "r", Severity::Critical, 0),
    ];
    let notices = dispatcher.on(&all, at(0));
    let told: Vec<(&str, Vec<(&str, bool)>)> = notices
        .iter()
        .map(|notice| (notice.receiver.as_str(), ids(notice)))
        .collect();
    assert_eq!(
        told,
        [
            ("mail", vec![("high", false)]),
            ("pager", vec![("high", false)])
        ]
    );
    let notices = dispatcher.on(&all, at(4 * 3600));
    let digest = notices
        .iter()
        .find(|notice| notice.occasion == Occasion::Digest);
    assert_eq!(digest.map(ids), Some(vec![("low", false)]));
}

#[test]
fn routes_lead_and_go_on() {
    let route = |matcher: &str, receivers: &[&str], goes_on| Route {
        matchers: matcher.parse().into_iter().collect(),
        receivers: receivers.iter().map(|name| (*name).to_owned()).collect(),
        goes_on,
        ..Route::default()
    };
    let plan = Plan {
        routes: vec![
            route("severity=critical", &["pager"], true),
            route("alertname=r", &["mail"], false),
            Route::default(),
        ],
        ..plan(vec![outlet("mail"), outlet("pager"), outlet("rest")])
    };
    let mut dispatcher = Dispatcher::new(plan, Kept::default());
    let mut to = |alert: Alert| {
        let notices = dispatcher.on(&[alert], at(100));
        notices
            .into_iter()
            .map(|notice| notice.receiver)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        to(alert("a", "r", Severity::Critical, 0)),
        ["mail", "pager"]
    );
    assert_eq!(
        to(alert("b", "s", Severity::Warning, 0)),
        ["mail", "pager", "rest"]
    );
}

#[test]
fn nobody_takes_notice() {
    let mut boss = outlet("boss");
    boss.on_demand = true;
    let plan = Plan {
        escalations: vec![Escalation {
            after: Duration::from_mins(15),
            least: Severity::Critical,
            matchers: Vec::new(),
            receivers: vec!["boss".to_owned()],
        }],
        ..plan(vec![outlet("a"), boss])
    };
    let mut dispatcher = Dispatcher::new(plan, Kept::default());
    let one = alert("one", "r", Severity::Critical, 0);
    let receivers = |notices: Vec<Notice>| {
        notices
            .into_iter()
            .map(|notice| notice.receiver)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        receivers(dispatcher.on(std::slice::from_ref(&one), at(0))),
        ["a"]
    );
    assert_eq!(dispatcher.due(), Some(15 * 60 * SECOND));
    let notices = dispatcher.on(std::slice::from_ref(&one), at(15 * 60));
    assert_eq!(
        notices[0].occasion,
        Occasion::Escalation {
            unacknowledged_seconds: 900
        }
    );
    dispatcher.note(&[over(&one, 16 * 60)]);
    assert_eq!(receivers(dispatcher.on(&[], at(16 * 60))), ["a", "boss"]);
}

#[test]
fn an_alertmanager_is_told_again_and_again() {
    let mut manager = outlet("am");
    manager.is_alertmanager = true;
    let mut dispatcher = Dispatcher::new(plan(vec![manager]), Kept::default());
    let one = alert("one", "r", Severity::Warning, 0);
    assert_eq!(dispatcher.on(std::slice::from_ref(&one), at(0)).len(), 1);
    assert_eq!(dispatcher.on(std::slice::from_ref(&one), at(30)), []);
    assert_eq!(dispatcher.on(std::slice::from_ref(&one), at(60)).len(), 1);
    dispatcher.note(&[over(&one, 61)]);
    assert_eq!(
        ids(&dispatcher.on(&[], at(61))[0]),
        [("one", true)],
        "at once"
    );
    assert_eq!(dispatcher.on(&[], at(121)).len(), 1, "again");
    assert_eq!(dispatcher.on(&[], at(400)), [], "for five minutes");
    assert!(dispatcher.kept().ended.is_empty());
}

#[test]
fn few_notices_a_minute_come_later_but_whole() {
    let mut slow = outlet("a");
    slow.per_minute = 2;
    let mut dispatcher = Dispatcher::new(plan(vec![slow]), Kept::default());
    let all: Vec<Alert> = (0..5)
        .map(|n| alert(&format!("a{n}"), &format!("r{n}"), Severity::Warning, 0))
        .collect();
    assert_eq!(dispatcher.on(&all, at(0)).len(), 2);
    assert_eq!(dispatcher.due(), Some(60 * SECOND));
    assert_eq!(dispatcher.on(&all, at(30)).len(), 0);
    assert_eq!(dispatcher.on(&all, at(60)).len(), 2);
    assert_eq!(dispatcher.on(&all, at(120)).len(), 1);
    assert_eq!(dispatcher.on(&all, at(200)), []);
}

#[test]
fn a_sign_of_life() {
    let mut alive = outlet("a");
    alive.heartbeat = Some(Duration::from_mins(5));
    let mut dispatcher = Dispatcher::new(plan(vec![alive]), Kept::default());
    assert_eq!(dispatcher.on(&[], at(0))[0].occasion, Occasion::Heartbeat);
    assert_eq!(dispatcher.on(&[], at(299)), []);
    assert_eq!(dispatcher.on(&[], at(300)).len(), 1);
    // A clock that is set back must not silence it.
    assert_eq!(dispatcher.on(&[], at(10)).len(), 1);
}
