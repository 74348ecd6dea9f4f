//! A stream: candidates until the first content, then one of them to its end.

use super::super::call::{self, IDLE_MAX, Missed};
use super::super::failure::Failure;
use super::super::reply::served_headers;
use super::super::route::Stop;
use super::super::settle::settle;
use super::super::translate::{Counted, Request};
use super::client::{Client, cut};
use super::{Answer, Trip, enrichment};
use billing::Reason;
use llm::wire::stream::{ChatStream, StreamError};
use std::time::Instant;
use tokio::sync::oneshot;

impl Trip {
    /// A stream: fails over freely until the first content byte, never after it.
    pub(super) async fn stream(mut self, answer: oneshot::Sender<Answer>) {
        let mut client = Client::new(answer);
        let mut last = None;
        for index in 0..self.stops.len() {
            self.attempts += 1;
            match self.attempt(index, &mut client).await {
                Attempt::Delivered { translator, reason } => {
                    return self.complete(index, translator, client, reason).await;
                }
                Attempt::Broken { translator, failure } => {
                    return self.broken(index, &translator, client, failure).await;
                }
                Attempt::ClientGone { delivered } => {
                    let counted = if delivered == 0 { Counted::Nothing } else { self.request.estimated(delivered) };
                    return self.leave(counted, Reason::ClientGone, index).await;
                }
                Attempt::Missed(missed) if !missed.try_next => {
                    last = Some(missed.failure);
                    break;
                }
                Attempt::Missed(missed) => last = Some(missed.failure),
            }
        }
        let failure = last.unwrap_or_else(|| Failure::Unreachable("the plan has no candidate left".into()));
        let reason = Self::miss(&failure);
        self.leave(Counted::Nothing, reason, 0).await;
        client.fail(failure).await;
    }

    /// One candidate's stream, up to its end, its failure, or the client's leaving.
    async fn attempt(&mut self, index: usize, client: &mut Client) -> Attempt {
        let stop = &self.stops[index];
        let Request::Chat(chat) = &self.request else {
            return Attempt::Missed(call::missed(Failure::Malformed("only chat streams".into())));
        };
        let mut translator =
            ChatStream::new(stop.candidate.model.id.clone(), chat.include_usage).with_choices(chat.choices);
        let mut out = Vec::new();
        let opened = client
            .waiting(
                call::start(&self.client, &self.request, stop, self.bound, self.admission.intent().request_id),
                &self.headers,
            )
            .await;
        let mut response = match opened {
            None => return Attempt::ClientGone { delivered: 0 },
            Some(Err(missed)) => return Attempt::Missed(missed),
            Some(Ok(response)) => response,
        };
        let first_byte_by = call::timeout(stop);
        loop {
            let patience = if translator.committed() { IDLE_MAX } else { first_byte_by };
            let started = Instant::now();
            let read =
                client.waiting(async { tokio::time::timeout(patience, response.chunk()).await }, &self.headers).await;
            let at_end = matches!(read, Some(Ok(Ok(None))));
            let pushed = match read {
                None => return Attempt::ClientGone { delivered: translator.delivered_output_tokens() },
                Some(Ok(Ok(Some(chunk)))) => translator.push(&chunk, &mut out),
                // The provider closed: an end only if it had said so.
                Some(Ok(Ok(None))) => translator.end(&mut out),
                Some(Ok(Err(error))) => {
                    return ended(translator, Failure::Unreachable(error.without_url().to_string()));
                }
                Some(Err(_)) => return ended(translator, call::deadline(started)),
            };
            if translator.committed() && !out.is_empty() {
                client.content_at.get_or_insert_with(Instant::now);
                self.admission.progress(translator.delivered_output_tokens());
                if !client.send(&mut out, || head(&self.headers, stop)).await {
                    return Attempt::ClientGone { delivered: translator.delivered_output_tokens() };
                }
            }
            match pushed {
                Err(error) => return ended(translator, stream_failure(error)),
                Ok(()) if translator.done_seen() || (at_end && translator.finished()) => {
                    // An answer without content is an answer all the same: its frames go out now.
                    if !out.is_empty() && !client.send(&mut out, || head(&self.headers, stop)).await {
                        return Attempt::ClientGone { delivered: translator.delivered_output_tokens() };
                    }
                    return Attempt::Delivered { translator: Box::new(translator), reason: Reason::Completed };
                }
                Ok(()) if at_end => return ended(translator, Failure::Malformed("it ended in the middle".into())),
                Ok(()) => {}
            }
        }
    }

    /// Settles, then sends the usage chunk and `[DONE]`.
    async fn complete(mut self, index: usize, mut translator: Box<ChatStream>, mut client: Client, reason: Reason) {
        let counted = match translator.usage() {
            Some(usage) => Counted::Provider(usage),
            None => self.request.estimated(translator.delivered_output_tokens()),
        };
        if let Counted::Estimated(usage) = counted {
            translator.assume_usage(usage);
        }
        let course = self.course(reason, client.first_byte_ms(self.started_at));
        let stop = self.stops.swap_remove(index);
        let mut out = Vec::new();
        match settle(self.admission, &stop, counted, course).await {
            Ok(settled) => {
                translator.finish(&enrichment(&stop, &settled, self.strategy, &self.reason, self.bound), &mut out)
            }
            Err(failure) => out = cut(&failure),
        }
        client.send(&mut out, || head(&self.headers, &stop)).await;
    }

    /// After content has been sent there is no other candidate: one truthful error event, no `[DONE]`, and what was delivered is paid.
    async fn broken(mut self, index: usize, translator: &ChatStream, mut client: Client, failure: Failure) {
        let counted = match translator.usage() {
            Some(usage) => Counted::Provider(usage),
            None => self.request.estimated(translator.delivered_output_tokens()),
        };
        let course = self.course(Reason::UpstreamCut, client.first_byte_ms(self.started_at));
        let stop = self.stops.swap_remove(index);
        tracing::warn!(request.id = %self.admission.intent().request_id, provider.name = %stop.candidate.provider, failure = ?failure, "stream broke after its first content");
        if let Err(failure) = settle(self.admission, &stop, counted, course).await {
            tracing::error!(failure = ?failure, "broken stream could not be settled");
        }
        client.send(&mut cut(&failure), || head(&self.headers, &stop)).await;
    }
}

/// What a candidate's stream came to.
enum Attempt {
    /// It ended as its dialect says.
    Delivered {
        translator: Box<ChatStream>,
        reason: Reason,
    },
    /// It broke after content was sent.
    Broken {
        translator: Box<ChatStream>,
        failure: Failure,
    },
    /// It failed before anything was sent.
    Missed(Missed),
    ClientGone {
        delivered: u64,
    },
}

fn ended(translator: ChatStream, failure: Failure) -> Attempt {
    if translator.committed() {
        Attempt::Broken { translator: Box::new(translator), failure }
    } else {
        Attempt::Missed(call::missed(failure))
    }
}

fn stream_failure(error: StreamError) -> Failure {
    match error {
        StreamError::Provider { raw } => Failure::Malformed(format!("the provider reported {raw}")),
        other => Failure::Malformed(other.to_string()),
    }
}

fn head(headers: &[(&'static str, String)], stop: &Stop) -> Vec<(&'static str, String)> {
    headers.iter().cloned().chain(served_headers(&stop.candidate)).collect()
}
