pub fn gateway() -> utoipa::openapi::OpenApi {
    utoipa::openapi::OpenApi::default()
}
pub fn console() -> utoipa::openapi::OpenApi {
    utoipa::openapi::OpenApi::default()
}
