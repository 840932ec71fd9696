//! The server as programs meet it: a process of its own, asked over the network, with good requests and with bad ones.
#![cfg(feature = "serve")]

mod common;
#[path = "common/server.rs"]
mod server;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use common::{Place, sample};
use serde_json::{Value, json};
use server::{Reply, Server, read_reply};

const FOOT: &str = "tingling-foot-after-microdiscectomy";

fn archive() -> Place {
    let place = Place::new();
    place.index(&[&sample()]).ok();
    place
}

fn of(threads: &[Value]) -> Place {
    let place = Place::new();
    let lines: Vec<String> = threads.iter().map(Value::to_string).collect();
    place.write("a.jsonl", lines.join("\n"));
    place.index(&[&place.path("a.jsonl")]).ok();
    place
}

fn without_time(mut answer: Value) -> Value {
    answer.as_object_mut().expect("an object").remove("took_ms").expect("the time it took");
    answer
}

#[test]
fn programs_are_told_the_same_as_on_the_command_line() {
    let place = archive();
    let server = Server::start(&place, &[]);
    let told = server.get("/api/v1/search?q=numb+foot+no+fever&n=3&from=1").is(200).json();
    let shown = place.run(&["search", "numb foot no fever", "-n", "3", "--from", "1", "--format", "json"]).json();
    assert_eq!(without_time(told), without_time(shown));
    let told = server.get(&format!("/api/v1/threads/{FOOT}")).is(200).json();
    assert_eq!(told, place.run(&["show", FOOT, "--format", "json"]).json());
    let told = server.get(&format!("/api/v1/threads/{FOOT}/related?n=4")).is(200).json();
    let shown = place.run(&["related", FOOT, "-n", "4", "--format", "json"]).json();
    assert_eq!(without_time(told), without_time(shown));
    assert_eq!(server.get("/api/v1/stats").is(200).json(), place.run(&["stats", "--format", "json"]).json());
    let told = server.get("/api/v1/suggest?prefix=numb&n=7").is(200).json();
    assert_eq!(without_time(told), without_time(place.run(&["suggest", "numb", "-n", "7", "--format", "json"]).json()));
    let text = "Pins and needles since my laminectomy, no fever. My mother has diabetes.";
    let told = server.post_json("/api/v1/annotate", &json!({ "text": text })).is(200).json();
    assert_eq!(told, place.run_with_input(&["annotate", "--format", "json"], text.as_bytes()).json());
}

#[test]
fn a_question_and_a_thread_that_are_in_no_index_get_a_panel() {
    let place = archive();
    let server = Server::start(&place, &[]);
    let text = "my foot tingles six weeks after microdiscectomy, will the nerve recover?";
    let typed = server.post_json("/api/v1/related?n=3", &json!({ "text": text })).is(200).json();
    assert_eq!(typed["panel"].as_array().unwrap().len(), 3);
    for thread in [json!({"posts": [{"role": "patient", "text": text}]}), json!({"question": text, "answers": ["Yes."]})] {
        let of_thread = server.post_json("/api/v1/related?n=3", &thread).is(200).json();
        assert_eq!(of_thread["panel"][0]["id"], typed["panel"][0]["id"]);
    }
    let own = server.get(&format!("/api/v1/threads/{FOOT}")).json();
    let panel = server.post_json("/api/v1/related?n=50", &own).is(200).json();
    assert!(panel["panel"].as_array().unwrap().iter().all(|entry| entry["id"] != FOOT), "a thread is never in its own panel");
}

#[test]
fn text_is_annotated_in_code_points() {
    let place = archive();
    let server = Server::start(&place, &[]);
    let text = "Naïve café 😀: laminectomy last year";
    let read = server.post_json("/api/v1/annotate", &json!({ "text": text })).is(200).json();
    let mention = &read["mentions"][0];
    let (start, end) = (mention["start"].as_u64().unwrap() as usize, mention["end"].as_u64().unwrap() as usize);
    assert_eq!(text.chars().skip(start).take(end - start).collect::<String>(), mention["text"].as_str().unwrap());
    assert_eq!((&mention["concept"], &mention["type"]), (&"procedure:laminectomy".into(), &"procedure".into()));
}

