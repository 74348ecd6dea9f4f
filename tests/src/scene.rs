//! Where most tests begin: a stage, one gateway, somebody who has signed up, and their program.

use crate::actor::PASSWORD;
use crate::{Actor, Client, Gateway, GatewayOptions, Stage};

#[derive(Debug)]
pub struct Scene {
    /// With a live key of the owner's.
    pub client: Client,
    pub owner: Actor,
    pub tenant_id: String,
    // Dropped before the stage that it stands on.
    pub gateway: Gateway,
    pub stage: Stage,
}

impl Scene {
    pub async fn open() -> Self {
        Self::open_with(GatewayOptions::default()).await
    }

    pub async fn open_with(options: GatewayOptions) -> Self {
        let stage = Stage::start().await;
        let gateway = stage.gateway_with(options).await;
        let owner = gateway.sign_up().await;
        let (tenant_id, client) = tokio::join!(owner.tenant_id(), owner.client());
        Self { client, owner, tenant_id, gateway, stage }
    }

    /// Another member of the owner's organisation, logged in. Inviting is not built yet, so the row is made by hand.
    pub async fn colleague(&self, role: &str) -> Actor {
        let colleague = Actor::stranger(&self.gateway.url);
        sqlx::query(
            "with colleague as (
                 insert into users (user_id, email, password_hash)
                 select gen_random_uuid(), $1, password_hash from users where email = $2 returning user_id)
             insert into members (tenant_id, user_id, role) select $3::uuid, user_id, $4 from colleague",
        )
        .bind(&colleague.email)
        .bind(&self.owner.email)
        .bind(&self.tenant_id)
        .bind(role)
        .execute(&self.stage.database.superuser)
        .await
        .expect("a member can be made");
        colleague.log_in(PASSWORD).await.expect(200);
        colleague
    }
}
