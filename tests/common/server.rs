//! The server as a process of its own, and a client that sends whatever bytes a test wants.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::Place;

pub struct Server {
    child: Child,
    pub port: u16,
    log: Arc<Mutex<String>>,
}

/// What the server answered.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Server {
    /// Serves the index of a place on a free port.
    pub fn start(place: &Place, args: &[&str]) -> Server {
        let mut command = place.command(&[&["serve", "--addr", "127.0.0.1:0"], args].concat());
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the binary runs");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let log = Arc::new(Mutex::new(String::new()));
        let first = lines.next().and_then(Result::ok).unwrap_or_default();
        let port = first.rsplit_once(':').and_then(|(_, rest)| rest.trim_end_matches('/').parse().ok());
        let Some(port) = port else {
            let rest: Vec<String> = lines.map_while(Result::ok).collect();
            panic!("the server did not start: {first} {}", rest.join("\n"));
        };
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                kept.lock().expect("no test panics with the log").push_str(&(line + "\n"));
            }
        });
        Server { child, port, log }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn log(&self) -> String {
        self.log.lock().expect("no test panics with the log").clone()
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the server accepts");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        stream
    }

    /// Sends bytes as they are and reads until the server closes.
    pub fn send(&self, bytes: &[u8]) -> Reply {
        let mut stream = self.connect();
        // A server that refuses early may close before all is sent.
        let _ = stream.write_all(bytes);
        read_reply(&mut stream)
    }

    pub fn get(&self, path: &str) -> Reply {
        self.get_with(path, "")
    }

    /// `headers` are whole lines, each with its `\r\n`.
    pub fn get_with(&self, path: &str, headers: &str) -> Reply {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").as_bytes())
    }

    pub fn post(&self, path: &str, content_type: &str, body: impl AsRef<[u8]>) -> Reply {
        let body = body.as_ref();
        let mut bytes = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes();
        bytes.extend_from_slice(body);
        self.send(&bytes)
    }

    pub fn post_json(&self, path: &str, body: &serde_json::Value) -> Reply {
        self.post(path, "application/json", body.to_string())
    }

    /// Asks the process to end, as an init system does.
    pub fn terminate(&self) {
        let ran = std::process::Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(ran.expect("kill runs").success());
    }

    /// How the process ended.
    pub fn exit_code(mut self) -> Option<i32> {
        self.child.wait().expect("the process ends").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads one answer of a connection that is closed after it.
pub fn read_reply(stream: &mut TcpStream) -> Reply {
    let mut bytes = Vec::new();
    // A reset after the answer is an end too.
    let _ = stream.read_to_end(&mut bytes);
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Reply { status: 0, head: String::from_utf8_lossy(&bytes).into_owned(), body: Vec::new() };
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    let mut body = bytes[end + 4..].to_vec();
    if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        body = dechunked(&body);
    }
    Reply { status, head, body }
}

fn dechunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(line) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(String::from_utf8_lossy(&rest[..line]).trim(), 16).unwrap_or(0);
        let chunk = &rest[line + 2..];
        if size == 0 || size > chunk.len() {
            break;
        }
        body.extend_from_slice(&chunk[..size]);
        rest = chunk.get(size + 2..).unwrap_or(&[]);
    }
    body
}

impl Reply {
    #[track_caller]
    pub fn is(self, status: u16) -> Reply {
        assert_eq!(self.status, status, "{} {}", self.head, self.text());
        self
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {} {}", self.head, self.text()))
    }

    /// Problem details of RFC 9457 whose detail contains a text.
    #[track_caller]
    pub fn is_problem(self, status: u16, detail: &str) -> Reply {
        let reply = self.is(status);
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{}", reply.head);
        let problem = reply.json();
        assert_eq!((&problem["status"], &problem["type"]), (&status.into(), &"about:blank".into()), "{problem}");
        assert!(problem["title"].is_string() && problem["detail"].as_str().unwrap().contains(detail), "{detail:?} in {problem}");
        reply
    }
}
