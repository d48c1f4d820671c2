//! How an upload of which all has arrived becomes a file that a message can carry.

use crate::actors::engine::Engine;
use crate::domain::Right;
use crate::domain::files::{Attachment, UploadId};
use crate::http::uploads::receiving::PartWriter;
use crate::store::files::uploading;
use crate::wire::Problem;

/// Looks at the file, gives it its name for good and stores that it is there.
pub(crate) async fn finish(
    engine: &Engine,
    right: Right,
    (upload, part): (&UploadId, PartWriter),
) -> Result<Attachment, Problem> {
    let file = part.inspect(upload).await?;
    Ok(uploading::complete(engine.store(), right, upload, &file).await??)
}
