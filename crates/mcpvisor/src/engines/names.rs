//! What containers and their servers are called.
//!
//! Series are keyed by names that stay. A container that is removed when it ends has another name, made up
//! by the engine or its owner, at each start; then its image takes the name's place.

use containers::container::Container;
use containers::orphan::Judged;

use super::Look;

/// Shortest beginning of an id that means a container: what engines' own clients show.
const SHORT_ID: usize = 12;

/// A word means a container: its name, its id, or the beginning of its id.
pub(super) fn means(word: &str, container: &Container) -> bool {
    word == container.name || (word.len() >= SHORT_ID && container.id.starts_with(word))
}

/// Name of the server in a container: as the configuration or its labels say, else by its image.
pub fn server_name(look: &Look, judged: &Judged) -> String {
    let configured = look.config_name(&judged.owned.container.id);
    let labelled = judged.owned.owner.server();
    let name = configured.or(labelled);
    name.map_or_else(|| short_image(&judged.owned.container.image), str::to_owned)
}

/// Name of the owner.
pub fn owner_name(judged: &Judged) -> String {
    judged.owned.owner.name().to_owned()
}

/// What tells a container from others of its server over a long time.
pub fn label(container: &Container) -> &str {
    if container.manner.auto_remove {
        &container.image
    } else {
        &container.name
    }
}

/// `time` of `docker.io/mcp/time:latest`.
fn short_image(image: &str) -> String {
    let name = image.rsplit('/').next().unwrap_or(image);
    let name = name.split(['@', ':']).next().unwrap_or(name);
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::short_image;

    #[test]
    fn the_last_part_of_an_image_without_its_version() {
        for (image, name) in [
            ("mcp/time", "time"),
            ("localhost:5000/mcp/time:1.2", "time"),
            ("ghcr.io/a/github-mcp-server@sha256:00", "github-mcp-server"),
            ("", ""),
        ] {
            assert_eq!(short_image(image), name, "{image}");
        }
    }
}
