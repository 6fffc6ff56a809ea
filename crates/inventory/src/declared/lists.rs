//! The maps and lists of servers in a file: where the ways of a place lead.

use std::path::PathBuf;

use super::Scope;
use super::clients::{Form, Place, Reach};
use super::node::{Node, Value};
use super::problem::Fault;

/// A map or list of servers.
pub(super) struct ServerList<'n> {
    pub(super) node: &'n Node,
    pub(super) scope: Scope,
}

/// All maps and lists of servers in a file of a place; `scope` is that of the file.
pub(super) fn all<'n>(
    node: &'n Node,
    place: &Place,
    scope: &Scope,
) -> Result<Vec<ServerList<'n>>, Fault> {
    let Value::Map(entries) = &node.value else {
        let fault = Fault::shape(node.line, "the file must be a map at its top");
        return if node.is_null() {
            Ok(Vec::new())
        } else {
            Err(fault)
        };
    };
    let mut lists = Vec::new();
    for way in place.at {
        match way.iter().position(|key| *key == "*") {
            None => {
                let end = way.iter().try_fold(node, |node, key| node.get(key));
                lists.extend(end.map(|node| ServerList {
                    node,
                    scope: scope.clone(),
                }));
            }
            Some(star) => {
                let above = way[..star].iter().try_fold(node, |node, key| node.get(key));
                let Some(Value::Map(below)) = above.map(|node| &node.value) else {
                    continue;
                };
                for entry in below {
                    let end = way[star + 1..]
                        .iter()
                        .try_fold(&entry.node, |node, key| node.get(key));
                    let scope = Scope::Local(PathBuf::from(&entry.key));
                    lists.extend(end.map(|node| ServerList { node, scope }));
                }
            }
        }
    }
    let is_server = |node: &Node| node.get_any(&["command", "url"]).is_some();
    if place.form == Form::BareServers
        && lists.is_empty()
        && entries.iter().any(|entry| is_server(&entry.node))
    {
        lists.push(ServerList {
            node,
            scope: scope.clone(),
        });
    }
    // A plugin may name a file of its own instead, which is found by itself.
    lists.retain(|list| place.reach != Reach::Plugin || list.node.as_text().is_none());
    Ok(lists)
}
