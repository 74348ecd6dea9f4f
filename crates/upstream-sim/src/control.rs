//! `/sim/…`: how a test or a person steers the simulator and reads what it served. No key is asked for.

use actix_web::web::{Data, Json, ServiceConfig};
use actix_web::{HttpResponse, web};
use serde::Serialize;
use serde_json::json;

use crate::faults::FaultOrder;
use crate::served::Record;
use crate::simulator::Simulator;

pub(crate) fn endpoints(config: &mut ServiceConfig) {
    config
        .route("/sim/faults", web::get().to(list_faults))
        .route("/sim/faults", web::post().to(set_fault))
        .route("/sim/faults", web::delete().to(clear_faults))
        .route("/sim/served", web::get().to(list_served))
        .route("/sim/stats", web::get().to(show_stats))
        .route("/sim/reset", web::post().to(reset));
}

async fn list_faults(simulator: Data<Simulator>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "faults": simulator.faults.orders() }))
}

async fn set_fault(simulator: Data<Simulator>, order: Json<FaultOrder>) -> HttpResponse {
    let order = order.into_inner();
    let fault = order.fault.clone();
    if simulator.faults.set(order) {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::BadRequest()
            .json(json!({ "error": format!("unknown fault {fault:?}: see the fault table in the README") }))
    }
}

async fn clear_faults(simulator: Data<Simulator>) -> HttpResponse {
    simulator.faults.clear();
    HttpResponse::NoContent().finish()
}

#[derive(Serialize)]
struct ServedList {
    /// Requests that have ended, in the order of their ends.
    served: Vec<Record>,
    /// Older records that the ring no longer holds.
    forgotten: u64,
}

async fn list_served(simulator: Data<Simulator>) -> HttpResponse {
    HttpResponse::Ok().json(ServedList { served: simulator.served.records(), forgotten: simulator.served.forgotten() })
}

async fn show_stats(simulator: Data<Simulator>) -> HttpResponse {
    HttpResponse::Ok().json(simulator.served.stats())
}

/// Forgets what was served and every fault.
async fn reset(simulator: Data<Simulator>) -> HttpResponse {
    simulator.faults.clear();
    simulator.served.reset();
    HttpResponse::NoContent().finish()
}
