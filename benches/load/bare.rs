//! What Kaziline is measured against: an axum handler that reads its body, throws it away and answers a constant, behind
//! the same listener, in a process of its own with the same number of worker threads.

use anyhow::Result;
use axum::Router;
use axum::body::Bytes;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use hyper_util::service::TowerToHyperService;
use kaziline::web::listener::{self, Limits};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::servers::LISTENING;

/// The hidden argument with which the benchmark runs itself as this server.
pub(crate) const ARGUMENT: &str = "--bare-server";

/// As long as most screens.
const SCREEN: &str =
    "CON Your trade?\n1 Mason\n2 Carpenter\n3 Painter\n4 Plumber\n5 Electrician\n6 Welder\n7 Roofer\n8 Tiler\n0 Back";

/// The defaults of `kaziline.default.toml`, in which a measurement never comes near a limit.
const LIMITS: Limits = Limits {
    connections_max: 4_096,
    first_byte_ms: 5_000,
    header_read_ms: 5_000,
    answer_write_ms: 10_000,
    idle_ms: 30_000,
    stop_ms: 0,
};

/// Serves until it is killed.
pub(crate) fn serve() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("bare  {LISTENING}{}", listener.local_addr()?);
        let answer = |_body: Bytes| async { ([(CONTENT_TYPE, "text/plain; charset=utf-8")], SCREEN) };
        let routes = Router::new().route("/hooks/{channel}/{secret}/ussd", post(answer));
        let (_never, stop) = watch::channel(false);
        listener::serve(listener, TowerToHyperService::new(routes), LIMITS, stop).await;
        Ok(())
    })
}
