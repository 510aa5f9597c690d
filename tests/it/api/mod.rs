//! The API of employers through its door: an employer that an operator registered, a token that was shown once, and requests
//! as a program sends them.

mod access;
pub(crate) mod applicants;
mod bad_input;
mod bookings;
mod document;
mod screening;
mod tokens;
mod vacancies;
mod webhooks;

use serde_json::{Value, json};

use crate::support::{Answer, Request, World, texts};

/// Every scope.
pub(crate) const ALL: &str = "vacancies:read,vacancies:write,applicants:read,applicants:write,export,bookings:read,bookings:write,webhooks:write";

/// A service whose tokens may ask as much as a test does.
pub(crate) fn world() -> World {
    World::demo_with(&[
        ("KAZILINE_API_REQUESTS_S", "10000"),
        ("KAZILINE_API_BURST", "10000"),
        ("KAZILINE_CHANNEL_HOOKS_KIND", "webhook"),
    ])
}

/// A command of an operator, answered as JSON.
pub(crate) fn told(world: &World, arguments: &[&str]) -> Value {
    let (out, err) = texts(&world.command(&[arguments, &["--data", "kaziline-demo", "--json"]].concat()));
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{arguments:?}: {out}{err}"))
}

/// A new employer; its number.
pub(crate) fn employer(world: &World, name: &str) -> String {
    let contact = "hr@employer.example";
    let add = ["employer", "add", "--name", name, "--kind", "organisation", "--contact", contact];
    told(world, &add)["id"].as_str().unwrap().to_owned()
}

/// A new token.
pub(crate) struct Made {
    pub(crate) id: String,
    pub(crate) text: String,
}

pub(crate) fn token(world: &World, employer: &str, scopes: &str) -> Made {
    let create = ["token", "create", "--employer", employer, "--name", "a program", "--scope", scopes];
    made(&told(world, &create))
}

pub(crate) fn made(told: &Value) -> Made {
    Made { id: told["id"].as_str().unwrap().to_owned(), text: told["token"].as_str().unwrap().to_owned() }
}

/// One request.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) token: Option<&'a str>,
    pub(crate) headers: Vec<(&'a str, String)>,
    pub(crate) content_type: Option<&'a str>,
    pub(crate) body: Vec<u8>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(method: &'a str, path: &'a str, token: Option<&'a str>) -> Call<'a> {
        Call { method, path, token, headers: Vec::new(), content_type: None, body: Vec::new() }
    }

    pub(crate) fn json(mut self, body: &Value) -> Call<'a> {
        self.content_type = Some("application/json");
        self.body = body.to_string().into_bytes();
        self
    }

    pub(crate) fn with(mut self, name: &'a str, value: impl Into<String>) -> Call<'a> {
        self.headers.push((name, value.into()));
        self
    }

    pub(crate) fn send(self, world: &World) -> Answer {
        let mut headers = self.headers;
        headers.extend(self.token.map(|token| ("authorization", format!("Bearer {token}"))));
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (method, path, content_type, body) = (self.method, self.path, self.content_type, self.body);
        world.send(&Request { method, path, content_type, body, headers: &headers })
    }
}

/// An employer's program.
pub(crate) struct Office<'w> {
    pub(crate) world: &'w World,
    pub(crate) employer: String,
    pub(crate) token: Made,
}

impl<'w> Office<'w> {
    pub(crate) fn new(world: &'w World, name: &str) -> Office<'w> {
        let employer = employer(world, name);
        let token = token(world, &employer, ALL);
        Office { world, employer, token }
    }

    pub(crate) fn call<'a>(&'a self, method: &'a str, path: &'a str) -> Call<'a> {
        Call::new(method, path, Some(&self.token.text))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path).send(self.world)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path).json(body).send(self.world)
    }

    /// A vacancy that is posted; everything about it.
    pub(crate) fn posted(&self, changes: Value) -> Value {
        let mut given = vacancy();
        let Value::Object(changes) = changes else { panic!("{changes}") };
        given.as_object_mut().unwrap().extend(changes);
        let answer = self.post("/api/v1/vacancies", &given);
        assert_eq!(answer.status, 201, "{answer:?}");
        body(&answer)
    }

    /// Somebody of the population applies by dialling the job number.
    pub(crate) fn applied(&self, worker: u32, vacancy: &Value) {
        let job = vacancy["job_number"].as_i64().unwrap();
        let (session, number) = (format!("api-{job}-{worker}"), format!("+25078{worker:07}"));
        assert!(dialled(self.world, &session, worker, vacancy).starts_with("CON "));
        let applied = self.world.hop(&session, &number, &format!("{job}*1"));
        assert!(applied.text().contains(&job.to_string()), "{applied:?}");
    }

    /// Somebody dials from this number, agrees to book workers, and an operator binds them to the employer.
    pub(crate) fn with_contact(&self, number: &str) {
        let session = format!("contact-{number}");
        let mut typed = String::new();
        self.world.hop(&session, number, "");
        // Language, "I want a worker", agree, name, and a place of work.
        for key in ["6", "2", "2", "1", "Mukamana Grace", "1", "1", "1"] {
            typed = if typed.is_empty() { key.to_owned() } else { format!("{typed}*{key}") };
            self.world.hop(&session, number, &typed);
        }
        let bound = self.world.command_with(
            &["employer", "contact", &self.employer, "--by", "Aline", "--data", "kaziline-demo"],
            &format!("{number}\n"),
        );
        assert!(bound.status.success(), "{:?}", texts(&bound));
    }

    /// Who applied, as the API tells it.
    pub(crate) fn applicants(&self, vacancy: &Value) -> Vec<Value> {
        let path = format!("/api/v1/vacancies/{}/applicants", vacancy["id"].as_str().unwrap());
        body(&self.get(&path))["items"].as_array().unwrap().clone()
    }
}

/// The first screen of somebody who dials a job's number, in a session of this name.
pub(crate) fn dialled(world: &World, session: &str, worker: u32, vacancy: &Value) -> String {
    let job = vacancy["job_number"].as_i64().unwrap();
    world.hop(session, &format!("+25078{worker:07}"), &job.to_string()).text().to_owned()
}

/// A vacancy that nothing is wrong with.
pub(crate) fn vacancy() -> Value {
    json!({"trade": "11", "area": "Gasabo/Remera", "kind": "short", "pay": 7000, "pay_unit": "day", "openings": 3})
}

pub(crate) fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{answer:?}"))
}

/// The pointers of a problem's faults.
pub(crate) fn pointers(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:?}");
    let problem = body(answer);
    assert_eq!(problem["status"].as_u64(), Some(u64::from(answer.status)), "{answer:?}");
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
}