#[test]
fn a_concept_tells_its_terms_and_its_kin() {
    let place = archive();
    let server = Server::start(&place, &[]);
    let concept = server.get("/api/v1/concepts/procedure:laminectomy").is(200).json();
    assert_eq!((&concept["concept"], &concept["type"]), (&"procedure:laminectomy".into(), &"procedure".into()));
    assert!(concept["terms"].as_array().unwrap().contains(&concept["name"]));
    assert!(concept["broader"].is_array() && concept["narrower"].is_array() && concept["threads"].is_u64(), "{concept}");
}

#[test]
fn a_wrong_parameter_is_named() {
    let place = archive();
    let server = Server::start(&place, &[]);
    let long = format!("/api/v1/search?q={}", "a".repeat(2001));
    let many = format!("/api/v1/search?q=a{}", "&drug=nsaid".repeat(6));
    let wrong = [
        ("/api/v1/search", "q"),
        ("/api/v1/search?q=a&n=0", "Parameter n: 0 is not from 1 to 100"),
        ("/api/v1/search?q=a&n=101", "Parameter n"),
        ("/api/v1/search?q=a&n=many", "Parameter n"),
        ("/api/v1/search?q=a&n=-1", "Parameter n"),
        ("/api/v1/search?q=a&n=", "Parameter n"),
        ("/api/v1/suggest?prefix=a&n=", "Parameter n"),
        ("/api/v1/search?q=a&n=99999999999999999999999", "Parameter n"),
        ("/api/v1/search?q=a&from=1000000001", "Parameter from"),
        ("/api/v1/search?q=a&q=b", "Parameter q: a duplicate; it is given 2 times"),
        ("/api/v1/search?q=a&n=1&q=b&n=2&q=c", "Parameter q: a duplicate; it is given 3 times"),
        ("/api/v1/suggest?prefix=a&prefix=b", "Parameter prefix: a duplicate"),
        ("/api/v1/search?q=a&color=red", "color"),
        ("/api/v1/search?q=%ff", "UTF-8"),
        ("/api/v1/search?q=a&%ff=1", "UTF-8"),
        ("/api/v1/threads/%ff", "UTF-8"),
        (long.as_str(), "2000"),
        (many.as_str(), "Parameter drug: 6 values are more than 5"),
    ];
    for (path, told) in wrong {
        server.get(path).problem(400, told);
    }
    server.get(&format!("/api/v1/threads/{FOOT}/related?n=x")).problem(400, "Parameter n");
    server.get("/search?q=%ff").is(400);
    assert!(server.get("/search?q=a&q=b").is(400).text().contains("a duplicate"));
}

#[test]
fn a_page_leaves_out_what_it_cannot_read_of_its_address_and_says_so() {
    let place = archive();
    let server = Server::start(&place, &[]);
    let told = |path: &str| {
        let page = server.get(path).is(200).text();
        let (_, rest) = page.split_once("cannot be read and is left out: <strong>").unwrap_or_else(|| panic!("{path}: {page}"));
        (rest.split('<').next().unwrap_or("").to_owned(), page.contains("class=\"hit\""))
    };
    for (path, left_out) in [
        ("/search?q=numb+foot&utm_source=mail", "utm_source"),
        ("/search?q=numb+foot&n=many&from=-3&sort=best", "n, from, sort"),
        ("/search?q=numb+foot&n=0", "n"),
        ("/search?q=numb+foot&symptom=%ff&n=101", "symptom, n"),
        ("/search?q=numb+foot&%3Cb%3E=1", "&lt;b&gt;"),
        ("/search?filter=x&q=numb+foot&filter=y", "filter"),
    ] {
        assert_eq!(told(path), (left_out.to_owned(), true), "{path}");
        server.get(&path.replacen("/search", "/api/v1/search", 1)).is(400);
    }
    assert_eq!(told("/search?utm_source=mail"), ("utm_source".to_owned(), false));
    // A filter that can be read but means nothing is told by the reading of the question.
    let page = server.get("/search?q=numb+foot&published=whenever").is(200).text();
    assert!(page.contains("`whenever` is not a date"), "{page}");
    // However many there are, few are named and none costs much.
    let many: String = (0..4000).map(|n| format!("&x{n}=")).collect();
    assert_eq!(told(&format!("/search?q=numb+foot{many}")).0, "x0, x1, x2, x3, x4");
}

