//! Puts the web client into the binary. It is built beforehand and committed in `web/dist`; nothing is
//! fetched or run here: the files are compressed, and a table of them is written for `http::assets`.
//!
//! The page names its files `./assets/…`; here that becomes `./assets/BUILD/…`, where BUILD is a digest
//! of all of them, so that a browser may keep each for ever.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=web/dist");
    println!("cargo::rerun-if-changed=build.rs");
    let dist = Path::new("web/dist");
    let mut files = Vec::new();
    if dist.is_dir() {
        collect(dist, dist, &mut files)?;
    }
    files.sort();
    let build = digest(&files);
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let mut table = String::from("&[\n");
    for (index, (name, bytes)) in files.into_iter().enumerate() {
        let bytes = if is_text(&name) {
            rename(&bytes, &build)
        } else {
            bytes
        };
        let name = match name.strip_prefix("assets/") {
            Some(rest) => format!("assets/{build}/{rest}"),
            None => name,
        };
        let tag = hex(&Sha256::digest(&bytes)[..16]);
        let (plain, gzip) = (out.join(format!("{index}.bin")), out.join(format!("{index}.gz")));
        fs::write(&gzip, compress(&bytes)?)?;
        fs::write(&plain, bytes)?;
        let _ = writeln!(
            table,
            "    Asset {{ path: {:?}, etag: \"\\\"{tag}\\\"\", plain: include_bytes!({plain:?}), \
             gzip: include_bytes!({gzip:?}) }},",
            format!("/{name}"),
        );
    }
    table.push(']');
    fs::write(out.join("assets.rs"), table)
}

/// Every file under `folder`, by its path from `root` with slashes.
fn collect(root: &Path, folder: &Path, into: &mut Vec<(String, Vec<u8>)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, into)?;
        } else if let Ok(name) = path.strip_prefix(root) {
            let name = name.components().map(|part| part.as_os_str().to_string_lossy());
            let name = name.collect::<Vec<_>>().join("/");
            into.push((name, fs::read(&path)?));
        }
    }
    Ok(())
}

fn digest(files: &[(String, Vec<u8>)]) -> String {
    let mut all = Sha256::new();
    for (name, bytes) in files {
        all.update(name);
        all.update(bytes.len().to_le_bytes());
        all.update(bytes);
    }
    hex(&all.finalize()[..6])
}

/// May it name others?
fn is_text(name: &str) -> bool {
    [".html", ".js", ".css", ".webmanifest"].iter().any(|end| name.ends_with(end))
}

/// Points what it names to the files of this build.
fn rename(page: &[u8], build: &str) -> Vec<u8> {
    let page = String::from_utf8_lossy(page);
    page.replace("/assets/", &format!("/assets/{build}/")).into_bytes()
}

fn compress(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    gzip.finish()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
