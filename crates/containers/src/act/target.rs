//! Which container an order is about: what it was when that was decided, to be compared before each call.

use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::report::{Outcome, Progress, Try};
use crate::container::Container;
use crate::engine::{Engine, EngineError, encoded};
use crate::list;

/// For one inspection within a try.
const INSPECT: Duration = Duration::from_secs(3);

/// A container as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// 64 hexadecimal digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// When it was started last.
    pub started: Option<Timestamp>,
    /// Fingerprint of its labels.
    pub labels: String,
}

impl From<&Container> for Target {
    fn from(container: &Container) -> Self {
        Self {
            id: container.id.clone(),
            name: container.name.clone(),
            image: container.image.clone(),
            created: container.created,
            started: container.started,
            labels: container.labels.fingerprint.clone(),
        }
    }
}

impl Target {
    /// What is different about the container now; nothing if it is the same.
    pub fn difference(&self, now: &Container) -> Option<String> {
        let now = Self::from(now);
        let parts = [
            ("id", self.id == now.id),
            ("name", self.name == now.name),
            ("image", self.image == now.image),
            ("time of making", self.created == now.created),
            ("labels", self.labels == now.labels),
        ];
        let differs = parts.iter().find(|(_, is_same)| !is_same);
        differs.map(|(part, _)| format!("its {part} is another than when this was decided"))
    }

    /// The same, and not started again since.
    pub fn difference_of_run(&self, now: &Container) -> Option<String> {
        let is_same_run = self.started == now.started;
        self.difference(now).or_else(|| {
            (!is_same_run).then(|| "it was started again since this was decided".to_owned())
        })
    }

    /// The container as it is now; an end of the order if it is gone, or not to be had.
    pub(super) async fn look(&self, engine: &Engine, one: &mut Try) -> Result<Container, Progress> {
        let deadline = one.left().min(INSPECT);
        let said = |container: &Container| container.state.name().to_owned();
        let inspection = list::inspect(engine, &self.id, deadline);
        match one.step("inspect", inspection, said).await {
            Ok(container) => Ok(container),
            Err(error) if error.is_not_found() => Err(Progress::Finished(Outcome::AlreadyGone)),
            Err(error) => Err(Progress::Again(error.to_string())),
        }
    }

    /// `POST /containers/ID/VERB`, noted as `verb`.
    pub(super) async fn order(
        &self,
        engine: &Engine,
        one: &mut Try,
        (verb, query): (&str, &str),
    ) -> Result<(), EngineError> {
        let path = format!("/containers/{}/{verb}{query}", encoded(&self.id));
        let deadline = one.left();
        let call = engine.order(Method::POST, &path, None, deadline);
        let said = |(status, _): &(http::StatusCode, _)| status.to_string();
        one.step(verb, call, said).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::Labels;
    use crate::samples::{START, container, second};

    #[test]
    fn what_must_be_the_same() {
        let target = Target::from(&container("a"));
        assert_eq!(target.difference_of_run(&container("a")), None);
        let changes: [fn(&mut Container); 5] = [
            |c| c.id = "b".repeat(64),
            |c| c.name = "other".to_owned(),
            |c| c.image = "other".to_owned(),
            |c| c.created = Some(second(START + 1)),
            |c| c.labels = Labels::new([("a", "b")]),
        ];
        for change in changes {
            let mut changed = container("a");
            change(&mut changed);
            assert!(target.difference(&changed).is_some(), "{changed:?}");
        }
        let mut again = container("a");
        again.started = Some(second(START + 9));
        assert_eq!(target.difference(&again), None);
        assert!(target.difference_of_run(&again).is_some());
    }
}
