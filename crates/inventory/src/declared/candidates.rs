//! All files that are looked at: the places of the table, for the user and for projects,
//! and what gateways were seen to be started with.

use std::path::PathBuf;

use super::clients::{self, CLIENTS, Client, Place, Reach};
use super::home::{Base, Home};
use super::places;
use super::problem::Problem;
use super::read::FileReader;
use super::{GatewaySource, Scope};

/// A file to look at, and for what.
pub(super) struct Candidate {
    pub(super) client: &'static Client,
    pub(super) place: &'static Place,
    pub(super) path: PathBuf,
    pub(super) scope: Scope,
}

/// All files that are looked at, in the order of the table; the user's files before
/// those of projects, which may be the same files.
pub(super) fn all(
    home: &Home,
    projects: &[PathBuf],
    gateways: &[GatewaySource],
    reader: &dyn FileReader,
    problems: &mut Vec<Problem>,
) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    for (client, place) in places_of(|place| place.base != Base::Project) {
        for folder in home.folders(place.base) {
            for path in places::files(reader, &folder, place.path, problems) {
                let scope = match place.reach {
                    Reach::User | Reach::Project => Scope::User,
                    Reach::Managed => Scope::Managed,
                    Reach::Plugin => Scope::Plugin,
                    Reach::Gateway => Scope::Gateway,
                };
                candidates.push(Candidate {
                    client,
                    place,
                    path,
                    scope,
                });
            }
        }
    }
    for folder in places::project_folders(reader, home, projects, problems) {
        for (client, place) in places_of(|place| place.base == Base::Project) {
            for path in places::files(reader, &folder, place.path, problems) {
                let scope = Scope::Project(folder.clone());
                candidates.push(Candidate {
                    client,
                    place,
                    path,
                    scope,
                });
            }
        }
    }
    for gateway in gateways {
        let (id, place, file) = match gateway {
            GatewaySource::HubConfig { file } => ("mcp-hub", &clients::HUB_FILE, file),
            GatewaySource::ProxyConfig { file } => ("mcp-proxy", &clients::PROXY_FILE, file),
            GatewaySource::ProxyServers { .. } => continue,
        };
        if let Some(client) = clients::by_id(id) {
            let (path, scope) = (file.clone(), Scope::Gateway);
            candidates.push(Candidate {
                client,
                place,
                path,
                scope,
            });
        }
    }
    candidates
}

fn places_of(
    accept: impl Fn(&Place) -> bool,
) -> impl Iterator<Item = (&'static Client, &'static Place)> {
    let pairs = CLIENTS
        .iter()
        .flat_map(|client| client.places.iter().map(move |place| (client, place)));
    pairs.filter(move |(_, place)| accept(place))
}
