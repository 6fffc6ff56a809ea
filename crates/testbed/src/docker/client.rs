//! A `docker run -i --rm` as an MCP client starts it, that a test can kill.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{Dockerd, IMAGE};

/// A client with its container.
#[derive(Debug)]
pub struct Client {
    child: Child,
    /// Id of the container.
    pub id: String,
}

impl Client {
    /// Runs `sleep` under this name, which reads no input and so outlives its client.
    pub fn start(dockerd: &Dockerd, name: &str, options: &[&str]) -> Self {
        let child = dockerd
            .client()
            .args(["run", "-i", "--rm", "--network", "none", "--label"])
            .arg(format!("demo.test={name}"))
            .args(options)
            .args([IMAGE, "sleep", "600"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + Duration::from_mins(1);
        let filter = format!("label=demo.test={name}");
        let id = loop {
            let id = dockerd.docker(&["ps", "-q", "--no-trunc", "--filter", &filter]);
            if !id.is_empty() {
                break id;
            }
            assert!(Instant::now() < until, "no container {name}");
            sleep(Duration::from_millis(50));
        };
        Self { child, id }
    }

    /// SIGKILL, and waits for it.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
