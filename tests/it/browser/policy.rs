//! The Content-Security-Policy in a browser that enforces it. Every payment of this folder fails when its policy stops a
//! form or the redirect after one; here is the proof that this browser would.

use actix_web::http::header;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::journey::{Basket, Page};
use super::session::{Device, browse};

/// A page whose form may go to its own origin only, and whose answer sends the browser to `elsewhere`.
fn narrow_page(elsewhere: String) -> (actix_web::dev::ServerHandle, String) {
    let server = HttpServer::new(move || {
        let elsewhere = elsewhere.clone();
        let page = || async {
            HttpResponse::Ok()
                .content_type("text/html")
                .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'; form-action 'self'"))
                .body("<link rel=icon href='data:,'><h1>Narrow</h1><form method=post action=/go><button>Go</button></form>")
        };
        let away = move || {
            let elsewhere = elsewhere.clone();
            async move { HttpResponse::SeeOther().insert_header((header::LOCATION, elsewhere)).finish() }
        };
        App::new().route("/", web::get().to(page)).route("/go", web::post().to(away))
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", server.addrs()[0]);
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    (handle, url)
}

#[actix_web::test]
async fn this_browser_holds_the_redirect_after_a_form_to_the_policy() {
    browse(Device::DESKTOP, async |browser| {
        let (server, url) = narrow_page(browser.sandbox.shop.to_string());
        browser.open(&url).await;
        browser.complaints().await;
        browser.click("button").await;
        browser.complains_of("form-action").await;
        assert_eq!(browser.text("h1").await, "Narrow", "the browser did not go");
        server.stop(false).await;
    })
    .await;
}

#[actix_web::test]
async fn the_choice_page_s_forms_lead_to_issuers_and_the_shop_only() {
    browse(Device::DESKTOP, async |browser| {
        browser.buy_and_choose(Basket::PLAIN).await;
        browser.nothing_was_blocked().await;
        let (server, url) = narrow_page(String::new());
        browser.measure(&format!("document.querySelector('form[action*=\"/cancel?\"]').action = '{url}go'")).await;
        browser.click(&format!("form[action^='{url}'] button")).await;
        browser.complains_of("form-action").await;
        browser.chrome().refresh().await.unwrap();
        browser.at(Page::Choice).await;
        browser.choose("BANK_A").await;
        browser.at_bank("BANK_A").await;
        server.stop(false).await;
    })
    .await;
}

#[actix_web::test]
async fn the_choice_page_runs_no_script_of_anybody() {
    browse(Device::DESKTOP, async |browser| {
        browser.buy_and_choose(Basket::PLAIN).await;
        let insert = "const script = document.createElement('script');
            script.textContent = 'document.title = \"owned\"';
            document.body.append(script);
            return document.title";
        assert_ne!(browser.measure(insert).await, "owned");
        browser.complains_of("Content Security Policy").await;
    })
    .await;
}
