//! What each key does.

use std::sync::Arc;
use std::time::Duration;

use inventory::Instance;

use super::input::{Effect, Key};
use super::layout::Focus;
use super::modal::{Confirmation, Modal, READING_TIME_NS, Wish};
use super::order::SortKey;
use super::rows::{Row, RowKey};
use super::{State, details, overlay, selection};

/// Times between two looks that `+` and `-` step through.
const INTERVALS: [Duration; 7] = [
    Duration::from_millis(200),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
];

/// Longest filter, characters.
const LONGEST_FILTER: usize = 100;

/// Takes in a key.
pub fn press(state: &mut State, key: Key, now_ns: u64) -> Vec<Effect> {
    if key == Key::Control('c') {
        return vec![Effect::Quit];
    }
    if state.modal.is_some() {
        return in_modal(state, key, now_ns);
    }
    if state.typing {
        return in_filter(state, key);
    }
    state.message = None;
    match key {
        Key::Char('q') => return vec![Effect::Quit],
        Key::Char('?' | 'h') => state.modal = Some((Modal::Help, 0)),
        Key::Char('/') => state.typing = true,
        Key::Char('p') => pause(state, now_ns),
        Key::Char('+' | '=') => return step_interval(state, 1, now_ns),
        Key::Char('-') => return step_interval(state, -1, now_ns),
        Key::Char('c') => sort(state, SortKey::Cpu, now_ns),
        Key::Char('m') => sort(state, SortKey::Memory, now_ns),
        Key::Char('n') => sort(state, SortKey::Name, now_ns),
        Key::Char('o') => sort(state, SortKey::Owner, now_ns),
        Key::Char('u') => sort(state, SortKey::Uptime, now_ns),
        Key::Char('s') => sort(state, state.arrangement.key.next(), now_ns),
        Key::Char('r') => {
            state.arrangement.reversed = !state.arrangement.reversed;
            state.rearrange();
        }
        Key::Char('t') => {
            state.arrangement.flat = !state.arrangement.flat;
            state.rearrange();
        }
        Key::Char('a') => open_all(state),
        Key::Char('d') => state.toggle_details(),
        Key::Char('f') => state.toggle_findings(),
        Key::Char('k') => return plan_stop(state, now_ns),
        Key::Char('x') => plan_clean(state, now_ns),
        Key::Tab | Key::BackTab => state.next_pane(),
        Key::Escape => escape(state),
        key => return in_pane(state, key),
    }
    vec![Effect::Redraw]
}

/// Lines that a key moves by, where `page` lines are visible.
fn movement(key: Key, page: usize) -> Option<isize> {
    let page = isize::try_from(page.max(2) - 1).unwrap_or(1);
    Some(match key {
        Key::Up => -1,
        Key::Down => 1,
        Key::PageUp => -page,
        Key::PageDown => page,
        Key::Home => isize::MIN,
        Key::End => isize::MAX,
        _ => return None,
    })
}

fn in_pane(state: &mut State, key: Key) -> Vec<Effect> {
    match state.panes.focus {
        Focus::Servers => in_servers(state, key),
        Focus::Details => {
            let Some(area) = state.own_areas().details else {
                return Vec::new();
            };
            let visible = usize::from(area.height.saturating_sub(1));
            let Some(by) = movement(key, visible) else {
                return Vec::new();
            };
            let length = details::lines(state, area.width).len();
            let offset = state.panes.details_offset;
            state.panes.details_offset = selection::scrolled(offset, by, length, visible);
            vec![Effect::Redraw]
        }
        Focus::Findings => {
            if key == Key::Enter {
                return go_to_server(state);
            }
            let Some(area) = state.own_areas().findings else {
                return Vec::new();
            };
            let visible = super::findings::list_rows(area, state.findings.len());
            let Some(by) = movement(key, visible) else {
                return Vec::new();
            };
            state.panes.finding.step(by, state.findings.len(), visible);
            vec![Effect::Redraw]
        }
    }
}

fn in_servers(state: &mut State, key: Key) -> Vec<Effect> {
    match key {
        Key::Enter | Key::Char(' ') => fold(state, None),
        Key::Right => fold(state, Some(true)),
        Key::Left => fold(state, Some(false)),
        key => {
            let visible = state.visible_rows();
            let Some(by) = movement(key, visible) else {
                return Vec::new();
            };
            state.selection.step(by, state.rows.len(), visible);
            state.follows = key != Key::Home;
            state.note_selected();
        }
    }
    vec![Effect::Redraw]
}

