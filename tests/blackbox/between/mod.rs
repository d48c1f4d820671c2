//! What stands between a server and its clients, and the clients of others.

mod reverse_proxies;
mod third_party_clients;
