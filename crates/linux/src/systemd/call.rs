//! The calls that are made: to the bus, and to systemd's manager (`org.freedesktop.systemd1(5)`).

use super::message::Call;
use super::wire::Writer;

const BUS: &str = "org.freedesktop.DBus";
const SYSTEMD: &str = "org.freedesktop.systemd1";

/// From SIGTERM to SIGKILL where somebody has systemd stop the scope, microseconds. Its own default are
/// 90 s.
const STOP_WITHIN: u64 = 10_000_000;

/// What is to be said of a scope.
#[derive(Clone, Copy, Debug)]
pub(super) struct ScopeWish<'w> {
    /// Name of the unit, with `.scope`.
    pub(super) unit: &'w str,
    /// For people who list units.
    pub(super) description: &'w str,
    /// The slice that it is to be in; none is the manager's own choice.
    pub(super) slice: Option<&'w str>,
}

/// What every client says first to a bus. systemd's own sockets are no bus, and know nothing of it.
pub(super) fn hello(serial: u32) -> Vec<u8> {
    let call = Call {
        serial,
        destination: BUS,
        path: "/org/freedesktop/DBus",
        interface: BUS,
        member: "Hello",
        signature: "",
        body: Vec::new(),
    };
    call.encode()
}

/// Makes a scope and moves the caller into it.
pub(super) fn start_scope(serial: u32, wish: &ScopeWish<'_>) -> Vec<u8> {
    let mut body = Writer::default();
    // Mode `fail`: nothing that runs is stopped for it.
    body.text(wish.unit).text("fail");
    body.array(8, |properties| {
        property(properties, "Description", "s", |value| {
            value.text(wish.description);
        });
        // Zero is who calls (`bus_scope_set_transient_property` in systemd): the number that we have in
        // our own pid namespace may be another process's in systemd's.
        property(properties, "PIDs", "au", |value| {
            value.array(4, |pids| {
                pids.number(0);
            });
        });
        property(properties, "Delegate", "b", |value| {
            value.number(1);
        });
        // It is forgotten when it has ended, also if it failed.
        property(properties, "CollectMode", "s", |value| {
            value.text("inactive-or-failed");
        });
        property(properties, "TimeoutStopUSec", "t", |value| {
            value.long(STOP_WITHIN);
        });
        if let Some(slice) = wish.slice {
            property(properties, "Slice", "s", |value| {
                value.text(slice);
            });
        }
    });
    // No auxiliary units.
    body.array(8, |_| {});
    manager(serial, "StartTransientUnit", "ssa(sv)a(sa(sv))", body)
}

/// Ends all that is in a unit.
pub(super) fn stop(serial: u32, unit: &str) -> Vec<u8> {
    let mut body = Writer::default();
    body.text(unit).text("replace");
    manager(serial, "StopUnit", "ss", body)
}

fn manager(serial: u32, member: &str, signature: &str, body: Writer) -> Vec<u8> {
    let call = Call {
        serial,
        destination: SYSTEMD,
        path: "/org/freedesktop/systemd1",
        interface: "org.freedesktop.systemd1.Manager",
        member,
        signature,
        body: body.into_bytes(),
    };
    call.encode()
}

fn property(properties: &mut Writer, name: &str, kind: &str, value: impl FnOnce(&mut Writer)) {
    properties.align(8).text(name).signature(kind);
    value(properties);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systemd::message::{PROLOGUE, length};

    /// Taken apart by hand: what systemd makes of it is seen in the virtual machine.
    #[test]
    fn properties_stand_where_they_belong() {
        let wish = ScopeWish {
            unit: "a.scope",
            description: "A",
            slice: Some("app.slice"),
        };
        let message = start_scope(3, &wish);
        let prologue = message.first_chunk::<PROLOGUE>();
        assert_eq!(prologue.and_then(length), Some(message.len()));
        let has = |part: &[u8]| message.windows(part.len()).any(|window| window == part);
        assert!(has(b"\x07\0\0\0a.scope\0\x04\0\0\0fail\0"));
        assert!(has(b"\x04\0\0\0PIDs\0\x02au\0\0\0\0\x04\0\0\0\0\0\0\0"));
        assert!(has(b"\x08\0\0\0Delegate\0\x01b\0\x01\0\0\0"));
        assert!(has(b"\x05\0\0\0Slice\0\x01s\0\0\0\0\x09\0\0\0app.slice\0"));
        assert!(message.ends_with(&[0; 4]), "no auxiliary units");
        let without = start_scope(
            3,
            &ScopeWish {
                slice: None,
                ..wish
            },
        );
        assert!(without.len() < message.len());
        assert!(stop(4, "a.scope").ends_with(b"\x07\0\0\0a.scope\0\x07\0\0\0replace\0"));
    }
}
