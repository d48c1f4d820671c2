//! What stands between a server and its clients, and the clients of others.

mod clients;
mod reverse_proxies;
