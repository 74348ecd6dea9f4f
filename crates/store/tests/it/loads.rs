//! A tenant's state is valid or absent, and comes back by a load.

use crate::world::{GRACE, World, decimal, settle};
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_flushed_redis_forgets_no_hold_and_no_charge() {
    let world = World::with_credit("10").await;
    let books = world.process().await;
    let held = world.admit(&books, "4").await.unwrap();
    settle(world.admit(&books, "3").await.unwrap(), 3).await;
    world.redis.command(&["FLUSHALL"]).await;
    // 10 − 4 held − 3 spent: only 3 are left to hold.
    assert!(world.admit(&books, "4").await.is_err());
    let rest = world.admit(&books, "3").await.unwrap();
    settle(held, 4).await;
    settle(rest, 3).await;
    world.settle_down(&[&books]).await;
    assert_eq!(world.posted().await, decimal("0"));
}

#[tokio::test]
async fn a_restarted_redis_is_another_state() {
    let mut world = World::with_credit("10").await;
    let books = world.process().await;
    let held = world.admit(&books, "6").await.unwrap();
    world.redis.restart().await;
    let refused = acceptance::eventually(Duration::from_secs(10), "the state is loaded again", || async {
        match world.admit(&books, "5").await {
            Err(store::books::Refusal::Balance { available_micros }) => Some(available_micros),
            Err(_) => None,
            Ok(_) => panic!("more was held than there is"),
        }
    })
    .await;
    assert_eq!(refused, 4_000_000);
    settle(held, 6).await;
    world.settle_down(&[&books]).await;
    assert_eq!(world.posted().await, decimal("4"));
}

#[tokio::test]
async fn a_silent_process_is_fenced_after_the_grace_and_cannot_overspend() {
    let world = World::with_credit("10").await;
    let (alive, silent) = (world.process().await, world.process().await);
    // Nobody listens for `silent`: it spends, and then answers no load.
    let admission = world.admit(&silent, "8").await;
    let admission = match admission {
        Ok(admission) => admission,
        // The very first load had to fence the other one; the new node of `alive` is met later.
        Err(_) => {
            acceptance::eventually(Duration::from_secs(10), "the silent process is met", || async {
                world.admit(&silent, "8").await.ok()
            })
            .await
        }
    };
    world.redis.command(&["FLUSHALL"]).await;
    let started = Instant::now();
    let second = acceptance::eventually(Duration::from_secs(10), "the silent process is fenced", || async {
        world.admit(&alive, "9").await.ok()
    })
    .await;
    assert!(started.elapsed() >= GRACE, "a load waits for the silent one first");
    // Both settle in full: together they cost more than there is, and the cap holds all the same.
    settle(second, 9).await;
    settle(admission, 8).await;
    world.settle_down(&[&alive, &silent]).await;
    assert_eq!(world.posted().await, decimal("0"));
    // Having been fenced, it goes on under a new node.
    world.redis.command(&["PING"]).await;
}
