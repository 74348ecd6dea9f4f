pub(super) fn endpoints(_: &mut actix_web::web::ServiceConfig) {}
