//! Routes and their description from one table: what is served is what the `OpenAPI` document says.
//!
//! An [`Operation`] names the types that a route takes and answers; their schemas are those that
//! `schema/` holds, made by the same derive. [`Api::route`] adds a route and its description at once,
//! so that neither can be forgotten.

use std::collections::BTreeMap;

use axum::Router;
use axum::routing::MethodRouter;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

/// Makes a type's schema.
type Make = fn(&mut SchemaGenerator) -> Schema;

/// An answer: its status, what it means, and the content type and schema of its body.
type Answer = (u16, &'static str, Option<(&'static str, Make)>);

/// What one method of one path takes and answers.
pub(super) struct Operation {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    description: &'static str,
    tag: &'static str,
    query: Option<Make>,
    body: Option<Make>,
    answers: Vec<Answer>,
    open: bool,
}

impl Operation {
    /// A method, in lower case, of a path.
    pub(super) fn new(method: &'static str, path: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            path,
            summary,
            description: "",
            tag: "servers",
            query: None,
            body: None,
            answers: Vec::new(),
            open: false,
        }
    }

    /// More words about it.
    pub(super) fn about(self, description: &'static str) -> Self {
        Self {
            description,
            ..self
        }
    }

    /// The group that it belongs to.
    pub(super) fn tag(self, tag: &'static str) -> Self {
        Self { tag, ..self }
    }

    /// Its query parameters: the fields of this type.
    pub(super) fn query<T: JsonSchema>(self) -> Self {
        Self {
            query: Some(SchemaGenerator::root_less::<T>),
            ..self
        }
    }

    /// Its body.
    pub(super) fn body<T: JsonSchema>(self) -> Self {
        Self {
            body: Some(SchemaGenerator::subschema_for::<T>),
            ..self
        }
    }

    /// A JSON answer.
    pub(super) fn answer<T: JsonSchema>(self, status: u16, what: &'static str) -> Self {
        self.answer_as::<T>(status, what, "application/json")
    }

    /// An answer of another content type.
    pub(super) fn answer_as<T: JsonSchema>(
        mut self,
        status: u16,
        what: &'static str,
        content: &'static str,
    ) -> Self {
        let make: Make = SchemaGenerator::subschema_for::<T>;
        self.answers.push((status, what, Some((content, make))));
        self
    }

    /// An answer without a body.
    pub(super) fn nothing(mut self, status: u16, what: &'static str) -> Self {
        self.answers.push((status, what, None));
        self
    }

    /// An error with its problem document.
    pub(super) fn problem(self, status: u16, what: &'static str) -> Self {
        self.answer_as::<web::Problem>(status, what, "application/problem+json")
    }

    /// Needs no token.
    pub(super) fn open(self) -> Self {
        Self { open: true, ..self }
    }

    fn describe(&self, generator: &mut SchemaGenerator) -> Value {
        let mut parameters: Vec<Value> = self
            .path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| {
                json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
            })
            .collect();
        if let Some(make) = self.query {
            parameters.extend(query_parameters(&make(generator)));
        }
        let mut described = json!({
            "operationId": self.id(),
            "summary": self.summary,
            "tags": [self.tag],
            "responses": self.responses(generator),
        });
        if let Value::Object(map) = &mut described {
            if !self.description.is_empty() {
                map.insert("description".into(), self.description.into());
            }
            if !parameters.is_empty() {
                map.insert("parameters".into(), parameters.into());
            }
            if self.open {
                map.insert("security".into(), json!([]));
            }
            if let Some(make) = self.body {
                let schema = make(generator);
                let body = json!({
                    "required": true,
                    "content": { "application/json": { "schema": schema } },
                });
                map.insert("requestBody".into(), body);
            }
        }
        described
    }

    fn responses(&self, generator: &mut SchemaGenerator) -> Value {
        let mut answers = self.answers.iter().collect::<Vec<_>>();
        // What the edge answers before a route is reached.
        let problem: Make = SchemaGenerator::subschema_for::<web::Problem>;
        let content = Some(("application/problem+json", problem));
        let refused = (
            403,
            "Refused: the Host or Origin is not one of ours.",
            content,
        );
        let no_token = (401, "No token, or not ours.", content);
        let too_many = (429, "Too many wrong tokens.", content);
        let malformed = (400, "The request is malformed.", content);
        for standard in [&malformed, &no_token, &refused, &too_many] {
            let applies = !self.open || matches!(standard.0, 400 | 403);
            if applies && !answers.iter().any(|known| known.0 == standard.0) {
                answers.push(standard);
            }
        }
        answers.sort_by_key(|answer| answer.0);
        let mut responses = Map::new();
        for (status, what, content) in answers {
            // One status may have several content types.
            let response = responses
                .entry(status.to_string())
                .or_insert_with(|| json!({ "description": what }));
            if let Some((content, make)) = content {
                response["content"][*content]["schema"] = make(generator).into();
            }
        }
        responses.into()
    }

    /// `get_servers_id_metrics` for `GET /api/v1/servers/{id}/metrics`.
    fn id(&self) -> String {
        let path = self
            .path
            .trim_start_matches("/api/v1")
            .replace(['{', '}'], "");
        let words = path.split('/').filter(|word| !word.is_empty());
        std::iter::once(self.method)
            .chain(words)
            .collect::<Vec<_>>()
            .join("_")
            .replace(['-', '.'], "_")
    }
}

