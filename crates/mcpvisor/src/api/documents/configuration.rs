//! The configuration that a daemon goes by.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `GET /api/v1/config`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct ConfigReport {
    /// Its file, if it has one.
    pub file: Option<String>,
    /// Why that file, as it is now, is not in force.
    pub error: Option<String>,
    /// The values in force as TOML, without secrets: what `mcpvisor config show` prints.
    pub text: String,
}
