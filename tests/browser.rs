//! The pages as people meet them: real Chromium, driven through chromedriver. Says that it skips where there is none.
//!
//! `CURBSIDE_AXE` names axe-core's `axe.min.js`, by which accessibility is checked; `CURBSIDE_SCREENSHOTS` a folder to keep pictures in.
#![cfg(feature = "serve")]

mod common;
#[path = "common/server.rs"]
mod server;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use common::{Place, sample};
use fantoccini::key::Key;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use server::Server;

const FOOT: &str = "tingling-foot-after-microdiscectomy";

/// One browser at a time: several at once only make each other slow.
static TURN: Mutex<()> = Mutex::new(());

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Desktop,
    Dark,
    Phone,
    DarkPhone,
}

/// Says it past the test harness, which keeps what a passing test prints to itself.
fn say(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "{sentence}");
}

struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    /// `None`, said aloud, where chromedriver or Chromium is not installed.
    fn start() -> Option<Driver> {
        let process = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let Ok(mut process) = process else {
            say("skipped: chromedriver is not installed, so pages are not tried in a browser");
            return None;
        };
        let lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let port = lines.map_while(Result::ok).find_map(|line| {
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        Some(Driver { process, port: port.expect("chromedriver names its port") })
    }
}

impl Drop for Driver {
    /// Told to shut down, it ends its browser too, which a failed test leaves open; killed, it would not.
    fn drop(&mut self) {
        let told = TcpStream::connect(("127.0.0.1", self.port)).and_then(|mut driver| {
            driver.write_all(b"GET /shutdown HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            driver.read_to_end(&mut Vec::new())
        });
        if told.is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// Runs a visit of a server over the sample archive.
fn visit(look: Look, visit: impl AsyncFnOnce(&Client, &Server)) {
    visit_with(look, &[], async |page, server, _| visit(page, server).await);
}

/// The same, of a server with arguments, and with the folder that it stands in.
fn visit_with(look: Look, args: &[&str], visit: impl AsyncFnOnce(&Client, &Server, &Place)) {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(driver) = Driver::start() else { return };
    let place = Place::new();
    place.index(&[&sample()]).ok();
    let server = Server::start(&place, args);
    let profile = place.path("chromium");
    let mut flags = vec![
        "--headless".to_owned(),
        "--no-sandbox".into(),
        "--disable-gpu".into(),
        "--disable-quic".into(),
        "--disable-dev-shm-usage".into(),
        "--no-first-run".into(),
        "--disable-background-networking".into(),
        "--disable-component-update".into(),
        "--disable-sync".into(),
        "--hide-scrollbars".into(),
        "--window-size=1280,900".into(),
        format!("--user-data-dir={}", profile.display()),
    ];
    if matches!(look, Look::Dark | Look::DarkPhone) {
        flags.push("--blink-settings=preferredColorScheme=0".into());
    }
    let mut options = json!({"args": flags});
    if matches!(look, Look::Phone | Look::DarkPhone) {
        options["mobileEmulation"] = json!({"deviceMetrics": {"width": 360, "height": 740, "pixelRatio": 2.0}});
    }
    let Value::Object(capabilities) = json!({"goog:chromeOptions": options}) else { unreachable!("it is an object") };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let mut builder = ClientBuilder::new(HttpConnector::new());
        let client = builder.capabilities(capabilities).connect(&format!("http://127.0.0.1:{}", driver.port)).await;
        let client = client.expect("Chromium starts");
        visit(&client, &server, &place).await;
        client.close().await.expect("Chromium ends");
    });
}

async fn find(page: &Client, css: &str) -> fantoccini::elements::Element {
    let found = page.wait().at_most(Duration::from_secs(20)).for_element(Locator::Css(css)).await;
    found.unwrap_or_else(|error| panic!("{css}: {error}"))
}

async fn text(page: &Client, css: &str) -> String {
    find(page, css).await.text().await.expect("an element has a text")
}

/// Waits until a script's expression holds.
async fn until(page: &Client, expression: &str) {
    for _ in 0..400 {
        if page.execute(&format!("return Boolean({expression})"), vec![]).await.expect("a script runs") == json!(true) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never so: {expression} on {}", page.source().await.unwrap_or_default());
}

async fn path(page: &Client) -> String {
    let url = page.current_url().await.expect("a page has an address");
    url.path().to_owned() + url.query().map(|query| format!("?{query}")).unwrap_or_default().as_str()
}

#[test]
fn hits_appear_while_one_types_and_a_facet_narrows_them() {
    visit(Look::Desktop, async |page, server| {
        page.goto(&server.url("/search")).await.unwrap();
        find(page, "#q").await.send_keys("numb foot after back surgery").await.unwrap();
        until(page, "document.querySelector('.hit h2 a')").await;
        until(page, "location.search.includes('surgery')").await;
        let all = text(page, ".count").await;
        let facet = find(page, ".facets li a").await;
        let narrowed = facet.attr("href").await.unwrap().unwrap();
        facet.click().await.unwrap();
        until(page, "document.querySelector('.filter')").await;
        assert!(narrowed.ends_with(&path(page).await), "{narrowed}");
        assert_ne!(text(page, ".count").await, all);
        find(page, ".filter").await.click().await.unwrap();
        until(page, "!document.querySelector('.filter')").await;
        assert_eq!(text(page, ".count").await, all);
    });
}

#[test]
fn filters_and_order_stay_while_one_types_on() {
    visit(Look::Desktop, async |page, server| {
        page.goto(&server.url("/search?q=pain&symptom=numbness&sort=-date&from=2")).await.unwrap();
        find(page, "#q").await.send_keys(" leg").await.unwrap();
        until(page, "location.search.includes('leg')").await;
        assert_eq!(path(page).await, "/search?q=pain+leg&symptom=numbness&sort=-date");
        assert!(text(page, ".filter").await.ends_with("symptom: numbness ×"));
        assert_eq!(text(page, ".orders [aria-current]").await, "Newest");
    });
}

#[test]
fn suggestions_are_chosen_with_the_arrow_keys() {
    visit(Look::Desktop, async |page, server| {
        let press = async |key: Key| find(page, "#q").await.send_keys(&char::from(key).to_string()).await.unwrap();
        let chosen = async || {
            let script =
                "return [...document.querySelectorAll('#suggestions [aria-selected=true]')].map((option) => option.id).join()";
            let selected = page.execute(script, vec![]).await.unwrap();
            let told = find(page, "#q").await.attr("aria-activedescendant").await.unwrap().unwrap_or_default();
            assert_eq!(selected, told, "what is seen as chosen is told as chosen");
            told
        };
        page.goto(&server.url("/search")).await.unwrap();
        find(page, "#q").await.send_keys("numbn").await.unwrap();
        until(page, "document.querySelectorAll('#suggestions li').length > 1").await;
        assert_eq!(find(page, "#q").await.attr("aria-expanded").await.unwrap().as_deref(), Some("true"));
        assert_eq!(chosen().await, "");
        let last = page.execute("return document.getElementById('suggestions').lastElementChild.id", vec![]).await.unwrap();
        for (key, expected) in [
            (Key::Down, "suggestion-0"),
            (Key::Down, "suggestion-1"),
            (Key::Up, "suggestion-0"),
            (Key::Up, last.as_str().unwrap()),
            (Key::Down, "suggestion-0"),
        ] {
            press(key).await;
            assert_eq!(chosen().await, expected);
        }
        let first = text(page, "#suggestion-0 span").await;
        assert!(first.starts_with("numbn"), "{first}");
        press(Key::Enter).await;
        assert_eq!(find(page, "#q").await.prop("value").await.unwrap().unwrap(), first);
        until(
            page,
            &format!("new URL(location.href).searchParams.get('q') === '{first}' && document.querySelector('.hit h2 a')"),
        )
        .await;
        assert!(!find(page, "#suggestions").await.is_displayed().await.unwrap());
        // Escape closes and changes nothing.
        find(page, "#q").await.send_keys(" aft").await.unwrap();
        until(page, "!document.getElementById('suggestions').hidden").await;
        press(Key::Escape).await;
        assert!(!find(page, "#suggestions").await.is_displayed().await.unwrap());
        assert_eq!(find(page, "#q").await.prop("value").await.unwrap().unwrap(), format!("{first} aft"));
    });
}

#[test]
fn on_the_first_page_a_concept_that_is_suggested_is_searched_for_and_a_consult_is_opened() {
    visit(Look::Desktop, async |page, server| {
        for (typed, kind, there) in [
            ("numb", "symptom", "location.pathname === '/search'"),
            ("tingling in the f", "consult", "document.querySelector('.thread')"),
        ] {
            page.goto(&server.url("/")).await.unwrap();
            find(page, "#q").await.send_keys(typed).await.unwrap();
            let of_kind =
                format!("[...document.querySelectorAll('#suggestions li')].find((li) => li.lastChild.textContent === '{kind}')");
            until(page, &of_kind).await;
            page.execute(&format!("{of_kind}.dispatchEvent(new MouseEvent('mousedown', {{ cancelable: true }}))"), vec![])
                .await
                .unwrap();
            until(page, there).await;
        }
    });
}

#[test]
fn the_panel_stands_under_a_page_of_another_site() {
    visit_with(Look::Desktop, &["--cors", "*"], async |page, server, place| {
        let script = format!("<script src=\"{}\" data-thread=\"{FOOT}\" data-n=\"3\" async></script>", server.url("/embed.js"));
        let site =
            format!("<!doctype html><title>Elsewhere</title><style>li, h2 {{ display: none }}</style><p>A page.</p>{script}");
        let site = place.write("elsewhere.html", site);
        page.goto(&format!("file://{}", site.display())).await.unwrap();
        let root = "document.querySelector('div')?.shadowRoot";
        until(page, &format!("{root}?.querySelectorAll('li').length === 3")).await;
        // The page's style is not the panel's.
        until(page, &format!("getComputedStyle({root}.querySelector('h2')).display === 'block'")).await;
        let link = page.execute(&format!("return {root}.querySelector('a').href"), vec![]).await.unwrap();
        page.goto(link.as_str().unwrap()).await.unwrap();
        until(page, "document.querySelector('.thread')").await;
        // A page whose policy forbids styles of others has the panel's all the same.
        let policy = format!("default-src 'none'; script-src {0}; connect-src {0}", server.url("/"));
        let strict =
            format!("<!doctype html><meta http-equiv=Content-Security-Policy content=\"{policy}\"><p>A page.</p>{script}");
        let strict = place.write("strict.html", strict);
        page.goto(&format!("file://{}", strict.display())).await.unwrap();
        until(page, &format!("{root}?.querySelectorAll('li').length === 3")).await;
        until(page, &format!("getComputedStyle({root}.querySelector('h2')).fontSize === '16.8px'")).await;
        // A thread that is not there leaves the page as it was.
        let site = place.write("nowhere.html", format!("<!doctype html><p>A page.</p>{}", script.replace(FOOT, "nope")));
        page.goto(&format!("file://{}", site.display())).await.unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(page.execute("return document.body.innerText.trim()", vec![]).await.unwrap(), json!("A page."));
    });
}

#[test]
fn the_why_shows_while_a_mouse_rests_on_it_and_moves_nothing() {
    visit(Look::Desktop, async |page, server| {
        page.goto(&server.url(&format!("/threads/{FOOT}"))).await.unwrap();
        let second = "return document.querySelectorAll('aside .title')[1].getBoundingClientRect().top";
        let before = page.execute(second, vec![]).await.unwrap();
        find(page, "aside .why summary").await;
        let rest = "const why = document.querySelector('aside .why'); \
                    why.dispatchEvent(new PointerEvent('pointerenter', { pointerType: 'mouse' })); return why.open";
        assert_eq!(page.execute(rest, vec![]).await.unwrap(), json!(true));
        assert!(find(page, "aside .why dl").await.is_displayed().await.unwrap());
        assert_eq!(page.execute(second, vec![]).await.unwrap(), before, "what stands below stays where it is");
        let leave = "const why = document.querySelector('aside .why'); \
                     why.dispatchEvent(new PointerEvent('pointerleave', { pointerType: 'mouse' })); return why.open";
        assert_eq!(page.execute(leave, vec![]).await.unwrap(), json!(false));
    });
}

#[test]
fn a_reader_goes_from_a_hit_to_the_thread_and_on_along_its_panel() {
    visit(Look::Desktop, async |page, server| {
        page.goto(&server.url("/search?q=tingling+foot+after+microdiscectomy")).await.unwrap();
        find(page, ".hit h2 a").await.click().await.unwrap();
        until(page, "document.querySelector('.thread')").await;
        assert_eq!(path(page).await, format!("/threads/{FOOT}"));
        find(page, "aside .why summary").await.click().await.unwrap();
        until(page, "document.querySelector('aside .why[open] dd')").await;
        let title = text(page, "aside .panel .title").await;
        find(page, "aside .panel .title").await.click().await.unwrap();
        until(page, &format!("location.pathname !== '/threads/{FOOT}'")).await;
        assert_eq!(text(page, ".thread h1").await, title);
    });
}

#[test]
fn marks_show_what_was_understood_only_when_asked_for() {
    visit(Look::Desktop, async |page, server| {
        page.goto(&server.url(&format!("/threads/{FOOT}"))).await.unwrap();
        let marked =
            "getComputedStyle(document.querySelector('mark.m:not(.denied, .open)')).backgroundColor !== 'rgba(0, 0, 0, 0)'";
        until(page, &format!("!({marked})")).await;
        find(page, ".toggle").await.click().await.unwrap();
        until(page, marked).await;
    });
}

#[test]
fn a_question_with_a_script_in_it_stays_a_question() {
    visit(Look::Desktop, async |page, server| {
        let question = "my foot tingles after microdiscectomy <script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">";
        page.goto(&server.url("/ask")).await.unwrap();
        find(page, "#text").await.send_keys(question).await.unwrap();
        find(page, ".question button").await.click().await.unwrap();
        until(page, "document.querySelector('.answers .panel')").await;
        assert_eq!(find(page, "#text").await.prop("value").await.unwrap().unwrap(), question);
        page.goto(&server.url("/search")).await.unwrap();
        find(page, "#q").await.send_keys(question).await.unwrap();
        until(page, "document.querySelector('.count')").await;
        assert!(!page.title().await.unwrap().contains("taken") || page.title().await.unwrap().contains("script"));
        assert_eq!(
            page.execute("return document.querySelectorAll('main script, main img').length", vec![]).await.unwrap(),
            json!(0)
        );
    });
}

#[test]
fn everything_is_reached_with_the_keyboard_alone() {
    visit(Look::Desktop, async |page, server| {
        let press = async |keys: &str| {
            page.active_element().await.unwrap().send_keys(keys).await.unwrap();
        };
        let (tab, enter, space) = (char::from(Key::Tab).to_string(), char::from(Key::Enter).to_string(), " ".to_owned());
        page.goto(&server.url("/")).await.unwrap();
        press("tingling foot after microdiscectomy").await;
        press(&enter).await;
        until(page, "document.querySelector('.hit h2 a')").await;
        // The slash goes to the search box from anywhere.
        find(page, "body").await.send_keys("/").await.unwrap();
        until(page, "document.activeElement.id === 'q'").await;
        let mut stops = 0;
        while page.execute("return document.activeElement.matches('.hit h2 a')", vec![]).await.unwrap() != json!(true) {
            press(&tab).await;
            let shown =
                "const a = document.activeElement; return a === document.body || getComputedStyle(a).outlineStyle !== 'none'";
            assert_eq!(page.execute(shown, vec![]).await.unwrap(), json!(true), "focus is seen at stop {stops}");
            stops += 1;
            assert!(stops < 80, "no hit is reached");
        }
        press(&enter).await;
        until(page, "document.querySelector('.thread')").await;
        for wanted in ["#marks", "aside .why summary"] {
            let mut stops = 0;
            while page.execute(&format!("return document.activeElement.matches('{wanted}')"), vec![]).await.unwrap()
                != json!(true)
            {
                press(&tab).await;
                stops += 1;
                assert!(stops < 40, "{wanted} is not reached");
            }
            press(&space).await;
        }
        until(page, "document.getElementById('marks').checked && document.querySelector('aside .why[open]')").await;
    });
}

/// Every page in every look: nothing is wider than the screen, and axe finds nothing serious.
#[test]
fn every_page_is_accessible_in_every_look() {
    let axe = std::env::var_os("CURBSIDE_AXE").map(|path| std::fs::read_to_string(path).expect("CURBSIDE_AXE names a file"));
    if axe.is_none() {
        say("skipped: CURBSIDE_AXE does not name axe-core's axe.min.js, so accessibility is not checked");
    }
    let thread = format!("/threads/{FOOT}");
    // Each with what is done on it before it is looked at, and what is to be seen then.
    let at_once = ("", "true");
    let pages = [
        ("home", "/", at_once),
        ("search", "/search?q=numb+foot+after+back+surgery", at_once),
        ("explained", "/search?q=numb+foot&explain=true&symptom=numbness", at_once),
        ("nothing", "/search?q=zzxqvwk", at_once),
        ("empty", "/search", at_once),
        ("suggested", "/search", ("type('numb')", "document.querySelector('#suggestions li')")),
        ("thread", &thread, at_once),
        (
            "marked",
            &thread,
            ("document.getElementById('marks').click(); document.querySelector('aside .why').open = true", "true"),
        ),
        ("ask", "/ask", at_once),
        (
            "answered",
            "/ask",
            (
                "document.getElementById('text').value = 'My foot is numb since a microdiscectomy. No fever. Will it come back?'; \
                 document.querySelector('.question').requestSubmit()",
                "document.querySelector('.answers .panel')",
            ),
        ),
        ("api", "/api", at_once),
        ("problem", "/threads/nope", at_once),
    ];
    let typing = "const type = (text) => { const box = document.getElementById('q'); box.focus(); box.value = text; \
                  box.dispatchEvent(new Event('input')) }; ";
    for (look, name) in
        [(Look::Desktop, "desktop"), (Look::Dark, "dark"), (Look::Phone, "phone"), (Look::DarkPhone, "dark-phone")]
    {
        visit(look, async |page, server| {
            for (page_name, address, (act, seen)) in pages {
                page.goto(&server.url(address)).await.unwrap();
                page.execute(&format!("{typing}{act}"), vec![]).await.unwrap();
                until(page, seen).await;
                let overflow = page.execute("return document.documentElement.scrollWidth - innerWidth", vec![]).await.unwrap();
                assert!(overflow.as_f64().unwrap() <= 0.0, "{page_name} is {overflow} pixels wider than the {name}");
                if let Some(folder) = std::env::var_os("CURBSIDE_SCREENSHOTS") {
                    let picture = page.screenshot().await.unwrap();
                    std::fs::write(std::path::Path::new(&folder).join(format!("{page_name}-{name}.png")), picture).unwrap();
                }
                let Some(axe) = &axe else { continue };
                page.execute(axe, vec![]).await.unwrap();
                let run = "const done = arguments[0]; axe.run().then((r) => done(r.violations.filter((v) => ['serious', 'critical']\
                           .includes(v.impact)).map((v) => v.id + ': ' + v.nodes.map((n) => n.html + n.failureSummary).join(' | '))))";
                let violations = page.execute_async(run, vec![]).await.unwrap();
                assert_eq!(violations, json!([]), "{page_name} on {name}");
            }
        });
    }
}
