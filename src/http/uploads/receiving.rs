//! How the bytes of a body come to the disk: in steps, each of which is written before more is read, so that
//! memory stays flat however much comes, and a sender is held back by the disk.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::StreamExt as _;
use futures_util::future::LocalBoxFuture;

use crate::domain::Refusal;
use crate::domain::files::UploadId;
use crate::http::auth::{Caller, claimed, confirmed};
use crate::http::body::{is_plain, length};
use crate::http::uploads::headers::Checksum;
use crate::store::Store;
use crate::store::files::inspecting::{Inspected, inspect, inspect_picture, kind_of};
use crate::store::files::on_disk;
use crate::wire::{Code, Problem};

/// Bytes that are collected before they are written.
const STEP: usize = 128 << 10;
/// How long the next bytes may take.
const SILENCE: Duration = Duration::from_secs(30);

/// The part of an upload that is on the disk. Nobody else writes to it meanwhile.
pub(crate) struct PartWriter {
    store: Store,
    file: Arc<File>,
    end: u64,
}

impl PartWriter {
    /// The part of this upload, of which so many bytes are known; 423 while another request writes to it.
    pub(crate) async fn open(store: &Store, upload: &UploadId, end: u64) -> Result<Self, Problem> {
        let (folder, upload) = (store.files().clone(), upload.clone());
        let file = on_disk(move || folder.open_part(&upload)).await??;
        let file = file.ok_or_else(|| {
            let text = "another request is sending this upload; wait until it has ended";
            Problem::new(Code::UPLOAD_IN_USE, text)
        })?;
        Ok(Self {
            store: store.clone(),
            file: Arc::new(file),
            end,
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        act: impl FnOnce(&File) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Problem> {
        let file = Arc::clone(&self.file);
        Ok(on_disk(move || act(&file)).await??)
    }

    /// Forgets whatever stands beyond these bytes: it was written, and nobody was told.
    /// 404 if less is there than is known: the part was lost, and what is sent next would stand behind nothing.
    pub(crate) async fn start_at(&mut self, end: u64) -> Result<(), Problem> {
        self.end = end;
        let is_there = self.run(move |file| {
            let is_there = file.metadata()?.len() >= end;
            if is_there {
                file.set_len(end)?;
            }
            Ok(is_there)
        });
        match is_there.await? {
            true => Ok(()),
            false => Err(Refusal::UploadNotFound.into()),
        }
    }

    async fn write(&mut self, bytes: Bytes) -> Result<(), Problem> {
        let (at, count) = (self.end, bytes.len() as u64);
        self.run(move |file| file.write_all_at(&bytes, at)).await?;
        self.end += count;
        Ok(())
    }

    /// What was written is on the disk afterwards.
    pub(crate) async fn sync(&self) -> Result<(), Problem> {
        self.run(File::sync_data).await
    }

    /// What it is, now that it is whole and on the disk.
    pub(crate) async fn inspect(self, upload: &UploadId) -> Result<Inspected, Problem> {
        self.sync().await?;
        let (kind, is_picture) = self.run(kind_of).await?;
        if is_picture {
            let (folder, upload) = (self.store.files().clone(), upload.clone());
            let _turn = folder.turn().await;
            let act = move |file: &File| inspect_picture(&folder, &upload, (kind, file));
            if let Some(picture) = self.run(act).await? {
                return Ok(picture);
            }
        }
        self.run(move |file| inspect(kind, file)).await
    }
}

/// A body that is a file and has not been read. Its sender was somebody when the head came, and is asked
/// again when all has arrived.
pub(crate) struct UnreadFile {
    request: HttpRequest,
    caller: Caller,
    payload: dev::Payload,
}

/// What came of a body.
pub(crate) struct Received {
    /// Bytes of it that were written.
    pub bytes: u64,
    /// Why it ended before its end, if it did.
    pub broken: Option<Problem>,
}

impl FromRequest for UnreadFile {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let caller = claimed(&request).await?;
            if !is_plain(&request) {
                let text = "the body has a Content-Encoding; send the file as it is";
                return Err(Problem::new(Code::UNSUPPORTED_ENCODING, text));
            }
            Ok(Self {
                request,
                caller,
                payload,
            })
        })
    }
}

impl UnreadFile {
    /// Who began to send it.
    pub(crate) fn caller(&self) -> &Caller {
        &self.caller
    }

    /// How long it says that it is.
    pub(crate) fn length(&self) -> Option<u64> {
        length(&self.request)
    }

    /// Writes it to a part, `most` bytes of it, and asks who its sender is by then. What arrived before a
    /// connection broke is kept, unless it was to be checked.
    pub(crate) async fn receive(
        mut self,
        part: &mut PartWriter,
        most: u64,
        mut checksum: Option<Checksum>,
    ) -> Result<(Caller, Received), Problem> {
        if self.length().is_some_and(|length| length > most) {
            return Err(Refusal::FileTooLarge.into());
        }
        let begin = part.end;
        let mut broken = self.write_to(part, most, checksum.as_mut()).await.err();
        if let Some(checksum) = checksum
            && (broken.is_some() || !checksum.holds())
        {
            part.start_at(begin).await?;
            let text = "the bytes are not those of Upload-Checksum; nothing of this part is kept, send it again";
            broken = broken.or_else(|| Some(Problem::new(Code::CHECKSUM_MISMATCH, text)));
        }
        let caller = confirmed(&self.request, self.caller, true).await?;
        let bytes = part.end - begin;
        Ok((caller, Received { bytes, broken }))
    }

    async fn write_to(
        &mut self,
        part: &mut PartWriter,
        most: u64,
        mut checksum: Option<&mut Checksum>,
    ) -> Result<(), Problem> {
        let mut collected = BytesMut::new();
        let mut left = most;
        let ended = loop {
            let next = match timeout(SILENCE, self.payload.next()).await {
                Ok(next) => next,
                Err(_) => {
                    let text = "nothing of the file came for 30 seconds";
                    break Err(Problem::new(Code::TOO_SLOW, text));
                }
            };
            let chunk = match next {
                None => break Ok(()),
                Some(Ok(chunk)) => chunk,
                Some(Err(error)) => {
                    let text = format!("broken body: {error}");
                    break Err(Problem::new(Code::MALFORMED, text));
                }
            };
            let Some(rest) = left.checked_sub(chunk.len() as u64) else {
                break Err(Refusal::FileTooLarge.into());
            };
            left = rest;
            if let Some(checksum) = checksum.as_deref_mut() {
                checksum.update(&chunk);
            }
            collected.extend_from_slice(&chunk);
            if collected.len() >= STEP {
                part.write(std::mem::take(&mut collected).freeze()).await?;
            }
        };
        if !collected.is_empty() {
            part.write(collected.freeze()).await?;
        }
        ended
    }
}
