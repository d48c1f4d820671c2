//! What a server counts.

use super::rest::TestClient;

/// What `/metrics` says, by name.
pub(crate) struct Counts(String);

impl Counts {
    pub(crate) async fn of(admin: &TestClient) -> Self {
        Self(admin.get("/metrics").await.text)
    }

    fn of_name(&self, name: &str) -> f64 {
        let line = self.0.lines().find_map(|line| {
            let value = line.strip_prefix("vestnik_")?.strip_prefix(name)?;
            value.strip_prefix(' ')?.parse().ok()
        });
        line.unwrap_or_else(|| panic!("no {name}: {}", self.0))
    }

    /// How much a counter has grown since.
    pub(crate) fn since(&self, before: &Self, name: &str) -> f64 {
        let name = format!("{name}_total");
        self.of_name(&name) - before.of_name(&name)
    }
}
