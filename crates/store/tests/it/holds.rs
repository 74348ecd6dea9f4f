//! Admission, settlement, release.

use crate::world::{World, decimal, settle};
use store::books::Refusal;

#[tokio::test]
async fn a_request_is_held_then_charged_what_it_cost() {
    let world = World::with_credit("10").await;
    let books = world.process().await;
    let admission = world.admit(&books, "4").await.unwrap();
    assert_eq!(world.peek(&books).await, Some((decimal("4"), decimal("6"))));
    let settlement = settle(admission, 3).await;
    assert_eq!((settlement.charge, settlement.overage), (decimal("3"), decimal("0")));
    world.settle_down(&[&books]).await;
    assert_eq!(world.posted().await, decimal("7"));
}

#[tokio::test]
async fn what_exceeds_the_hold_is_taken_from_the_balance_and_what_exceeds_that_is_the_operators() {
    let world = World::with_credit("5").await;
    let books = world.process().await;
    let admission = world.admit(&books, "2").await.unwrap();
    let settlement = settle(admission, 7).await;
    assert_eq!((settlement.charge, settlement.overage), (decimal("5"), decimal("2")));
    world.settle_down(&[&books]).await;
    assert_eq!(world.posted().await, decimal("0"));
}

#[tokio::test]
async fn a_released_request_costs_nothing_and_leaves_no_hold() {
    let world = World::with_credit("5").await;
    let books = world.process().await;
    world.admit(&books, "5").await.unwrap().release();
    world.settle_down(&[&books]).await;
    assert_eq!(world.posted().await, decimal("5"));
    assert!(world.admit(&books, "5").await.is_ok());
}

#[tokio::test]
async fn an_abandoned_admission_is_settled_by_what_was_delivered() {
    let world = World::with_credit("9").await;
    let books = world.process().await;
    let mut delivered = world.admit(&books, "4").await.unwrap();
    delivered.progress(3);
    drop(delivered);
    drop(world.admit(&books, "4").await.unwrap());
    world.settle_down(&[&books]).await;
    assert_eq!(world.posted().await, decimal("6"));
}

#[tokio::test]
async fn two_processes_never_hold_more_than_there_is() {
    let world = World::with_credit("10").await;
    let (one, two) = (world.process().await, world.process().await);
    // The second must be heard by the load that the first request causes.
    let answering = std::sync::Arc::clone(&two);
    let heard = tokio::spawn(async move {
        let redis = answering.redis().clone();
        store::redis::fan_out::listen_redis(&redis, |call| {
            let books = std::sync::Arc::clone(&answering);
            tokio::spawn(async move { books.answer(&call).await });
        })
        .await
    });
    world.admit(&one, "1").await.unwrap().release();
    let asked = (0..40).map(|i| {
        let books = if i % 2 == 0 { &one } else { &two };
        let world = &world;
        async move { world.admit(books, "1").await.ok() }
    });
    let admitted: Vec<_> = futures_util::future::join_all(asked).await.into_iter().flatten().collect();
    assert_eq!(admitted.len(), 10);
    for admission in admitted {
        settle(admission, 1).await;
    }
    world.settle_down(&[&one, &two]).await;
    assert_eq!(world.posted().await, decimal("0"));
    heard.abort();
}

#[tokio::test]
async fn a_caller_with_old_facts_is_told_so() {
    let world = World::with_credit("5").await;
    let books = world.process().await;
    world.admit(&books, "1").await.unwrap().release();
    let mut order = world.order("1").await;
    order.version -= 1;
    let refused = books.admit(order).await;
    assert!(matches!(refused, store::books::Outcome::Refused(Refusal::Stale)), "{refused:?}");
}

#[tokio::test]
async fn a_suspended_tenant_is_refused_once_redis_has_heard_of_it() {
    let world = World::with_credit("5").await;
    let books = world.process().await;
    world.admit(&books, "1").await.unwrap().release();
    world.suspend().await;
    books.revise(world.tenant_id).await.unwrap();
    assert!(matches!(world.admit(&books, "1").await, Err(Refusal::Suspended)));
}