/// A type's own schema rather than a reference to it.
trait RootLess {
    fn root_less<T: JsonSchema>(&mut self) -> Schema;
}

impl RootLess for SchemaGenerator {
    fn root_less<T: JsonSchema>(&mut self) -> Schema {
        T::json_schema(self)
    }
}

/// The fields of a type as query parameters.
fn query_parameters(schema: &Schema) -> Vec<Value> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let properties = schema.get("properties").and_then(Value::as_object);
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| {
            let mut property = property.clone();
            let description = property
                .as_object_mut()
                .and_then(|property| property.remove("description"));
            json!({
                "name": name,
                "in": "query",
                "required": required.contains(&name.as_str()),
                "description": description.unwrap_or_default(),
                "schema": not_null(property),
            })
        })
        .collect()
}

/// A query parameter is there or not; it is never `null`.
fn not_null(mut schema: Value) -> Value {
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            schema["type"] = only.clone();
        }
    }
    if let Some(map) = schema.as_object_mut() {
        map.remove("default");
    }
    schema
}

/// Routes with their description.
pub(super) struct Api<S> {
    router: Router<S>,
    operations: Vec<Operation>,
}

impl<S: Clone + Send + Sync + 'static> Api<S> {
    /// Without any.
    pub(super) fn new() -> Self {
        Self {
            router: Router::new(),
            operations: Vec::new(),
        }
    }

    /// Adds a route. `handler` serves the operation's method.
    pub(super) fn route(mut self, operation: Operation, handler: MethodRouter<S>) -> Self {
        self.router = self.router.route(operation.path, handler);
        self.operations.push(operation);
        self
    }

    /// Describes a further method of a path whose route is there.
    pub(super) fn describe_only(mut self, operation: Operation) -> Self {
        self.operations.push(operation);
        self
    }

    /// Adds a route that is not described: what a later version will answer.
    pub(super) fn hidden(mut self, path: &str, handler: MethodRouter<S>) -> Self {
        self.router = self.router.route(path, handler);
        self
    }

    /// The router, and the `OpenAPI` document.
    pub(super) fn finish(self) -> (Router<S>, Value) {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
        });
        let mut generator = settings.into_generator();
        let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for operation in &self.operations {
            let described = operation.describe(&mut generator);
            paths
                .entry(operation.path)
                .or_default()
                .insert(operation.method.to_owned(), described);
        }
        let schemas = generator.take_definitions(true);
        let document = json!({
            "openapi": "3.1.0",
            "info": {
                "title": "mcpvisor",
                "version": "1",
                "description": "Every MCP server on this machine: whose it is, what it costs, whether it is well. \
                    All of `/api/v1` needs the token of the state directory, or a browser's own secret, as \
                    `Authorization: Bearer`. No GET changes anything. Errors are problem documents (RFC 9457). \
                    Paths of later versions answer 501.",
                "license": { "name": "MIT OR Apache-2.0" },
            },
            "servers": [{ "url": "/" }],
            "security": [{ "token": [] }],
            "paths": paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            },
        });
        (self.router, document)
    }
}
