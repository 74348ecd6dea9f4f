//! The console's files, embedded when this program was built; without them, a page that says how to build them.

use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};

/// A file below `web/dist`.
pub(super) struct Asset {
    /// With a slash at its beginning.
    pub(super) path: &'static str,
    pub(super) bytes: &'static [u8],
}

// `ASSETS`, written by build.rs; empty if the console was not built.
include!(concat!(env!("OUT_DIR"), "/assets.rs"));

const INDEX: &str = "/index.html";
/// Where the build puts files whose names change with their contents.
const HASHED: &str = "/assets/";

const FOREVER: &str = "public, max-age=31536000, immutable";
/// Asked for again each time, because it names the files of this very version.
const NEVER: &str = "no-cache";

/// Styles are set by script in places, hence their exception.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const NOT_BUILT: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Turnpike</title>
<h1>The console is not built</h1>
<p>This gateway serves its API at <code>/v1</code>, but was compiled without the console.
<p>Run <code>cargo xtask run</code>: it builds the console and a gateway that carries it.
</html>
";

/// Whatever is no API: a file, or the page that finds its own way from the path.
pub(super) async fn serve(request: HttpRequest) -> HttpResponse {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return page(
            HttpResponse::MethodNotAllowed().insert_header(("allow", "GET, HEAD")),
            "text/plain; charset=utf-8",
            NEVER,
        )
        .body("only GET and HEAD\n");
    }
    let path = request.path();
    if let Some(asset) = find(path) {
        let cache = if path.starts_with(HASHED) { FOREVER } else { NEVER };
        return page(&mut HttpResponse::Ok(), content_type(path), cache).body(asset.bytes);
    }
    if path.starts_with(HASHED) {
        // A file of another version: a page in its place would be taken for a script.
        return page(&mut HttpResponse::NotFound(), "text/plain; charset=utf-8", NEVER).body("no such file\n");
    }
    match find(INDEX) {
        Some(index) => page(&mut HttpResponse::Ok(), content_type(INDEX), NEVER).body(index.bytes),
        None => page(&mut HttpResponse::NotFound(), content_type(INDEX), NEVER).body(NOT_BUILT),
    }
}

fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

fn page<'a>(
    response: &'a mut actix_web::HttpResponseBuilder,
    content_type: &str,
    cache: &str,
) -> &'a mut actix_web::HttpResponseBuilder {
    response
        .insert_header(("content-type", content_type))
        .insert_header(("cache-control", cache))
        .insert_header(("content-security-policy", POLICY))
        .insert_header(("x-content-type-options", "nosniff"))
        .insert_header(("referrer-policy", "same-origin"))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    async fn get(path: &str) -> HttpResponse {
        serve(TestRequest::with_uri(path).to_http_request()).await
    }

    fn header<'a>(response: &'a HttpResponse, name: &str) -> &'a str {
        response.headers().get(name).unwrap().to_str().unwrap()
    }

    #[actix_web::test]
    async fn every_answer_carries_the_policy() {
        for path in ["/", "/keys", "/assets/gone.js", "/index.html"] {
            let response = get(path).await;
            assert!(header(&response, "content-security-policy").contains("frame-ancestors 'none'"), "{path}");
            assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        }
    }

    #[actix_web::test]
    async fn a_path_of_the_console_gets_its_page_and_an_old_file_does_not() {
        let page = get("/usage?period=2026-11").await;
        assert_eq!(page.status(), if ASSETS.is_empty() { 404 } else { 200 });
        assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&page, "cache-control"), NEVER);
        let gone = get("/assets/index-00000000.js").await;
        assert_eq!(gone.status(), 404);
        assert_eq!(header(&gone, "content-type"), "text/plain; charset=utf-8");
    }

    #[actix_web::test]
    async fn files_whose_names_change_with_them_are_kept_for_ever() {
        for asset in ASSETS.iter().filter(|asset| asset.path.starts_with(HASHED)) {
            let response = get(asset.path).await;
            assert_eq!(header(&response, "cache-control"), FOREVER, "{}", asset.path);
            assert_ne!(header(&response, "content-type"), "application/octet-stream", "{}", asset.path);
        }
    }
}
