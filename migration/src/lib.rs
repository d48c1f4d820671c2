//! The schema of Vestnik, forwards and backwards, on SQLite and Postgres.
//!
//! Each migration stands alone: it does not import the entities, which describe the schema of
//! today. Each runs in one transaction on both stores, so a crash leaves it done or not begun.

pub use sea_orm_migration::MigrationStatus;
pub use sea_orm_migration::prelude::*;

mod columns;
mod m20261122_000001_create_accounts;
mod m20261122_000002_create_conversations;
mod m20261122_000003_create_messages;
mod m20261122_000004_create_meta;
mod m20261123_000005_create_message_changes;
mod m20261123_000006_create_invites;
mod m20261123_000007_add_private_pairs;
mod m20261123_000008_add_display_keys;
mod m20261123_000009_index_what_is_there;
mod m20261124_000010_remember_the_cluster;
mod m20261128_000001_key_names_by_unicode;
mod m20261128_000002_index_what_ends;
mod m20261129_000001_make_private_chats_equal;
mod m20261130_000001_scope_keys_to_chats;
mod m20261201_000001_create_nodes;
mod m20261201_000002_keep_follower_positions;
mod m20261204_000001_create_endings;
mod m20261205_000001_note_unfinished_copies;
mod m20261206_000001_tell_settings_of_nodes;
mod m20261207_000001_index_words;
mod m20261208_000001_create_files;

/// Migrations after which a server of an earlier version can no longer run on the database; beside such servers they
/// are not applied. All others add, and what they make needless is taken away by a later one. None since there
/// may be several servers.
pub const BREAKING: &[&str] = &[];

/// All migrations, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261122_000001_create_accounts::Migration),
            Box::new(m20261122_000002_create_conversations::Migration),
            Box::new(m20261122_000003_create_messages::Migration),
            Box::new(m20261122_000004_create_meta::Migration),
            Box::new(m20261123_000005_create_message_changes::Migration),
            Box::new(m20261123_000006_create_invites::Migration),
            Box::new(m20261123_000007_add_private_pairs::Migration),
            Box::new(m20261123_000008_add_display_keys::Migration),
            Box::new(m20261123_000009_index_what_is_there::Migration),
            Box::new(m20261124_000010_remember_the_cluster::Migration),
            Box::new(m20261128_000001_key_names_by_unicode::Migration),
            Box::new(m20261128_000002_index_what_ends::Migration),
            Box::new(m20261129_000001_make_private_chats_equal::Migration),
            Box::new(m20261130_000001_scope_keys_to_chats::Migration),
            Box::new(m20261201_000001_create_nodes::Migration),
            Box::new(m20261201_000002_keep_follower_positions::Migration),
            Box::new(m20261204_000001_create_endings::Migration),
            Box::new(m20261205_000001_note_unfinished_copies::Migration),
            Box::new(m20261206_000001_tell_settings_of_nodes::Migration),
            Box::new(m20261207_000001_index_words::Migration),
            Box::new(m20261208_000001_create_files::Migration),
        ]
    }
}