#[test]
fn what_is_not_there_is_404_for_programs_and_a_page_for_people() {
    let place = archive();
    let server = Server::start(&place, &[]);
    for path in
        ["/api/v1/threads/nope", "/api/v1/threads/nope/related", "/api/v1/concepts/symptom:nope", "/api/v1/nope", "/embed/nope"]
    {
        server.get(path).problem(404, ".");
    }
    for path in ["/threads/nope", "/nope", "/a/b/c"] {
        let page = server.get(path).is(404);
        assert!(page.header("content-type").unwrap().starts_with("text/html"), "{}", page.head);
        assert!(page.text().contains("<h1>Not Found</h1>") && page.text().contains("Not medical advice"));
    }
}

#[test]
fn a_wrong_method_is_405_and_says_which_are_right() {
    let place = archive();
    let server = Server::start(&place, &[]);
    for (method, path, allowed) in [
        ("DELETE", "/api/v1/stats", "GET,HEAD"),
        ("GET", "/api/v1/related", "POST"),
        ("PUT", "/api/v1/search?q=a", "GET,HEAD"),
        ("POST", "/search", "GET,HEAD"),
        ("BREW", "/", "GET,HEAD"),
    ] {
        let reply =
            server.send(format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).is(405);
        assert_eq!(reply.header("allow"), Some(allowed), "{method} {path}");
    }
    let head = server.send(b"HEAD /api/v1/stats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").is(200);
    assert!(head.body.is_empty());
}

#[test]
fn bodies_that_are_too_large_of_another_type_or_no_thread_are_refused() {
    let place = archive();
    let server = Server::start(&place, &[]);
    let large = json!({ "text": "numb ".repeat(300_000) });
    for path in ["/api/v1/related", "/api/v1/annotate"] {
        server.post_json(path, &large).problem(413, "1000000");
        server.post(path, "text/plain", "numb").problem(415, "application/json");
        server.post(path, "application/json", "{\"text\"").problem(400, "body");
        server.post(path, "application/json", "[".repeat(500_000)).problem(400, "body");
        server.post(path, "application/json", b"{\"text\": \"\xff\"}").problem(400, "body");
        server.post(path, "application/json", "{\"text\": 1}").problem(400, "text");
    }
    server.post_json("/api/v1/related", &json!({"posts": []})).problem(400, "neither");
    server.post_json("/api/v1/related", &json!([1, 2])).problem(400, "object");
    // Without a length told beforehand.
    let mut stream = server.connect();
    let head = "POST /api/v1/related HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    while stream.write_all(chunk.as_bytes()).is_ok() {}
    assert!(matches!(read_reply(&mut stream).status, 413 | 0));
    server.get("/healthz").is(200);
}

