//! API keys of the organisation.

use super::form::{self, Form};
use super::{new_id, reply};
use crate::app::App;
use crate::clock;
use crate::http::error::Problem;
use crate::http::member::Member;
use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use store::api_key::{ApiKeyRow, api_key_insert, api_key_list, api_key_rename, api_key_revoke};
use store::revisions::tenant_revise;
use store::user::user_emails;
use tenancy::{ApiKey, ApiKeyId};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// A key without its secret, which is stored nowhere.
#[derive(Serialize, ToSchema)]
pub(crate) struct Key {
    id: Uuid,
    name: String,
    #[schema(value_type = Environment)]
    environment: String,
    /// How the secret begins.
    #[schema(example = "tp_live_AbCd")]
    prefix: String,
    last_four: String,
    created_at: DateTime<Utc>,
    /// E-mail address of the member who made it.
    created_by: String,
    #[schema(required)]
    last_used_at: Option<DateTime<Utc>>,
    #[schema(required)]
    revoked_at: Option<DateTime<Utc>>,
}

/// Where a key's requests go: to real providers, or to the sandbox.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code, reason = "only described: the values are tenancy's")]
pub(crate) enum Environment {
    Live,
    Test,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct KeyList {
    items: Vec<Key>,
    #[schema(required)]
    next_cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct KeyQuery {
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    #[param(value_type = Option<i64>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct NewKey {
    /// 1 to 100 characters.
    name: String,
    #[schema(value_type = Environment)]
    environment: String,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct CreatedKey {
    key: Key,
    /// The whole key. It is shown this once.
    secret: String,
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct KeyName {
    /// 1 to 100 characters.
    name: String,
}

/// As the column has it.
const NAME_LENGTH_MAX: usize = 100;
const PAGE: i64 = 100;
const PAGE_MAX: i64 = 200;
/// Keys that an organisation can have, revoked ones included, as they stay for the usage that names them.
const KEYS_MAX: i64 = 1000;

/// Keys of the organisation, newest first, revoked ones included.
#[utoipa::path(get, path = "/api/keys", operation_id = "key_list", tag = "keys", params(KeyQuery),
    responses((status = 200, description = "keys", body = KeyList),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn list(
    app: web::Data<App>,
    member: Member,
    query: web::Query<KeyQuery>,
) -> Result<HttpResponse, Problem> {
    let limit =
        form::limit(query.limit.as_deref(), PAGE, PAGE_MAX).map_err(|why| Problem::invalid_field("limit", why))?;
    let mut tx = app.store.tenant_tx(member.tenant_id).await?;
    let rows = api_key_list(&mut tx, KEYS_MAX).await?;
    let (rows, next_cursor) = page(rows, query.cursor.as_deref(), limit)?;
    let creators: Vec<Uuid> = rows.iter().map(|row| row.created_by).collect();
    let emails = user_emails(&mut tx, &creators).await?;
    let items = rows
        .into_iter()
        .map(|row| {
            let creator = emails.get(&row.created_by).cloned().unwrap_or_default();
            key(row, creator)
        })
        .collect();
    Ok(reply::ok(&KeyList { items, next_cursor }))
}

/// One page of all keys; the cursor is the last key's id of the page before.
fn page(rows: Vec<ApiKeyRow>, cursor: Option<&str>, limit: i64) -> Result<(Vec<ApiKeyRow>, Option<String>), Problem> {
    let start = match cursor {
        None => 0,
        Some(cursor) => {
            let last = rows.iter().position(|row| row.api_key_id.to_string() == cursor);
            last.ok_or_else(|| {
                Problem::invalid_field("cursor", "this is no cursor: repeat the one that came with the page before")
            })? + 1
        }
    };
    let limit = usize::try_from(limit).unwrap_or_default();
    let more = rows.len() > start + limit;
    let rows: Vec<ApiKeyRow> = rows.into_iter().skip(start).take(limit).collect();
    let next = rows.last().filter(|_| more).map(|row| row.api_key_id.to_string());
    Ok((rows, next))
}

/// Makes a key. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/keys", operation_id = "key_create", tag = "keys", request_body = NewKey,
    responses((status = 201, description = "the key and its secret", body = CreatedKey),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn create(
    app: web::Data<App>,
    member: Member,
    body: web::Json<NewKey>,
) -> Result<HttpResponse, Problem> {
    let mut fields = Form::default();
    let name = fields.read("name", form::name(&body.name, NAME_LENGTH_MAX));
    let environment = fields.read("environment", body.environment.parse::<tenancy::Environment>());
    let (Some(name), Some(environment)) = (name, environment) else { return Err(fields.refuse()) };
    let secret = ApiKey::generate(environment, clock::random());
    let mut tx = app.store.tenant_tx(member.tenant_id).await?;
    let existing = api_key_list(&mut tx, KEYS_MAX).await?.len();
    if i64::try_from(existing).is_ok_and(|count| count >= KEYS_MAX) {
        return Err(Problem::too_many_keys(KEYS_MAX));
    }
    let pepper = app.secrets.peppers().swap_remove(0);
    let id = ApiKeyId::new(new_id());
    let row = api_key_insert(&mut tx, id, &name, &secret, &pepper, member.user_id).await?;
    tx.commit().await?;
    tracing::info!(tenant.id = %member.tenant_id, user.id = %member.user_id, api_key.id = %id, "key made");
    Ok(reply::created(&CreatedKey { key: key(row, member.email), secret: secret.expose().to_owned() }))
}

/// Gives a key another name.
#[utoipa::path(patch, path = "/api/keys/{id}", operation_id = "key_rename", tag = "keys", params(("id" = Uuid, Path)), request_body = KeyName,
    responses((status = 200, description = "the key", body = Key),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn rename(
    app: web::Data<App>,
    member: Member,
    id: web::Path<Uuid>,
    body: web::Json<KeyName>,
) -> Result<HttpResponse, Problem> {
    let name = form::name(&body.name, NAME_LENGTH_MAX).map_err(|why| Problem::invalid_field("name", why))?;
    let mut tx = app.store.tenant_tx(member.tenant_id).await?;
    let renamed = api_key_rename(&mut tx, ApiKeyId::new(*id), &name).await?;
    let row = renamed.ok_or_else(|| Problem::not_found("key"))?;
    let creator = user_emails(&mut tx, &[row.created_by]).await?.remove(&row.created_by).unwrap_or_default();
    tx.commit().await?;
    Ok(reply::ok(&key(row, creator)))
}

/// Revokes a key: every gateway refuses it within a second. Again is no error.
#[utoipa::path(delete, path = "/api/keys/{id}", operation_id = "key_revoke", tag = "keys", params(("id" = Uuid, Path)),
    responses((status = 204, description = "revoked"),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn revoke(
    app: web::Data<App>,
    member: Member,
    id: web::Path<Uuid>,
) -> Result<HttpResponse, Problem> {
    let mut tx = app.store.tenant_tx(member.tenant_id).await?;
    if !api_key_revoke(&mut tx, ApiKeyId::new(*id)).await? {
        return Err(Problem::not_found("key"));
    }
    tenant_revise(&mut tx, member.tenant_id, None).await?;
    tx.commit().await?;
    tracing::info!(tenant.id = %member.tenant_id, user.id = %member.user_id, api_key.id = %*id, "key revoked");
    Ok(reply::nothing())
}

fn key(row: ApiKeyRow, created_by: String) -> Key {
    Key {
        id: row.api_key_id,
        name: row.name,
        environment: row.environment,
        prefix: row.prefix,
        last_four: row.last_four,
        created_at: row.created_at,
        created_by,
        last_used_at: row.last_used_at,
        revoked_at: row.revoked_at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u128) -> Vec<ApiKeyRow> {
        (0..count)
            .map(|n| ApiKeyRow {
                api_key_id: Uuid::from_u128(n),
                name: n.to_string(),
                environment: "live".into(),
                prefix: String::new(),
                last_four: String::new(),
                created_at: DateTime::UNIX_EPOCH,
                created_by: Uuid::nil(),
                last_used_at: None,
                revoked_at: None,
            })
            .collect()
    }

    #[test]
    fn pages_hold_every_key_once() {
        let (mut seen, mut cursor) = (Vec::new(), None);
        loop {
            let (page, next) = page(rows(7), cursor.as_deref(), 3).unwrap();
            seen.extend(page.into_iter().map(|row| row.name));
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["0", "1", "2", "3", "4", "5", "6"]);
    }

    #[test]
    fn a_full_last_page_has_no_next_one() {
        assert_eq!(page(rows(3), None, 3).unwrap().1, None);
        assert_eq!(page(rows(0), None, 3).unwrap().1, None);
        assert!(page(rows(3), Some("elsewhere"), 3).is_err());
    }
}
