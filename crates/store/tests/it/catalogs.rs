//! Putting a catalogue in force.

use crate::world::{World, price};
use store::catalog::catalog_get;
use store::system::catalog::catalog_apply;

#[tokio::test]
async fn applying_a_catalogue_again_makes_no_version_but_makes_good_a_missing_price() {
    let world = World::with_credit("1").await;
    let (version, document, prices) = catalog_get(&world.store).await.unwrap().unwrap();
    let known = prices["m"].clone();
    let more = [("m".to_owned(), price()), ("late".to_owned(), price())];
    let again = catalog_apply(&world.store, &document, &[0; 32], &more).await.unwrap();
    assert_eq!(again, version);
    let (_, _, prices) = catalog_get(&world.store).await.unwrap().unwrap();
    assert_eq!(prices["m"], known, "a price that has not changed keeps its id");
    assert!(prices.contains_key("late"));
}
