//! The stage itself: what every other test stands on.

use acceptance::{Database, RedisServer};

#[tokio::test]
async fn a_fresh_database_is_migrated_empty_and_apart() {
    let (one, other) = tokio::join!(Database::fresh(), Database::fresh());
    sqlx::query(
        "insert into tenants (tenant_id, name, currency, plan_id) values (gen_random_uuid(), 'x', 'USD', 'default')",
    )
    .execute(&one.superuser)
    .await
    .unwrap();
    let tenants: i64 = sqlx::query_scalar("select count(*) from tenants").fetch_one(&other.superuser).await.unwrap();
    assert_eq!(tenants, 0);
    let applied: i64 = sqlx::query_scalar("select count(*) from _sqlx_migrations where success")
        .fetch_one(&other.superuser)
        .await
        .unwrap();
    assert!(applied >= 6, "{applied}");
}

#[tokio::test]
async fn a_restarted_redis_is_at_the_same_place_and_empty() {
    let mut redis = RedisServer::start().await;
    let url = redis.url();
    redis.command(&["SET", "a", "1"]).await;
    assert!(redis.command(&["GET", "a"]).await.starts_with("$1\r\n1\r\n"));
    redis.restart().await;
    assert_eq!(redis.url(), url);
    assert!(redis.command(&["GET", "a"]).await.starts_with("$-1\r\n"));
}