/// Opens or closes the selected row, or the other way round; closing a process closes what it is
/// in.
fn fold(state: &mut State, open: Option<bool>) {
    let (Some(row), Some(picture)) = (state.row(), state.picture.clone()) else {
        return;
    };
    let inventory = &picture.inventory;
    let (Some(server), how) = (row.server(inventory), &mut state.arrangement) else {
        return;
    };
    if how.flat {
        return;
    }
    state.follows = true;
    let within_instance = matches!(row, Row::Instance(..))
        || (matches!(row, Row::Process(..)) && server.instances.len() > 1);
    let key =
        if let Some(Instance { root, .. }) = row.instance(inventory).filter(|_| within_instance) {
            let is_open = how.open_instances.contains(root);
            match open.unwrap_or(!is_open) {
                true => drop(how.open_instances.insert(*root)),
                // Left on an instance that is closed already leads out to the server.
                false if !how.open_instances.remove(root) => {
                    state.selected = Some(RowKey::Server(server.id.clone()));
                    state.rearrange();
                    return;
                }
                false => {}
            }
            RowKey::Instance(*root)
        } else {
            let is_open = how.open_servers.contains(&server.id);
            if open.unwrap_or(!is_open) {
                how.open_servers.insert(server.id.clone());
            } else {
                how.open_servers.remove(&server.id);
            }
            RowKey::Server(server.id.clone())
        };
    let closes_own_row = matches!(row, Row::Process(..)) && open != Some(true);
    if closes_own_row {
        state.selected = Some(key);
    }
    state.rearrange();
}

/// Opens everything, or closes everything if all servers are open.
fn open_all(state: &mut State) {
    let Some(picture) = state.picture.clone() else {
        return;
    };
    let how = &mut state.arrangement;
    let servers = picture
        .inventory
        .servers
        .iter()
        .filter(|server| !server.instances.is_empty());
    let ids: Vec<String> = servers.map(|server| server.id.clone()).collect();
    if ids.iter().all(|id| how.open_servers.contains(id)) {
        how.open_servers.clear();
        how.open_instances.clear();
    } else {
        how.open_servers.extend(ids);
        how.open_instances.extend(
            picture
                .inventory
                .instances()
                .map(|(_, instance)| instance.root),
        );
    }
    state.rearrange();
}

fn in_filter(state: &mut State, key: Key) -> Vec<Effect> {
    let filter = &mut state.arrangement.filter;
    match key {
        Key::Enter => state.typing = false,
        Key::Escape => {
            state.typing = false;
            filter.clear();
        }
        Key::Backspace => drop(filter.pop()),
        Key::Control('u') => filter.clear(),
        Key::Char(c) if filter.chars().count() < LONGEST_FILTER => filter.extend(c.to_lowercase()),
        _ => return Vec::new(),
    }
    state.rearrange();
    vec![Effect::Redraw]
}

fn escape(state: &mut State) {
    if state.panes.focus != Focus::Servers {
        state.give_keys(Focus::Servers);
    } else if !state.arrangement.filter.is_empty() {
        state.arrangement.filter.clear();
        state.rearrange();
    }
}

fn sort(state: &mut State, key: SortKey, now_ns: u64) {
    let how = &mut state.arrangement;
    // The same key again turns it round.
    how.reversed = how.key == key && !how.reversed;
    how.key = key;
    let turned = if how.reversed { ", reversed" } else { "" };
    state.say(format!("Sorted by {}{turned}", key.name()), now_ns);
    state.rearrange();
}

fn pause(state: &mut State, now_ns: u64) {
    state.paused = !state.paused;
    let text = if state.paused {
        "Paused: what you see stays as it is, p goes on"
    } else {
        "Goes on"
    };
    state.say(text, now_ns);
}

fn step_interval(state: &mut State, by: isize, now_ns: u64) -> Vec<Effect> {
    let longer = INTERVALS
        .iter()
        .copied()
        .find(|step| *step > state.interval);
    let shorter = INTERVALS
        .iter()
        .rev()
        .copied()
        .find(|step| *step < state.interval);
    let Some(interval) = (if by > 0 { longer } else { shorter }) else {
        return Vec::new();
    };
    state.interval = interval;
    state.say(format!("A look every {} s", interval.as_secs_f64()), now_ns);
    vec![Effect::SetInterval(interval), Effect::Redraw]
}