#[test]
fn heads_that_are_too_large_are_refused() {
    let place = archive();
    let server = Server::start(&place, &[]);
    server.get_with("/", &format!("X-Bomb: {}\r\n", "a".repeat(200_000))).is(431);
    server.get_with("/", &"X-Bomb: a\r\n".repeat(1000)).is(431);
    let long = server.get(&format!("/search?q={}", "a".repeat(100_000)));
    assert!(matches!(long.status, 414 | 431), "{}", long.head);
    assert_eq!(server.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03").status, 400, "TLS is no HTTP");
    assert_eq!(server.send(b"GET /search?q=\xff\xfe HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").status, 400);
    server.get("/healthz").is(200);
}

#[test]
fn no_path_leads_out_of_what_is_served() {
    let place = archive();
    let server = Server::start(&place, &[]);
    for path in [
        "/../../../../etc/passwd",
        "/assets/../../../../etc/passwd",
        "/assets/x/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/threads/..%2f..%2f..%2fetc%2fpasswd",
        "/api/v1/threads/%2fetc%2fpasswd",
        "/embed/..%5c..%5cetc%5cpasswd",
        "//etc/passwd",
        "/assets/x/page.css%00.txt",
    ] {
        let reply = server.get(path);
        assert!(matches!(reply.status, 400 | 404) && !reply.text().contains("root:"), "{path}: {}", reply.head);
    }
}

#[test]
fn slow_clients_are_shown_the_door() {
    let place = archive();
    let server = Server::start(&place, &["--timeout", "1"]);
    let mut half_head = server.connect();
    half_head.write_all(b"GET / HTTP/1.1\r\nHost: loc").unwrap();
    let mut half_body = server.connect();
    let head =
        "POST /api/v1/annotate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    half_body.write_all(head.as_bytes()).unwrap();
    let mut idle = server.connect();
    assert_eq!(read_reply(&mut half_body).status, 408);
    for stream in [&mut half_head, &mut idle] {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest);
        let told = String::from_utf8_lossy(&rest);
        assert!(told.is_empty() || told.starts_with("HTTP/1.1 408"), "{told}");
    }
}

