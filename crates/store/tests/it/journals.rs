//! What a killed process leaves behind.

use crate::world::{World, decimal, settle};
use std::fs;
use std::path::PathBuf;

#[tokio::test]
async fn a_dead_process_is_adopted_and_its_holds_are_swept() {
    let world = World::with_credit("10").await;
    let dead = world.process().await;
    settle(world.admit(&dead, "2").await.unwrap(), 2).await;
    std::mem::forget(world.admit(&dead, "5").await.unwrap());
    let name = dead.current().name().to_owned();
    let heir = world.kill(dead).await;
    assert_eq!(world.peek(&heir).await.unwrap().0, decimal("5"), "the dead one's hold is still there");
    assert_eq!(heir.adopt().await.unwrap(), 1);
    world.settle_down(&[&heir]).await;
    assert_eq!(world.posted().await, decimal("8"), "nothing of the cut request was delivered, so it is free");
    let left = acceptance::eventually(std::time::Duration::from_secs(10), "the dead node is drained", || async {
        heir.ship().await.ok();
        (heir.all().len() == 1).then(|| world.count("select count(*) from nodes where status = 'active'"))
    })
    .await
    .await;
    assert_eq!(left, 1, "the drained node {name} is retired");
    world.admit(&heir, "8").await.unwrap().release();
    world.settle_down(&[&heir]).await;
}

#[tokio::test]
async fn a_torn_record_is_cut_off_wherever_it_was_torn() {
    let world = World::with_credit("10").await;
    let books = world.process().await;
    settle(world.admit(&books, "2").await.unwrap(), 2).await;
    let name = books.current().name().to_owned();
    let whole = segment(&world.journals().join(&name));
    world.end(books).await;
    let bytes = fs::read(&whole).unwrap();
    // Every 7th byte, and the last ones all: intent and settlement alike end in the middle somewhere.
    let cuts = (0..bytes.len()).filter(|at| at % 7 == 0 || *at + 40 > bytes.len());
    for at in cuts {
        let copy = std::env::temp_dir().join(format!("turnpike-torn-{}-{at}", std::process::id()));
        fs::create_dir_all(copy.join("n")).unwrap();
        fs::write(copy.join("n").join("0000000001.segment"), &bytes[..at]).unwrap();
        let directory = store::journal::Directory::open(&copy, "n").unwrap();
        let mut records = 0;
        store::journal::replay(&directory, |_| records += 1).unwrap();
        assert!(records < 2, "a record was read that is not whole");
        let left = fs::read(copy.join("n").join("0000000001.segment")).unwrap();
        let mut again = 0;
        store::journal::replay(&directory, |_| again += 1).unwrap();
        assert_eq!(again, records);
        assert!(bytes.starts_with(&left));
        fs::remove_dir_all(&copy).unwrap();
    }
}

#[tokio::test]
async fn damage_in_the_middle_is_an_error_and_never_skipped() {
    let world = World::with_credit("10").await;
    let books = world.process().await;
    settle(world.admit(&books, "2").await.unwrap(), 2).await;
    let path = world.journals().join(books.current().name());
    let name = books.current().name().to_owned();
    world.end(books).await;
    let whole = segment(&path);
    let mut bytes = fs::read(&whole).unwrap();
    bytes[30] ^= 1;
    fs::write(&whole, bytes).unwrap();
    let directory = store::journal::Directory::open(world.journals(), &name).unwrap();
    let error = store::journal::replay(&directory, |_| {}).unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
}

#[tokio::test]
async fn a_directory_is_held_by_one_process_and_every_opening_raises_its_epoch() {
    let dir = std::env::temp_dir().join(format!("turnpike-lock-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let first = store::journal::Directory::open(&dir, "n").unwrap();
    assert!(matches!(store::journal::Directory::open(&dir, "n"), Err(store::journal::JournalError::Held(_))));
    let epoch = first.epoch();
    drop(first);
    assert_eq!(store::journal::Directory::open(&dir, "n").unwrap().epoch(), epoch + 1);
    fs::remove_dir_all(&dir).unwrap();
}

fn segment(node: &std::path::Path) -> PathBuf {
    node.join("0000000001.segment")
}
