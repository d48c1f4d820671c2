//! How much may be kept: by one user, by all of them, and how much of the disk stays free.

use crate::domain::Refusal;

/// What is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileBounds {
    /// Bytes of one file at most.
    pub file: u64,
    /// Bytes of all files of one user; 0 is no limit.
    pub user: u64,
    /// Bytes of all files; 0 is no limit.
    pub server: u64,
    /// Bytes of the disk that stay free.
    pub free: u64,
    /// Uploads of one user that no message has taken.
    pub open: u64,
}

/// What is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Bytes of the user's files and uploads.
    pub user: u64,
    /// Bytes of everybody's.
    pub server: u64,
    /// The user's uploads that no message has taken.
    pub open: u64,
    /// Free bytes of the disk.
    pub free: u64,
}

impl FileBounds {
    /// May a file of so many bytes come?
    pub fn admit(&self, size: u64, kept: Kept) -> Result<(), Refusal> {
        let fits = |most: u64, there: u64| most == 0 || there.saturating_add(size) <= most;
        if size > self.file {
            return Err(Refusal::FileTooLarge);
        }
        if kept.open >= self.open {
            return Err(Refusal::TooManyUploads);
        }
        if !fits(self.user, kept.user) {
            return Err(Refusal::QuotaReached);
        }
        if !fits(self.server, kept.server) || kept.free < self.free.saturating_add(size) {
            return Err(Refusal::StorageFull);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bound_has_an_answer_of_its_own() {
        let bounds = FileBounds {
            file: 100,
            user: 300,
            server: 1_000,
            free: 50,
            open: 3,
        };
        let kept = Kept {
            user: 200,
            server: 900,
            open: 2,
            free: 150,
        };
        assert_eq!(bounds.admit(100, kept), Ok(()));
        assert_eq!(bounds.admit(101, kept), Err(Refusal::FileTooLarge));
        let other = |change: fn(&mut Kept)| {
            let mut other = kept;
            change(&mut other);
            bounds.admit(100, other).unwrap_err()
        };
        assert_eq!(other(|kept| kept.open = 3), Refusal::TooManyUploads);
        assert_eq!(other(|kept| kept.user = 201), Refusal::QuotaReached);
        assert_eq!(other(|kept| kept.server = 901), Refusal::StorageFull);
        assert_eq!(other(|kept| kept.free = 149), Refusal::StorageFull);
    }

    #[test]
    fn zero_is_no_limit() {
        let bounds = FileBounds {
            file: u64::MAX,
            user: 0,
            server: 0,
            free: 0,
            open: 1,
        };
        let kept = Kept {
            free: u64::MAX,
            ..Kept::default()
        };
        assert_eq!(bounds.admit(u64::MAX, kept), Ok(()));
    }
}
