//! A reply in one piece.

use super::super::call::{self, Missed};
use super::super::failure::Failure;
use super::super::reply::{Body, Reply, served_headers};
use super::super::settle::{elapsed_ms, settle};
use super::super::translate::Counted;
use super::{Answer, Trip, enrichment};
use billing::Reason;
use bytes::Bytes;
use llm::wire::reply::rewrite_reply;
use tokio::sync::oneshot;

impl Trip {
    /// A reply in one piece: settled before its status line is sent.
    pub(super) async fn whole(mut self, answer: oneshot::Sender<Answer>) {
        let mut answer = answer;
        let fetched = tokio::select! {
            fetched = self.fetch() => fetched,
            // Nothing was delivered, and nothing will be: the call is cut, and costs nothing.
            () = answer.closed() => return self.leave(Counted::Nothing, Reason::ClientGone, 0).await,
        };
        let (index, body) = match fetched {
            Ok(fetched) => fetched,
            Err(missed) => {
                let reason = Self::miss(&missed.failure);
                self.leave(Counted::Nothing, reason, 0).await;
                let _ = answer.send(Err(missed.failure));
                return;
            }
        };
        let counted = self.request.whole_usage(&body);
        let course = self.course(Reason::Completed, Some(elapsed_ms(self.started_at)));
        let stop = self.stops.swap_remove(index);
        let settled = match settle(self.admission, &stop, counted, course).await {
            Ok(settled) => settled,
            Err(failure) => return drop(answer.send(Err(failure))),
        };
        let enrichment = enrichment(&stop, &settled, self.strategy, &self.reason, self.bound);
        let mut headers = self.headers;
        headers.extend(served_headers(&stop.candidate));
        headers.push(("x-turnpike-cost-usd", settled.cost_usd.normalize().to_string()));
        // `fetch` has read it as an object; if it cannot be rewritten all the same, the caller gets what was paid for.
        let body = rewrite_reply(&body, &enrichment).map_or(body, Bytes::from);
        let _ = answer.send(Ok(Reply { headers, body: Body::Whole(body) }));
    }

    /// The first candidate that gives a whole reply.
    async fn fetch(&mut self) -> Result<(usize, Bytes), Missed> {
        let mut last = None;
        for index in 0..self.stops.len() {
            self.attempts += 1;
            let stop = &self.stops[index];
            let tried = async {
                let response =
                    call::start(&self.client, &self.request, stop, self.bound, self.admission.intent().request_id)
                        .await?;
                let body = call::whole(response, stop).await?;
                if llm::json::Members::of(&body).is_err() {
                    return Err(call::missed(Failure::Malformed("it is not a JSON object".into())));
                }
                Ok(body)
            };
            match tried.await {
                Ok(body) => return Ok((index, body)),
                Err(missed) if !missed.try_next => return Err(missed),
                Err(missed) => last = Some(missed),
            }
        }
        Err(last.unwrap_or_else(|| call::missed(Failure::Unreachable("the plan has no candidate left".into()))))
    }
}
