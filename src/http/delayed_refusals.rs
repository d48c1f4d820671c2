//! Whoever is too fast hears so a moment later. One who waits as long as is said loses nothing by it; one
//! who asks again at once, on however many connections, makes that much less work, and what others
//! say does not wait behind refusals.

use std::time::Duration;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::Next;
use actix_web::rt::time::sleep;

/// How long a refusal is held back. `Retry-After` counts whole seconds, so no client has to be told.
pub const MOMENT: Duration = Duration::from_millis(250);

/// The middleware.
pub async fn delay_all(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let response = next.call(request).await?;
    delay(response.status().as_u16()).await;
    Ok(response)
}

/// Waits, if an answer with this status is one that is held back.
pub async fn delay(status: u16) {
    if status == StatusCode::TOO_MANY_REQUESTS.as_u16() {
        sleep(MOMENT).await;
    }
}
