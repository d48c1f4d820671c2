//! `/api/uploads`: files in parts, as tus 1.0 has it, so that an upload survives a lost connection and either
//! side's restart. `headers` is what its requests and answers say, `receiving` how bytes come to the disk, and
//! `finishing` how an upload becomes whole.

pub(super) mod finishing;
mod headers;
pub(super) mod receiving;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, LOCATION};
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use chrono::{DateTime, TimeDelta, Utc};

use crate::actors::engine::Engine;
use crate::domain::Right;
use crate::domain::files::{FileName, UploadId, UploadState};
use crate::domain::rates::Act;
use crate::http::auth::Caller;
use crate::http::uploads::finishing::finish;
use crate::http::uploads::headers::{
    Checksum, OFFSET, PART, check_version, described, length, metadata, name, offset, versioned,
};
use crate::http::uploads::receiving::{PartWriter, UnreadFile};
use crate::http::{Answer, App};
use crate::store::files::inspecting::hex;
use crate::store::files::rows::UploadRow;
use crate::store::files::uploading::{self, NewUpload};
use crate::wire::{Code, Problem};

/// A name that nobody guesses.
pub(super) fn new_id() -> Result<UploadId, Problem> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| {
        log::error!("the system has no random numbers: {error}");
        Problem::new(Code::INTERNAL, "the server failed; its log says why")
    })?;
    Ok(UploadId::parse(&hex(&random))?)
}

/// Reserves room for an upload.
pub(super) async fn begin(
    engine: &Engine,
    caller: &Caller,
    (name, size): (&str, u64),
) -> Result<(NewUpload, DateTime<Utc>), Problem> {
    engine.rate_limits().spend(caller.user(), Act::Upload)?;
    let files = &engine.config().files;
    let new = NewUpload {
        upload: new_id()?,
        name: FileName::of(name),
        size,
        lifetime: TimeDelta::hours(files.upload_hours.into()),
    };
    let begun = uploading::begin(engine.store(), caller.right(), &new, files.bounds()).await?;
    Ok((new, begun?))
}

/// What is to be told of every outcome: with which version.
fn told(outcome: Answer) -> HttpResponse {
    versioned(outcome.unwrap_or_else(|problem| problem.error_response()))
}

/// What the server can do of tus.
pub(crate) async fn capabilities(engine: App) -> HttpResponse {
    headers::capabilities(engine.config().files.file_bytes)
}

/// Begins an upload of `Upload-Length` bytes; `Location` is where they go.
#[utoipa::path(post, path = "/api/uploads", tag = "files",
    params(("Tus-Resumable" = String, Header), ("Upload-Length" = i64, Header),
           ("Upload-Metadata" = Option<String>, Header)),
    responses((status = 201)))]
pub(crate) async fn create(request: HttpRequest, engine: App, caller: Caller) -> HttpResponse {
    told(try_create(&request, &engine, &caller).await)
}

async fn try_create(request: &HttpRequest, engine: &App, caller: &Caller) -> Answer {
    check_version(request)?;
    let size = length(request)?;
    let metadata = metadata(request)?;
    let (new, expires_at) = begin(engine, caller, (name(&metadata), size)).await?;
    let upload = new.upload.as_str();
    if size == 0 {
        // Nothing is to come.
        let part = PartWriter::open(engine.store(), &new.upload, 0).await?;
        finish(engine, caller.right(), (&new.upload, part)).await?;
    }
    let location = format!("{}/api/uploads/{upload}", engine.config().public_url.path());
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, location));
    Ok(described(&mut response, Some(expires_at)).finish())
}

async fn found(engine: &Engine, right: Right, id: &str) -> Result<UploadRow, Problem> {
    let owner = right.device().map(|(_, user)| user);
    let upload = UploadId::parse(id)?;
    Ok(uploading::find(engine.store(), owner, &upload).await??)
}

/// How much of an upload has arrived.
#[utoipa::path(head, path = "/api/uploads/{id}", tag = "files",
    params(("id" = String, Path), ("Tus-Resumable" = String, Header)), responses((status = 200)))]
