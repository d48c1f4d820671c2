//! `POST /api/files`: a file in one go.

use actix_web::HttpResponse;
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::UserId;
use crate::domain::files::{Attachment, UploadId};
use crate::http::query::Query;
use crate::http::uploads::begin;
use crate::http::uploads::finishing::finish;
use crate::http::uploads::receiving::{PartWriter, UnreadFile};
use crate::http::{Answer, App};
use crate::store::Store;
use crate::store::files::uploading;

/// An upload that is whole: a send can name it.
#[derive(Serialize, ToSchema)]
pub(crate) struct Uploaded {
    upload_id: String,
    /// As it will be shown.
    name: String,
    /// Its bytes.
    size: i64,
    /// A media type, by its first bytes.
    #[serde(rename = "type")]
    kind: String,
    /// Of a picture, as it is shown, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<i64>,
    /// Of a picture, as it is shown, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<i64>,
    /// What to show until a picture is there: a ThumbHash in base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    thumbhash: Option<String>,
}

impl From<Attachment> for Uploaded {
    fn from(file: Attachment) -> Self {
        Self {
            upload_id: file.upload.as_str().to_owned(),
            name: file.name.to_string(),
            size: file.size,
            kind: file.kind.to_string(),
            width: file.width,
            height: file.height,
            thumbhash: file.thumbhash.map(|hash| hash.to_string()),
        }
    }
}

/// Takes a file in one go: the body is its bytes. A send that names the `upload_id` carries it.
#[utoipa::path(post, path = "/api/files", tag = "files", params(("name" = String, Query)),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Uploaded)))]
pub(crate) async fn upload(engine: App, query: Query, body: UnreadFile) -> Answer {
    let name = query.text("name").unwrap_or_default();
    // Of what does not say how long it is, it may be as much as there may be.
    let most = body.length().unwrap_or(engine.config().files.file_bytes);
    let (new, _) = begin(&engine, body.caller(), (name, most)).await?;
    let unfinished = Unfinished::new(&engine, body.caller().user(), new.upload.clone());
    let mut part = PartWriter::open(engine.store(), &new.upload, 0).await?;
    let (caller, received) = body.receive(&mut part, most, None).await?;
    if let Some(problem) = received.broken {
        return Err(problem);
    }
    let file = finish(&engine, caller.right(), (&new.upload, part)).await?;
    unfinished.done();
    Ok(HttpResponse::Created().json(Uploaded::from(file)))
}

/// An upload that nobody can go on with: if it does not become whole, it is given up, also when its sender
/// hangs up.
struct Unfinished(Option<(Store, Option<UserId>, UploadId)>);

impl Unfinished {
    fn new(engine: &App, owner: Option<UserId>, upload: UploadId) -> Self {
        Self(Some((engine.store().clone(), owner, upload)))
    }

    fn done(mut self) {
        self.0 = None;
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        let Some((store, owner, upload)) = self.0.take() else {
            return;
        };
        actix_rt::spawn(async move {
            if let Err(error) = uploading::give_up(&store, owner, &upload).await {
                log::debug!("an upload that was not finished is forgotten later: {error}");
            }
        });
    }
}
