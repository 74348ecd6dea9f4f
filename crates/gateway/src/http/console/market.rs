//! Tickets for the console's live market page.

use super::reply;
use crate::app::App;
use crate::http::error::Problem;
use crate::http::member::Member;
use crate::http::ticket::{self, IssuedTicket};
use crate::relay::minute::Payer;
use actix_web::{HttpResponse, web};

/// A ticket for one WebSocket at `/v1/market/ws`, good for a minute. What flows there is paid from the balance.
#[utoipa::path(post, path = "/api/market/tickets", operation_id = "market_ticket_create", tag = "market",
    responses((status = 201, description = "the ticket", body = IssuedTicket),
              (status = "4XX", description = "problem", body = Problem, content_type = "application/problem+json")))]
pub(in crate::http) async fn create_ticket(app: web::Data<App>, member: Member) -> Result<HttpResponse, Problem> {
    if app.relay.is_none() {
        return Err(Problem::not_found("endpoint"));
    }
    Ok(reply::created(&ticket::issue(&app, Payer::Member(member.tenant_id, member.user_id))))
}
