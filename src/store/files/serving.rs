//! Whose file may be read: the members of the chat whose message carries it, each time they ask.

use std::fs::File;

use crate::domain::{ConversationId, Refusal};
use crate::store::commit::rows::query;
use crate::store::files::folder::read_at;
use crate::store::files::on_disk;
use crate::store::files::pictures::{PictureSize, derived};
use crate::store::{Guarded, Store, StoreError};

/// A file that a message carries.
#[derive(Clone, Debug)]
pub(crate) struct CarriedFile {
    pub sha256: String,
    pub name: String,
    pub kind: String,
    pub size: u64,
    /// A picture's, as it is shown.
    pub sides: Option<(i64, i64)>,
}

impl CarriedFile {
    /// Is a smaller picture made of it in this size? One that moves is shown as it is.
    fn is_derived(&self, size: PictureSize) -> bool {
        let is_larger = self.sides.is_some_and(|(width, height)| !size.holds(width, height));
        is_larger && self.kind != "image/gif"
    }
}

/// The bytes of a file, or of a smaller picture that is made of it now or was made before, and whether they are
/// those of a smaller one.
pub(crate) async fn open(
    store: &Store,
    file: &CarriedFile,
    size: Option<PictureSize>,
) -> Result<Result<(File, bool), Refusal>, StoreError> {
    let (folder, sha256) = (store.files().clone(), file.sha256.clone());
    let Some(size) = size.filter(|size| file.is_derived(*size)) else {
        return Ok(on_disk(move || folder.open(&sha256)).await?.map(|file| (file, false)));
    };
    let known = {
        let (folder, sha256) = (folder.clone(), sha256.clone());
        on_disk(move || Ok(folder.open_derivative(&sha256, size.as_str()).ok())).await?
    };
    if let Ok(Some(known)) = known {
        return Ok(Ok((known, true)));
    }
    let _turn = folder.turn().await;
    on_disk(move || {
        if let Ok(made) = folder.open_derivative(&sha256, size.as_str()) {
            return Ok((made, true));
        }
        let original = folder.open(&sha256)?;
        let bytes =
            read_at(&original, 0, usize::try_from(original.metadata()?.len()).unwrap_or(0))?;
        match derived(&bytes, size) {
            None => Ok((original, false)),
            Some(small) => {
                folder.keep_derivative(&sha256, size.as_str(), &small)?;
                Ok((folder.open_derivative(&sha256, size.as_str())?, true))
            }
        }
    })
    .await
}

/// The file with this id, if a message carries it that is not deleted.
pub(crate) async fn find(
    store: &Store,
    id: i64,
) -> Result<Option<Guarded<CarriedFile>>, StoreError> {
    let sql = "SELECT m.conversation_id, p.sha256, p.name, p.type, p.size, p.width, p.height FROM uploads p \
               JOIN messages m ON m.id = p.message_id AND m.deleted_at IS NULL \
               WHERE p.id = $1 AND p.sha256 IS NOT NULL";
    let rows = query(store.readers(), sql, [id.into()]).await?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let width: Option<i64> = row.get("width")?;
    let height: Option<i64> = row.get("height")?;
    let file = CarriedFile {
        sides: width.zip(height),
        sha256: row.get("sha256")?,
        name: row.get("name")?,
        kind: row.get("type")?,
        size: u64::try_from(row.get::<i64>("size")?).unwrap_or(0),
    };
    let conversation = ConversationId(row.get("conversation_id")?);
    Ok(Some(Guarded::new(conversation, file)))
}
