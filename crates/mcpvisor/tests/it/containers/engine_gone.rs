//! An engine that hangs, and none at all: said once, and everything else works.

use testbed::docker::{Client, Dockerd};

use super::{findings, two_hours_pass, world};

pub(super) fn an_engine_that_hangs_is_said_and_the_rest_works(dockerd: &Dockerd) {
    let world = world(dockerd);
    let mut client = Client::start(dockerd, "hung", &[]);
    world.json(&["doctor", "--json"]);
    client.kill();
    world.json(&["doctor", "--json"]);
    two_hours_pass(&world);

    dockerd.freeze();
    // It never answers, so that this ends at all is what its own deadline has done.
    let (doctor, code) = world.json(&["doctor", "--json"]);
    let found = findings(&doctor, "container_engine");
    assert!(
        found[0]["title"].as_str().unwrap().ends_with("hangs"),
        "{found:#?}"
    );
    assert_eq!(code, 2);
    assert!(doctor["host"]["processes"].as_u64().unwrap() > 1);
    let missing = doctor["unavailable"].as_array().unwrap();
    let of_it = missing.iter().filter(|one| one["what"] == "containers");
    assert_eq!(of_it.count(), 1, "{missing:#?}");
    let text = String::from_utf8(world.run(&["ps", "--containers"]).stdout).unwrap();
    assert!(text.contains("hangs since"), "{text}");
    // Nothing of what was left over is cleaned while nobody can say whether it is.
    let (plan, _) = world.json(&["clean", "--json", "--only", &client.id]);
    assert!(
        plan["plan"]["containers"].as_array().unwrap().is_empty(),
        "{plan:#}"
    );
    dockerd.thaw();
    let (plan, _) = world.json(&["clean", "--json", "--only", &client.id]);
    assert_eq!(
        plan["plan"]["containers"].as_array().unwrap().len(),
        1,
        "{plan:#}"
    );
    dockerd.docker(&["rm", "-f", &client.id]);

    let mut nobody = crate::support::World::new();
    let socket = format!("unix://{}/none.sock", nobody.folder.path().display());
    nobody.environment = vec![("DOCKER_HOST", socket)];
    let (doctor, _) = nobody.json(&["doctor", "--json"]);
    assert!(
        findings(&doctor, "container_engine").is_empty(),
        "it is not missed"
    );
    if !std::path::Path::new("/var/run/docker.sock").exists() {
        let missing = doctor["unavailable"].to_string();
        assert_eq!(
            missing.matches("no container engine").count(),
            1,
            "{missing}"
        );
    }
}