pub(crate) async fn show(
    request: HttpRequest,
    engine: App,
    caller: Caller,
    id: web::Path<String>,
) -> HttpResponse {
    let shown = async {
        check_version(&request)?;
        let row = found(&engine, caller.right(), &id).await?;
        let mut response = HttpResponse::Ok();
        response.insert_header((OFFSET, row.received));
        response.insert_header((headers::LENGTH, row.size()));
        response.insert_header((headers::METADATA, headers::written(&row.upload.attachment.name)));
        Ok(described(&mut response, row.expires_at).finish())
    };
    told(shown.await)
}

/// More of an upload, from `Upload-Offset` on. The offset that is answered is on the disk.
#[utoipa::path(patch, path = "/api/uploads/{id}", tag = "files",
    params(("id" = String, Path), ("Tus-Resumable" = String, Header),
           ("Upload-Offset" = i64, Header), ("Upload-Checksum" = Option<String>, Header)),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses((status = 204)))]
pub(crate) async fn append(
    request: HttpRequest,
    engine: App,
    id: web::Path<String>,
    body: UnreadFile,
) -> HttpResponse {
    told(try_append(&request, &engine, &id, body).await)
}

async fn try_append(request: &HttpRequest, engine: &App, id: &str, body: UnreadFile) -> Answer {
    check_version(request)?;
    let kind = request.headers().get(CONTENT_TYPE).map(|kind| kind.as_bytes());
    if kind.is_none_or(|kind| !kind.eq_ignore_ascii_case(PART.as_bytes())) {
        let text = format!("the Content-Type of a part is {PART}");
        return Err(Problem::new(Code::UNSUPPORTED_ENCODING, text));
    }
    let (from, checksum) = (offset(request)?, Checksum::of(request)?);
    let row = found(engine, body.caller().right(), id).await?;
    let upload = row.upload.attachment.upload.clone();
    let size = row.size();
    if row.upload.state != UploadState::Open {
        // All of it has arrived; what asks for the last answer again gets it.
        return match from == row.received {
            true => Ok(appended(from, row.expires_at)),
            false => Err(wrong_offset(row.received)),
        };
    }
    let mut part = PartWriter::open(engine.store(), &upload, row.received).await?;
    // Asked again, now that nobody else writes to it.
    let received = found(engine, body.caller().right(), id).await?.received;
    if from != received {
        return Err(wrong_offset(received));
    }
    part.start_at(received).await?;
    let left = size - received;
    let (caller, read) = body.receive(&mut part, left, checksum).await?;
    let now = received + read.bytes;
    if now == size && received < size {
        finish(engine, caller.right(), (&upload, part)).await?;
    } else if read.bytes > 0 {
        part.sync().await?;
        let steps = (received, now);
        uploading::advance(engine.store(), caller.right(), &upload, steps).await??;
    }
    if let Some(problem) = read.broken {
        return Err(problem);
    }
    Ok(appended(now, row.expires_at))
}

fn appended(offset: u64, expires_at: Option<DateTime<Utc>>) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::NO_CONTENT);
    response.insert_header((OFFSET, offset));
    described(&mut response, expires_at).finish()
}

fn wrong_offset(received: u64) -> Problem {
    let text = format!("{received} bytes of this upload are here; go on from there");
    Problem::new(Code::WRONG_OFFSET, text)
}

/// Gives an upload up that no message carries.
#[utoipa::path(delete, path = "/api/uploads/{id}", tag = "files",
    params(("id" = String, Path), ("Tus-Resumable" = String, Header)), responses((status = 204)))]
pub(crate) async fn remove(
    request: HttpRequest,
    engine: App,
    caller: Caller,
    id: web::Path<String>,
) -> HttpResponse {
    let removed = async {
        check_version(&request)?;
        let upload = UploadId::parse(&id)?;
        uploading::give_up(engine.store(), caller.user(), &upload).await??;
        Ok(HttpResponse::NoContent().finish())
    };
    told(removed.await)
}