#[test]
fn a_client_that_asks_and_never_reads_is_let_go() {
    let place = archive();
    let server = Server::start(&place, &["--timeout", "1"]);
    let mut deaf = server.connect();
    deaf.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    // Answers of more bytes than the buffers between the two take, none of which is read.
    let request = "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(50);
    let mut sent = 0;
    while sent < 4000 && deaf.write_all(request.as_bytes()).is_ok() {
        sent += 50;
    }
    let mut looks = 0;
    // The one connection that is left is that which asks.
    while !server.get("/metrics").text().contains("curbside_connections 1\n") {
        looks += 1;
        assert!(looks < 300, "the connection is kept");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_packed_body_is_not_unpacked() {
    let place = archive();
    let server = Server::start(&place, &[]);
    // A gzip stream of {"text":"numb"}; one of a few kilobytes could hold gigabytes.
    let packed = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xabV*I\xad(Q\xb2R\xca+\xcdMR\xaa\x05\x00\x91]j\xeb\x0f\x00\x00\x00";
    let head = format!(
        "POST /api/v1/annotate HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        packed.len()
    );
    server.send(&[head.as_bytes(), packed].concat()).problem(415, "Content-Encoding");
}

#[test]
fn a_token_opens_and_nothing_else_does() {
    let place = archive();
    let token = "a-long-enough-token";
    let server = Server::start(&place, &["--token", token]);
    // curbside:a-long-enough-token
    let basic = "Authorization: Basic Y3VyYnNpZGU6YS1sb25nLWVub3VnaC10b2tlbg==\r\n";
    for path in ["/", "/api/v1/stats", "/metrics", "/openapi.json", "/threads/nope", "/nothing", "/embed.js"] {
        let refused = server.get(path).is(401);
        assert!(refused.head.contains("Bearer") && refused.head.contains("Basic"), "{}", refused.head);
    }
    for wrong in [
        "Authorization: Bearer\r\n",
        "Authorization: Bearer a-long-enough-toke\r\n",
        "Authorization: Bearer a-long-enough-token2\r\n",
        "Authorization: Bearer b-long-enough-token\r\n",
        "Authorization: Basic YTpi\r\n",
        "Authorization: Basic !!!\r\n",
        "Authorization: Digest a-long-enough-token\r\n",
    ] {
        server.get_with("/api/v1/stats", wrong).is(401);
    }
    server.get_with("/api/v1/stats", &format!("Authorization: Bearer {token}\r\n")).is(200);
    server.get_with("/", basic).is(200);
    server.get("/healthz").is(200);
    server.get("/readyz").is(200);
    server.terminate();
    assert!(!server.log().contains(token));
}

#[test]
fn nobody_else_reads_unless_it_was_said() {
    let place = archive();
    place.run(&["serve", "--addr", "0.0.0.0:0"]).told(2, "--token");
    place.run(&["serve", "--token", "short"]).told(2, "at least 12");
    place.run(&["serve", "--addr", "nowhere"]).told(2, "--addr");
    place.run(&["serve", "--cors", "example.org/path"]).told(2, "scheme");
    place.run(&["serve", "--index", "not-there"]).told(2, "no index at not-there");
    let taken = Server::start(&place, &[]);
    let address = format!("127.0.0.1:{}", taken.port);
    place.run(&["serve", "--addr", &address]).told(2, "cannot listen");
}

#[test]
fn a_name_that_points_here_from_elsewhere_reads_nothing() {
    let place = archive();
    let server = Server::start(&place, &[]);
    let with_host =
        |host: &str| server.send(format!("GET /api/v1/stats HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes());
    for host in ["localhost", "127.0.0.1:7878", "[::1]:80", "LOCALHOST:1"] {
        with_host(host).is(200);
    }
    for host in ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "", "a:b:c"] {
        with_host(host).is(421);
    }
    let public = Server::start(&place, &["--public-readonly"]);
    public.send(b"GET /api/v1/stats HTTP/1.1\r\nHost: consults.example\r\nConnection: close\r\n\r\n").is(200);
}

#[test]
fn other_origins_read_only_where_they_are_let() {
    let place = archive();
    let asks = "Origin: https://site.example\r\n";
    let closed = Server::start(&place, &[]);
    assert_eq!(closed.get_with("/api/v1/stats", asks).header("access-control-allow-origin"), None);
    let open = Server::start(&place, &["--cors", "https://site.example"]);
    let reply = open.get_with("/api/v1/stats", asks);
    assert_eq!(reply.header("access-control-allow-origin"), Some("https://site.example"));
    assert_eq!(open.get_with("/api/v1/stats", "Origin: https://other.example\r\n").header("access-control-allow-origin"), None);
    let preflight = open.send(
        b"OPTIONS /api/v1/related HTTP/1.1\r\nHost: localhost\r\nOrigin: https://site.example\r\n\
          Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type\r\nConnection: close\r\n\r\n",
    );
    assert_eq!(preflight.is(200).header("access-control-allow-origin"), Some("https://site.example"));
    let any = Server::start(&place, &["--cors", "*"]);
    assert_eq!(any.get_with(&format!("/embed/{FOOT}"), asks).header("access-control-allow-origin"), Some("*"));
}

#[test]
fn ids_with_slashes_quotes_and_markup_are_reached_by_the_links_of_the_pages() {
    let ids = ["a/b/c", "it's \"quoted\"", "50% & more?", "<script>alert(1)</script>", "日本語/#1", "back\\slash"];
    let threads: Vec<Value> = ids
        .iter()
        .map(|id| json!({"id": id, "title": "zebrafish question", "question": "zebrafish?", "answers": ["yes"]}))
        .collect();
    let place = of(&threads);
    let server = Server::start(&place, &[]);
    let page = server.get("/search?q=zebrafish").is(200).text();
    let links: Vec<&str> = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let links: Vec<&str> = links.into_iter().filter(|link| link.starts_with("/threads/")).collect();
    assert!(!links.is_empty());
    for link in &links {
        let thread = server.get(&format!("/api/v1{link}")).is(200).json();
        assert!(ids.contains(&thread["id"].as_str().unwrap()), "{link}");
        server.get(link).is(200);
        server.get(&link.replacen("/threads/", "/embed/", 1)).is(200);
        server.get(&format!("/api/v1{link}/related")).is(200);
    }
    server.get("/api/v1/threads/a%2Fb%2Fc").is(200);
}

#[test]
fn nothing_of_an_archive_or_a_query_becomes_markup() {
    let live = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)>";
    let place = of(&[
        json!({
            "id": "bad", "title": format!("zebrafish {live}"), "question": format!("zebrafish fever {live}"),
            "answers": [format!("zebrafish answer {live}")], "url": "javascript:alert(4)", "source": live,
            "doctor": {"name": live, "specialty": live}, "reviewer": live, "tags": [live],
        }),
        json!({"id": "other", "title": "zebrafish fever", "question": "zebrafish fever", "answers": ["zebrafish"]}),
    ]);
    let server = Server::start(&place, &[]);
    let asked = "%3Cscript%3Ealert(1)%3C%2Fscript%3E%22%27%3E%3Cimg%20src%3Dx%20onerror%3Dalert(2)%3E+zebrafish";
    let form = "application/x-www-form-urlencoded";
    let pages = [
        server.get(&format!("/search?q={asked}")).is(200),
        server.get(&format!("/search?q=zebrafish&filter={asked}&{asked}=1&published={asked}")).is(200),
        server.get("/threads/bad").is(200),
        server.get("/threads/other").is(200),
        server.get("/embed/other").is(200),
        server.get(&format!("/threads/{asked}")).is(404),
        server.post("/ask", form, format!("text={asked}")).is(200),
    ];
    for page in pages {
        let text = page.text();
        for live in ["<script>alert", "<img", "<svg", "javascript:", "onerror=alert(2)>\""] {
            assert!(!text.contains(live), "{live} in {text}");
        }
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("script-src 'unsafe"), "{policy}");
    }
}

#[test]
fn pages_hold_nothing_inline() {
    let place = archive();
    let server = Server::start(&place, &[]);
    for path in ["/", "/search?q=numb+foot", &format!("/threads/{FOOT}"), "/ask", "/api"] {
        let page = server.get(path).is(200);
        let text = page.text();
        for inline in ["style=", "<style", "onclick", "onload", "javascript:"] {
            assert!(!text.contains(inline), "{inline} in {path}");
        }
        assert_eq!(text.matches("<script").count(), text.matches("<script src=\"/assets/").count(), "{path}");
        assert!(text.contains("Not medical advice"), "{path}");
        let assets = text.split("\"/assets/").skip(1).filter_map(|rest| rest.split('"').next());
        for asset in assets {
            let asset = server.get(&format!("/assets/{asset}")).is(200);
            assert!(asset.header("cache-control").unwrap().contains("immutable"));
        }
    }
}

#[test]
fn pages_work_without_a_script() {
    let place = archive();
    let server = Server::start(&place, &[]);
    let found = server.get("/search?q=numb+foot+after+microdiscectomy").is(200).text();
    assert!(found.contains(&format!("href=\"/threads/{FOOT}\"")) && found.contains("<mark>"), "{found}");
    let without = server.get("/search?q=numb+foot+no+fever").is(200).text();
    let understood = without.split("Understood as").nth(1).and_then(|rest| rest.split("</p>").next()).unwrap();
    assert!(understood.contains("<s>fever</s>") && !understood.contains("<s>numb"), "{understood}");
    let thread = server.get(&format!("/threads/{FOOT}")).is(200).text();
    assert!(thread.contains("Patient") && thread.contains("Doctor") && thread.contains("Related questions"));
    let form = "application/x-www-form-urlencoded";
    let asked = server.post("/ask", form, "text=my+foot+tingles+after+microdiscectomy").is(200).text();
    assert!(asked.contains("Already answered") && asked.contains(FOOT));
    let nothing = server.get("/search?q=zzxqvwk").is(200).text();
    assert!(nothing.contains("Nothing found"));
    assert!(server.post("/ask", form, "text=").is(200).text().contains("Write a few words"));
}

#[test]
fn the_embedded_panel_is_small_and_brings_no_script() {
    let place = archive();
    let server = Server::start(&place, &[]);
    let script = server.get("/embed.js").is(200);
    assert!(script.body.len() < 2048, "{} bytes", script.body.len());
    let fragment = server.get(&format!("/embed/{FOOT}?n=2")).is(200).text();
    assert!(!fragment.contains("<script") && !fragment.contains("<html") && fragment.contains("not medical advice"));
    assert_eq!(fragment.matches("<li>").count(), 2);
}

#[test]
fn an_answer_that_the_client_has_is_not_sent_again_until_a_writer_commits() {
    let place = archive();
    let server = Server::start(&place, &[]);
    for path in [format!("/api/v1/threads/{FOOT}"), format!("/api/v1/threads/{FOOT}/related"), format!("/threads/{FOOT}")] {
        let first = server.get(&path).is(200);
        let tag = first.header("etag").unwrap().to_owned();
        let again = server.get_with(&path, &format!("If-None-Match: \"other\", {tag}\r\n")).is(304);
        assert!(again.body.is_empty());
        server.get_with(&path, "If-None-Match: \"other\"\r\n").is(200);
    }
    server.get_with("/api/v1/threads/nope", "If-None-Match: *\r\n").is(404);
    let tag = server.get(&format!("/threads/{FOOT}")).header("etag").unwrap().to_owned();
    assert_eq!(server.get("/api/v1/search?q=zebrafish").json()["hits"], json!([]));
    let new = place.write("new.jsonl", json!({"id": "z", "title": "zebrafish", "question": "zebrafish bite"}).to_string());
    place.index(&[&sample(), &new]).ok();
    let mut looks = 0;
    while server.get("/api/v1/search?q=zebrafish").is(200).json()["hits"] == json!([]) {
        looks += 1;
        assert!(looks < 300, "the new thread is never found");
        std::thread::sleep(Duration::from_millis(100));
    }
    server.get_with(&format!("/threads/{FOOT}"), &format!("If-None-Match: {tag}\r\n")).is(200);
    assert!(server.get("/metrics").text().contains("curbside_index_reloads_total{outcome=\"opened\"} 1"));
}

#[test]
fn an_index_that_breaks_while_it_is_served_goes_on_being_served_as_it_was() {
    let place = archive();
    let server = Server::start(&place, &[]);
    std::fs::write(place.path("index").join("meta.json"), "{\"damaged\": true}").unwrap();
    let mut looks = 0;
    while !server.log().contains("cannot be opened") {
        looks += 1;
        assert!(looks < 300, "{}", server.log());
        std::thread::sleep(Duration::from_millis(100));
    }
    server.get(&format!("/api/v1/threads/{FOOT}")).is(200);
}

#[test]
fn beyond_its_limit_the_server_refuses_at_once_and_says_when_to_come_again() {
    let place = archive();
    let server = Server::start(&place, &["--concurrency", "1"]);
    let mut under_way = server.connect();
    let body = json!({"text": "numb foot"}).to_string();
    let head = format!(
        "POST /api/v1/annotate HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    under_way.write_all(head.as_bytes()).unwrap();
    // Admitted once its head has been read; until then the one place is still free.
    let mut refused = server.get("/api/v1/stats");
    while refused.status == 200 {
        refused = server.get("/api/v1/stats");
    }
    assert_eq!(refused.problem(503, "again").header("retry-after"), Some("1"));
    server.get("/healthz").is(200);
    under_way.write_all(body.as_bytes()).unwrap();
    read_reply(&mut under_way).is(200);
    server.get("/api/v1/stats").is(200);
}

/// As many as the system lets this process have; a usual soft limit is 1,024.
fn allow_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).expect("a soft limit may be raised to the hard one");
}

