//! `/api/openapi.json`: what programs may ask, as OpenAPI 3.1 says it. A test holds it against the table of routes.

use serde_json::{Map, Value, json};

use crate::answer::{Answer, Refusal};
use crate::asked::Asked;

/// One endpoint: method, path, the command it stands for, parameters of the query, members of the body.
struct Endpoint(&'static str, &'static str, &'static str, &'static [&'static str], &'static [&'static str]);

const ENDPOINTS: &[Endpoint] = &[
    Endpoint("get", "/api/batches", "batch list", &["kind", "state"], &[]),
    Endpoint("get", "/api/batches/{number}", "batch show", &[], &[]),
    Endpoint(
        "post",
        "/api/batches/{number}/{act}",
        "batch hold, release, split, cancel",
        &[],
        &["reason", "confirm", "count"],
    ),
    Endpoint("get", "/api/plan", "batch plan", &["stream"], &[]),
    Endpoint(
        "post",
        "/api/plan/{act}",
        "batch hold, release, cut of a stream; urgent of a card",
        &[],
        &["stream", "application", "reason", "confirm"],
    ),
    Endpoint("get", "/api/files", "exchange list", &["partner", "direction", "state", "day", "after", "limit"], &[]),
    Endpoint("get", "/api/cards/{id}", "trace", &[], &[]),
    Endpoint("get", "/api/quarantine", "quarantine list", &["code", "outcome", "region", "after", "limit"], &[]),
    Endpoint("get", "/api/cases", "cases list", &["kind", "bank", "area", "all", "limit"], &[]),
    Endpoint("post", "/api/cases/{number}/decide", "cases decide", &[], &["word", "reason"]),
    Endpoint("get", "/api/books", "books", &["full"], &[]),
    Endpoint("get", "/api/pickup/due", "pickup due", &["within"], &[]),
    Endpoint("get", "/api/pickup/overdue", "pickup overdue", &[], &[]),
    Endpoint("get", "/api/pickup/silent", "pickup silent", &["within", "by"], &[]),
    Endpoint(
        "post",
        "/api/pickup/{act}",
        "pickup open, extend, close, reassign",
        &[],
        &["place", "days", "until", "last", "to", "reason", "confirm"],
    ),
    Endpoint("get", "/api/approvals", "approvals list", &["all"], &[]),
];

/// The document; it tells nothing of the ledger.
pub async fn document(_: Asked) -> Result<Answer, Refusal> {
    let mut paths = Map::new();
    for endpoint in ENDPOINTS {
        let path = paths.entry(endpoint.1).or_insert_with(|| json!({}));
        path[endpoint.0] = endpoint.operation();
    }
    Answer::json(&json!({
        "openapi": "3.1.0",
        "info": { "title": "Cardline", "version": env!("CARGO_PKG_VERSION") },
        "security": [{ "token": [] }],
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": { "Problem": {
                "type": "object",
                "required": ["status", "code", "title", "detail"],
                "properties": {
                    "status": { "type": "integer" }, "code": { "type": "string" },
                    "title": { "type": "string" }, "detail": { "type": "string" },
                },
            } },
        },
        "paths": paths,
    }))
}

impl Endpoint {
    fn operation(&self) -> Value {
        let Endpoint(method, path, command, query, body) = self;
        let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let mut parameters: Vec<Value> = in_path
            .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
            .chain(query.iter().map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } })))
            .collect();
        let problem = json!({
            "description": "why not",
            "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
        });
        let fine = |description: &str| json!({ "description": description, "content": { "application/json": {} } });
        let mut operation = json!({
            "summary": command,
            "responses": { "200": fine("what the command prints as JSON"), "default": problem },
        });
        if *method == "post" {
            parameters.push(json!({
                "name": "Idempotency-Key", "in": "header", "required": true, "schema": { "type": "string" },
            }));
            let members: Map<String, Value> =
                body.iter().map(|name| ((*name).to_owned(), json!({ "type": "string" }))).collect();
            let schema = json!({ "type": "object", "properties": members, "required": ["reason"] });
            operation["requestBody"] =
                json!({ "required": true, "content": { "application/json": { "schema": schema } } });
            operation["responses"]["200"] = fine("done, or it was so before");
            operation["responses"]["202"] = fine("it waits for a second person, or a worker does it");
        }
        operation["parameters"] = parameters.into();
        operation
    }
}
