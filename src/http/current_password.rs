//! That a request about one's own account comes from its owner. A token alone may be stolen, so what
//! would take the account away takes the current password too.

use actix_web::HttpRequest;

use crate::actors::engine::Engine;
use crate::actors::messages::ProvePassword;
use crate::domain::{Password, UserId};
use crate::http::auth::Caller;
use crate::http::origin::peer_ip;
use crate::wire::{Code, Problem};

/// 403 `current_password_required` without the password, 403 `wrong_password` with another one, which
/// counts like a sign-in that failed. An administrator who changes somebody else, and anybody under
/// `--trust`, has nothing to prove.
pub(super) async fn require_password(
    engine: &Engine,
    caller: &Caller,
    whose: UserId,
    request: &HttpRequest,
    current_password: Option<&str>,
) -> Result<(), Problem> {
    let Caller::Device(device) = caller else {
        return Ok(());
    };
    if device.user != whose || engine.config().trust {
        return Ok(());
    }
    let Some(current) = current_password else {
        let text = "this takes your password too, as current_password: a token may be stolen";
        return Err(Problem::new(Code::CURRENT_PASSWORD_REQUIRED, text));
    };
    let command = ProvePassword {
        user: device.user,
        username: device.username.clone(),
        password: Password::parse(current).ok(),
        peer: peer_ip(request.head(), engine.config()),
    };
    Ok(engine.prove_password(command).await?)
}