#[test]
fn ten_thousand_connections_at_once_are_answered_or_refused_and_none_is_left_hanging() {
    allow_open_files();
    let place = archive();
    let server = Server::start(&place, &["--timeout", "60"]);
    let mut streams: Vec<TcpStream> = Vec::new();
    let request = b"GET /api/v1/search?q=numb+foot&n=1 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    while streams.len() < 10_000 {
        match TcpStream::connect(("127.0.0.1", server.port)) {
            Ok(stream) => streams.push(stream),
            Err(error) => {
                eprintln!("only {} connections: {error}", streams.len());
                break;
            }
        }
    }
    assert!(streams.len() > 500);
    for stream in &mut streams {
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        stream.write_all(request).unwrap();
    }
    let replies: Vec<Reply> = streams.iter_mut().map(read_reply).collect();
    assert!(replies.iter().all(|reply| matches!(reply.status, 200 | 503)));
    assert!(replies.iter().any(|reply| reply.status == 200));
    drop(streams);
    server.get("/api/v1/search?q=numb+foot").is(200);
}

#[test]
fn a_request_under_way_is_answered_before_the_process_ends() {
    let place = archive();
    let server = Server::start(&place, &[]);
    let body = json!({"text": "numb foot"}).to_string();
    let mut under_way = server.connect();
    let head = format!(
        "POST /api/v1/annotate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    under_way.write_all(head.as_bytes()).unwrap();
    while !server.get("/metrics").text().contains("curbside_requests_under_way 2") {}
    server.terminate();
    while !server.log().contains("stopping") {
        std::thread::sleep(Duration::from_millis(20));
    }
    under_way.write_all(body.as_bytes()).unwrap();
    read_reply(&mut under_way).is(200);
    assert_eq!(server.exit_code(), Some(0));
}

#[test]
fn what_people_ask_is_in_no_log_and_no_metric() {
    let place = archive();
    let server = Server::start(&place, &[]);
    server.get("/search?q=secretquestion").is(200);
    server.get("/api/v1/search?q=secretquestion").is(200);
    server.get("/threads/secretquestion").is(404);
    server.get("/api/v1/secretquestion").is(404);
    server.post_json("/api/v1/related", &json!({"text": "secretquestion"})).is(200);
    let metrics = server.get("/metrics").is(200).text();
    assert!(metrics.contains("curbside_requests_total{method=\"GET\",route=\"/api/v1/search\",status=\"200\"} 1"), "{metrics}");
    for named in ["curbside_request_duration_seconds_bucket", "curbside_index_threads", "curbside_index_age_seconds"] {
        assert!(metrics.contains(named), "{named} in {metrics}");
    }
    let mut looks = 0;
    while server.log().lines().count() < 6 {
        looks += 1;
        assert!(looks < 300, "{}", server.log());
        std::thread::sleep(Duration::from_millis(20));
    }
    let log = server.log();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).expect("a log line is JSON");
        assert!(line["level"].is_string() && line["timestamp"].is_string());
    }
    assert!(!format!("{log}{metrics}").contains("secretquestion"));
}

