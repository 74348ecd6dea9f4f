pub(super) async fn serve() -> actix_web::HttpResponse {
    actix_web::HttpResponse::NotFound().finish()
}
