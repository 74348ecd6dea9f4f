//! Records that no standing hold vouches for.

use crate::world::{World, decimal, settle};

#[tokio::test]
async fn an_estimate_after_a_crash_takes_what_is_there_and_no_more() {
    let world = World::with_credit("10").await;
    let dead = world.process().await;
    let mut cut = world.admit(&dead, "6").await.unwrap();
    cut.progress(6);
    std::mem::forget(cut);
    let heir = world.kill(dead).await;
    // While the dead one's hold is unknown to the new state, others may spend the balance.
    world.redis.command(&["FLUSHALL"]).await;
    heir.adopt().await.unwrap();
    let other = world.admit(&heir, "8").await.unwrap();
    settle(other, 8).await;
    world.settle_down(&[&heir]).await;
    assert_eq!(world.posted().await, decimal("0"), "2 of the 6 delivered could still be charged, 4 are the operator's");
}