#[test]
fn answers_are_compressed_for_who_can_read_it() {
    let place = archive();
    let server = Server::start(&place, &[]);
    let plain = server.get("/").is(200);
    let packed = server.get_with("/", "Accept-Encoding: gzip\r\n").is(200);
    assert_eq!((plain.header("content-encoding"), packed.header("content-encoding")), (None, Some("gzip")));
    assert!(packed.body.starts_with(b"\x1f\x8b") && packed.body.len() < plain.body.len());
}

#[test]
fn the_description_names_every_endpoint_and_what_it_describes_is_there() {
    let place = archive();
    let server = Server::start(&place, &[]);
    let described = server.get("/openapi.json").is(200).json();
    assert!(described["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths: Vec<&String> = described["paths"].as_object().unwrap().keys().collect();
    for expected in ["search", "threads/{id}", "threads/{id}/related", "related", "annotate", "suggest", "concepts/{id}", "stats"]
    {
        assert!(paths.iter().any(|path| **path == format!("/api/v1/{expected}")), "{expected} in {paths:?}");
    }
    for (path, methods) in described["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            assert!(operation["summary"].is_string() && operation["responses"]["200"].is_object(), "{method} {path}");
        }
    }
    let page = server.get("/api").is(200).text();
    assert!(paths.iter().all(|path| page.contains(path.as_str())));
}
