//! Which client is found for which container, as letters: serves, may serve, none.

use super::*;
use crate::samples::{START, container, process, second};

fn made(letter: &str, after: i64) -> Container {
    let mut made = container(letter);
    made.created = Some(second(START + after));
    made
}

/// What is found for each container, as a letter: serves, may serve, none.
fn letters(containers: &[Container], processes: Vec<Process>) -> String {
    let shared: Vec<Arc<Container>> = containers.iter().cloned().map(Arc::new).collect();
    let found = find_clients(&shared, &Processes::new(processes, true));
    let letter = |container: &Container| match found.get(&container.id) {
        Some(ClientFound::Serves(..)) => 's',
        Some(ClientFound::MayServe(..)) => 'm',
        Some(ClientFound::None) | None => '-',
    };
    containers.iter().map(letter).collect()
}

const RUN: &str = "docker run -i --rm mcp/time";

#[test]
fn one_client_one_container() {
    assert_eq!(letters(&[made("a", 1)], vec![process(5, RUN)]), "s");
    assert_eq!(letters(&[made("a", 1)], Vec::new()), "-");
    assert_eq!(
        letters(&[made("a", -60)], vec![process(5, RUN)]),
        "-",
        "made before it"
    );
    let other = process(5, "docker run -i --rm mcp/fetch");
    assert_eq!(letters(&[made("a", 1)], vec![other]), "-");
}

#[test]
fn in_doubt_all_are_left_alone() {
    let two = [made("a", 1), made("b", 30)];
    assert_eq!(letters(&two, vec![process(5, RUN)]), "mm");
    assert_eq!(letters(&two, vec![process(5, RUN), process(6, RUN)]), "mm");
}

#[test]
fn one_after_the_other_is_no_doubt() {
    let mut second_client = process(6, RUN);
    second_client.started = Some(second(START + 10));
    let two = [made("a", 1), made("b", 30)];
    assert_eq!(
        letters(&two, vec![process(5, RUN), second_client.clone()]),
        "ss"
    );
    // The first client is dead; the second cannot have made what was there before it.
    assert_eq!(letters(&two, vec![second_client]), "-s");
}

#[test]
fn labels_that_tell_the_owner_are_the_clients() {
    let mut labelled = made("a", 1);
    labelled.labels = Labels::new([("docker-mcp-name", "fetch"), ("maintainer", "ada")]);
    let both = [labelled, made("b", 2)];
    let run = |labels: &str| vec![process(5, &format!("docker run -i {labels} mcp/time"))];
    assert_eq!(letters(&both, run("-l docker-mcp-name=fetch")), "s-");
    assert_eq!(letters(&both, run("-l docker-mcp-name=time")), "--");
    assert_eq!(letters(&both, run("-l other=x")), "-s");
    assert_eq!(letters(&both, run("--label-file=/x")), "mm");
}

#[test]
fn one_made_much_later_is_not_its_unless_it_has_none() {
    let later = [made("a", 1), made("b", 5_000)];
    assert_eq!(letters(&later, vec![process(5, RUN)]), "s-");
    // A slow line: the image took longer to fetch than is usual.
    assert_eq!(letters(&[made("b", 5_000)], vec![process(5, RUN)]), "m");
}

#[test]
fn what_names_its_container_is_sure() {
    let mut file = made("a", 1);
    file.cidfile = Some("/tmp/c1".to_owned());
    let both = [file, made("b", 2)];
    let by_file = process(5, "docker run -i --rm --cidfile /tmp/c1 mcp/time");
    assert_eq!(letters(&both, vec![by_file]), "s-");
    assert_eq!(
        letters(
            &both,
            vec![process(5, "docker run --name name_b -i mcp/time")]
        ),
        "-s"
    );
    let by_id = format!("docker attach {}", &both[1].id[..12]);
    assert_eq!(letters(&both, vec![process(5, &by_id)]), "-s");
    let unknown = format!("docker something {}", both[0].id);
    assert_eq!(letters(&both, vec![process(5, &unknown)]), "s-");
}

#[test]
fn a_client_that_went_its_way_serves_nobody() {
    assert_eq!(
        letters(&[made("a", 1)], vec![process(5, "docker run -d mcp/time")]),
        "-"
    );
    let mut zombie = process(5, RUN);
    zombie.is_zombie = true;
    assert_eq!(letters(&[made("a", 1)], vec![zombie]), "-");
}

#[test]
fn an_option_that_is_not_known_hides_nothing() {
    let odd = process(5, "docker run --new-flag -i mcp/time");
    assert_eq!(letters(&[made("a", 1)], vec![odd]), "s");
}

#[test]
fn images_by_their_long_and_short_names() {
    assert!(same_image("mcp/time:latest", "docker.io/mcp/time"));
    assert!(same_image("docker.io/library/x", "x"));
    assert!(!same_image("mcp/time:1", "mcp/time:2"));
}
