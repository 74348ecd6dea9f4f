//! Who sends a request to `/v1`. Only this makes a [`Caller`].

use super::error::{KeyError, V1Error};
use crate::app::App;
use crate::chat::failure::Failure;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use store::api_key::CallerFacts;
use tenancy::ApiKey;

/// A key that was known and not revoked when it was last read; admission compares the version of what was read.
#[derive(Debug, Clone)]
pub struct Caller {
    facts: Arc<CallerFacts>,
    key: Arc<ApiKey>,
}

impl Caller {
    pub fn facts(&self) -> &CallerFacts {
        &self.facts
    }

    /// Whether both the plan and the key include the model.
    pub fn permits(&self, model: &str) -> bool {
        self.facts.plan_models.permits(model) && self.facts.key_models.permits(model)
    }

    /// What stands in the way of a model, in words.
    pub fn permitted_by(&self, model: &str) -> String {
        if self.facts.plan_models.permits(model) {
            "the models of this API key".into()
        } else {
            format!("the plan `{}`", self.facts.plan)
        }
    }

    /// The same caller as the tenant's present facts have it.
    pub async fn refresh(&self, app: &App) -> Result<Self, Failure> {
        match app.callers.refresh(&app.store, &self.key).await? {
            Some(facts) if !facts.revoked => Ok(Self { facts, key: Arc::clone(&self.key) }),
            _ => Err(Failure::KeyRevoked),
        }
    }
}

impl FromRequest for Caller {
    type Error = V1Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, V1Error>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = key_of(request);
        let app = request.app_data::<web::Data<App>>().cloned().expect("the server is built with its App");
        Box::pin(async move {
            let key = key?;
            let facts = app.callers.get(&app.store, &key).await.map_err(Failure::from)?;
            match facts {
                None => Err(KeyError::Unknown.into()),
                Some(facts) if facts.revoked => Err(KeyError::Revoked.into()),
                Some(facts) => Ok(Self { facts, key: Arc::new(key) }),
            }
        })
    }
}

/// `Authorization: Bearer KEY`, or `x-api-key: KEY` as Anthropic's SDK sends it.
fn key_of(request: &HttpRequest) -> Result<ApiKey, KeyError> {
    let text = |name: &str| request.headers().get(name).map(|v| v.to_str().unwrap_or_default());
    let key = match (text("authorization"), text("x-api-key")) {
        (Some(authorization), _) => {
            let (scheme, key) = authorization.trim().split_once(' ').ok_or(KeyError::NotBearer)?;
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(KeyError::NotBearer);
            }
            key
        }
        (None, Some(key)) => key,
        (None, None) => return Err(KeyError::Missing),
    };
    Ok(ApiKey::parse(key)?)
}
