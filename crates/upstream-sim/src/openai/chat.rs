//! `POST /v1/chat/completions`: authenticate → parse → fault → compose → send.

use std::time::Instant;

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};

use super::answer::{self, Answer, Choice};
use super::chunks::Chunks;
use super::completion::{self, Identity};
use super::headers;
use super::meddle;
use super::validate::ChatRequest;
use crate::faults::{Fault, UsagePlace};
use crate::served::Visit;
use crate::simulator::{Simulator, unix_time_ms};

pub(crate) async fn create_completion(http: HttpRequest, body: Bytes, simulator: Data<Simulator>) -> HttpResponse {
    let arrived = Instant::now();
    let mut visit = simulator.served.arrive("chat.completions", headers::client_request_id(&http));
    let mut prompt_tokens = 0;
    let mut response = match headers::authenticate(&http).and_then(|()| ChatRequest::parse(&body)) {
        Ok(request) => {
            prompt_tokens = request.prompt_tokens;
            let fault = start(&mut visit, &simulator, &request);
            serve(&http, &simulator, request, &fault, visit).await
        }
        Err(error) => meddle::refuse(&error, visit),
    };
    headers::stamp(response.headers_mut(), &simulator, arrived, prompt_tokens);
    response
}

/// Notes in the record what is known from the request, and finds its fault.
fn start(visit: &mut Visit, simulator: &Simulator, request: &ChatRequest) -> Fault {
    let fault = simulator.faults.take(&request.model).unwrap_or_default();
    let record = &mut visit.record;
    record.id = simulator.unique_id("chatcmpl-", 29);
    record.model.clone_from(&request.model);
    record.stream = request.stream;
    record.prompt_tokens = request.prompt_tokens;
    record.fault = (!fault.name.is_empty()).then(|| fault.name.clone());
    fault
}

async fn serve(
    http: &HttpRequest,
    simulator: &Simulator,
    request: ChatRequest,
    fault: &Fault,
    visit: Visit,
) -> HttpResponse {
    let mut visit = match meddle::before_answer(http, fault, &request.model, visit).await {
        Ok(visit) => visit,
        Err(response) => return response,
    };
    let answer = answer::compose(&request);
    note_answer(&mut visit, &answer);
    let identity = Identity {
        id: visit.record.id.clone(),
        created_at_s: unix_time_ms() / 1_000,
        call_ids: answer.choices.iter().map(|choice| name_calls(simulator, choice)).collect(),
        model: request.model,
        service_tier: request.service_tier,
    };
    if request.stream {
        let chunks = Chunks::new(answer, identity, request.include_usage, fault);
        visit.record.usage_sent = chunks.tells_usage();
        return meddle::send_stream(chunks, fault, visit);
    }
    visit.record.usage_sent = fault.usage != UsagePlace::Nowhere;
    let tokens = answer.usage.completion_tokens - answer.usage.reasoning_tokens;
    meddle::send_whole(completion::encode(&identity, &answer, fault.usage), tokens, fault, visit)
}

fn note_answer(visit: &mut Visit, answer: &Answer) {
    visit.record.status = 200;
    visit.record.cached_tokens = answer.usage.cached_tokens;
    visit.record.completion_tokens = answer.usage.completion_tokens;
    visit.record.reasoning_tokens = answer.usage.reasoning_tokens;
}

fn name_calls(simulator: &Simulator, choice: &Choice) -> Vec<String> {
    choice.calls.iter().map(|_| simulator.unique_id("call_", 24)).collect()
}
