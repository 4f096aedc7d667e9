//! Buoys answers with a page of its folder `static`, and with how many were asked for.

use std::env;
use std::fs;
use std::process::exit;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::thread;
use tiny_http::{Header, Request, Response, Server};

static COUNT: AtomicU64 = AtomicU64::new(0);

fn main() {
    let port = env::var("PORT").unwrap_or_else(|_| "3000".into());
    let server = match Server::http(format!("0.0.0.0:{port}")) {
        Ok(server) => Arc::new(server),
        Err(error) => {
            eprintln!("Cannot listen on port {port}: {error}");
            exit(1);
        }
    };
    println!("Listening on port {port}");
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let server = Arc::clone(&server);
            thread::spawn(move || server.incoming_requests().for_each(answer))
        })
        .collect();
    for thread in threads {
        let _ = thread.join();
    }
}

fn answer(request: Request) {
    let path = request.url().split('?').next().unwrap_or("/").to_owned();
    let outcome = match path.as_str() {
        "/" => match fs::read("static/index.html") {
            Ok(page) => request.respond(Response::from_data(page).with_header(html())),
            Err(error) => {
                eprintln!("static/index.html: {error}");
                request.respond(Response::from_string("no page").with_status_code(500))
            }
        },
        "/count" => {
            let count = COUNT.fetch_add(1, Ordering::Relaxed) + 1;
            request.respond(Response::from_string(count.to_string()))
        }
        "/healthz" => request.respond(Response::from_string("ok")),
        _ => request.respond(Response::from_string("not found").with_status_code(404)),
    };
    if let Err(error) = outcome {
        eprintln!("{path}: {error}");
    }
}

fn html() -> Header {
    Header::from_bytes("content-type", "text/html; charset=utf-8").expect("a header of ASCII")
}
