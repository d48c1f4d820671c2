//! What actors and handlers date and let expire goes by the store's clock, which is the database's where there may be
//! several servers.

use std::fs;
use std::path::Path;

use crate::layers::rust_files;

#[test]
fn actors_and_handlers_ask_the_store_what_time_it_is() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for folder in ["actors", "http"] {
        for path in rust_files(&src.join(folder)) {
            let source = fs::read_to_string(&path).unwrap();
            assert!(!source.contains("Utc::now"), "{}: ask store.now()", path.display());
            seen += usize::from(source.contains(".now()"));
        }
    }
    assert!(seen > 5, "the test reads the sources: {seen}");
}
