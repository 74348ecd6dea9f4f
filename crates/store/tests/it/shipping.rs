//! From journal to ledger, exactly once.

use crate::world::{World, decimal, settle};

#[tokio::test]
async fn shipping_again_from_an_older_watermark_changes_nothing() {
    let world = World::with_credit("10").await;
    let books = world.process().await;
    for _ in 0..4 {
        settle(world.admit(&books, "1").await.unwrap(), 1).await;
    }
    world.settle_down(&[&books]).await;
    let node = books.current().name().to_owned();
    world.end(books).await;
    world.execute("update nodes set shipped_epoch = 0, shipped_lsn = 0").await;
    let books = world.process().await;
    assert_eq!(books.current().name(), node, "the directory is continued");
    world.settle_down(&[&books]).await;
    assert_eq!(world.posted().await, decimal("6"));
    // And the node still knows what it has spent in all.
    world.redis.command(&["FLUSHALL"]).await;
    assert!(world.admit(&books, "7").await.is_err());
    world.admit(&books, "6").await.unwrap().release();
    world.settle_down(&[&books]).await;
}

#[tokio::test]
async fn a_tenant_that_postgres_refuses_stops_no_other_record() {
    let world = World::with_credit("10").await;
    let books = world.process().await;
    let mut order = world.order("1").await;
    std::sync::Arc::make_mut(&mut order.intent).candidate.price_id = uuid::Uuid::nil();
    let store::books::Outcome::Admitted(poisoned, _) = books.admit(order).await else { panic!("refused") };
    settle(poisoned, 1).await;
    settle(world.admit(&books, "2").await.unwrap(), 2).await;
    acceptance::eventually(std::time::Duration::from_secs(10), "the good record is booked", || async {
        books.ship().await.expect("shipping goes on");
        (world.posted().await == decimal("8")).then_some(())
    })
    .await;
    assert_eq!(world.count("select count(*) from usage_rejected").await, 1);
}