fn plan_stop(state: &mut State, now_ns: u64) -> Vec<Effect> {
    let chosen = state
        .picture
        .as_ref()
        .zip(state.row())
        .and_then(|(picture, row)| {
            let server = row.server(&picture.inventory)?;
            Some((
                server.name.clone(),
                row.instance(&picture.inventory)
                    .map(|instance| instance.root),
                server.instances.len(),
            ))
        });
    let refusal = match &chosen {
        _ if state.panes.focus == Focus::Findings => {
            "Choose an instance among the servers (Tab), then k"
        }
        None => "Nothing is selected",
        Some((_, None, 0)) => "It does not run, so there is nothing to stop",
        Some((_, None, _)) => "Several instances: open the server (Enter) and choose one",
        Some((name, Some(root), _)) => {
            let root = *root;
            let wish = Wish::Stop {
                name: name.clone(),
                root,
            };
            state.modal = Some((Modal::Planning(wish), 0));
            return vec![Effect::Redraw, Effect::PlanStop { root }];
        }
    };
    state.complain(refusal, now_ns);
    vec![Effect::Redraw]
}

fn plan_clean(state: &mut State, now_ns: u64) {
    if let Some(picture) = &state.picture {
        let plan = Arc::clone(&picture.plan);
        let confirmation = Confirmation {
            wish: Wish::Clean,
            plan,
            since_ns: now_ns,
        };
        state.modal = Some((Modal::Confirm(confirmation), 0));
    }
}

/// Selects the server that the selected finding is about.
fn go_to_server(state: &mut State) -> Vec<Effect> {
    let Some(finding) = state.finding(state.panes.finding.index) else {
        return Vec::new();
    };
    let root = finding.processes.first().copied();
    let server = finding.server.clone().or_else(|| {
        let (server, _) = state.picture.as_ref()?.inventory.instance_of(root?.pid)?;
        Some(server.id.clone())
    });
    let Some(server) = server else {
        return Vec::new();
    };
    let how = &mut state.arrangement;
    how.flat = false;
    how.filter.clear();
    how.open_servers.insert(server.clone());
    state.selected = Some(RowKey::Server(server));
    state.follows = true;
    state.panes.focus = Focus::Servers;
    state.rearrange();
    vec![Effect::Redraw]
}

fn in_modal(state: &mut State, key: Key, now_ns: u64) -> Vec<Effect> {
    let Some((modal, offset)) = &mut state.modal else {
        return Vec::new();
    };
    let closes = match modal {
        Modal::Help => matches!(
            key,
            Key::Escape | Key::Enter | Key::Char('q' | '?' | 'h' | ' ')
        ),
        Modal::Report(_) => matches!(key, Key::Escape | Key::Enter | Key::Char('q' | ' ' | 'n')),
        Modal::Planning(_) => matches!(key, Key::Escape | Key::Char('q' | 'n')),
        Modal::Working(_) => false,
        Modal::Confirm(confirmation) => {
            let seen = now_ns.saturating_sub(confirmation.since_ns) >= READING_TIME_NS;
            let possible = !confirmation.plan.removals.is_empty()
                && !confirmation.is_outdated(state.picture.as_deref());
            if matches!(key, Key::Char('y' | 'Y')) {
                if !seen || !possible {
                    return Vec::new();
                }
                let plan_id = confirmation.plan.id.clone();
                state.modal = Some((Modal::Working(confirmation.wish.clone()), 0));
                return vec![Effect::Redraw, Effect::Apply { plan_id }];
            }
            matches!(key, Key::Escape | Key::Enter | Key::Char('n' | 'N' | 'q'))
        }
    };
    if closes {
        state.modal = None;
        return vec![Effect::Redraw];
    }
    let (length, visible) =
        overlay::extent(modal, state.picture.as_deref(), state.look, state.size);
    let Some(by) = movement(key, visible) else {
        return Vec::new();
    };
    *offset = selection::scrolled(*offset, by, length, visible);
    vec![Effect::Redraw]
}
