//! What is done with pictures: what they say of their maker is cut out without touching a pixel, they are measured
//! before their message is shown, and smaller ones are made of them. A picture that cannot be read, or would be
//! too large in memory, is a plain file.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageEncoder, ImageFormat, ImageReader, Limits};
use img_parts::jpeg::{Jpeg, markers};
use img_parts::png::Png;
use img_parts::webp::WebP;
use img_parts::{ImageEXIF, ImageICC};

/// Bytes of a picture that is looked into.
pub(crate) const PICTURE_BYTES: u64 = 32 << 20;
/// Pixels of a picture that is unpacked.
pub(crate) const PICTURE_PIXELS: u64 = 40_000_000;
/// Pixels of one side of it.
pub(crate) const PICTURE_SIDE: u32 = 20_000;
/// Memory that unpacking may take.
pub(crate) const PICTURE_MEMORY: u64 = 256 << 20;
/// Sides of what a ThumbHash is made of.
const HASHED: u32 = 100;
const QUALITY: u8 = 82;

/// A picture that can be shown.
#[derive(Debug)]
pub(super) struct Picture {
    /// Without what it said of its maker.
    pub(super) bytes: Bytes,
    /// As it is shown.
    pub(super) width: i64,
    pub(super) height: i64,
    /// In base64.
    pub(super) thumbhash: String,
}

/// A size in which pictures are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PictureSize {
    /// In a list of messages, for screens with two pixels in one.
    List,
    /// Alone.
    View,
}

impl PictureSize {
    /// By its name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        match name {
            "list" => Some(Self::List),
            "view" => Some(Self::View),
            _ => None,
        }
    }

    /// Its name.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::View => "view",
        }
    }

    fn sides(self) -> (u32, u32) {
        match self {
            Self::List => (840, 640),
            Self::View => (2_048, 2_048),
        }
    }

    /// Is a picture of these sides small enough as it is?
    pub(crate) fn holds(self, width: i64, height: i64) -> bool {
        let (most_width, most_height) = self.sides();
        width <= i64::from(most_width) && height <= i64::from(most_height)
    }
}

/// Looks into a picture of this media type; `None` if it is none that can be shown.
pub(super) fn look(kind: &str, bytes: Bytes) -> Option<Picture> {
    // A decoder that fails must not take anything else with it.
    catch_unwind(AssertUnwindSafe(|| {
        let bytes = cleaned(kind, bytes)?;
        let (image, orientation, _) = unpacked(&bytes)?;
        let (width, height) = sides_as_shown(&image, orientation);
        let mut small = image.thumbnail(HASHED.min(image.width()), HASHED.min(image.height()));
        drop(image);
        small.apply_orientation(orientation);
        let small = small.to_rgba8();
        let (across, down) = (small.width() as usize, small.height() as usize);
        let hash = thumbhash::rgba_to_thumb_hash(across, down, &small);
        Some(Picture {
            bytes,
            width: width.into(),
            height: height.into(),
            thumbhash: BASE64_STANDARD.encode(hash),
        })
    }))
    .ok()
    .flatten()
}

/// A smaller picture, as JPEG, or as PNG if something shines through it; in its own colours.
pub(crate) fn derived(bytes: &[u8], size: PictureSize) -> Option<Vec<u8>> {
    catch_unwind(|| {
        let (image, orientation, colours) = unpacked(bytes)?;
        let (across, down) = size.sides();
        let (across, down) = match is_turned(orientation) {
            true => (down, across),
            false => (across, down),
        };
        let mut small = image.resize(across, down, FilterType::Triangle);
        drop(image);
        small.apply_orientation(orientation);
        let mut out = Vec::new();
        if small.color().has_alpha() {
            let small = DynamicImage::ImageRgba8(small.into_rgba8());
            let mut encoder = PngEncoder::new(&mut out);
            colours.and_then(|colours| encoder.set_icc_profile(colours).ok());
            small.write_with_encoder(encoder).ok()?;
        } else {
            let small = DynamicImage::ImageRgb8(small.into_rgb8());
            let mut encoder = JpegEncoder::new_with_quality(&mut out, QUALITY);
            colours.and_then(|colours| encoder.set_icc_profile(colours).ok());
            small.write_with_encoder(encoder).ok()?;
        }
        Some(out)
    })
    .ok()
    .flatten()
}

type Unpacked = (DynamicImage, Orientation, Option<Vec<u8>>);

/// The pixels as they are stored, how they are to be turned, and what their colours mean. Nothing is unpacked
/// before it is known to be small enough.
fn unpacked(bytes: &[u8]) -> Option<Unpacked> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut decoder = reader.into_decoder().ok()?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > PICTURE_PIXELS || width.max(height) > PICTURE_SIDE {
        return None;
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(PICTURE_MEMORY);
    decoder.set_limits(limits).ok()?;
    let orientation = orientation(bytes);
    let colours = decoder.icc_profile().ok().flatten();
    let image = DynamicImage::from_decoder(decoder).ok()?;
    Some((image, orientation, colours))
}

fn is_turned(orientation: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH)
}

fn sides_as_shown(image: &DynamicImage, orientation: Orientation) -> (u32, u32) {
    match is_turned(orientation) {
        true => (image.height(), image.width()),
        false => (image.width(), image.height()),
    }
}

fn orientation(bytes: &[u8]) -> Orientation {
    let bytes = Bytes::copy_from_slice(bytes);
    let exif = match image::guess_format(&bytes) {
        Ok(ImageFormat::Jpeg) => Jpeg::from_bytes(bytes).ok().and_then(|file| file.exif()),
        Ok(ImageFormat::Png) => Png::from_bytes(bytes).ok().and_then(|file| file.exif()),
        Ok(ImageFormat::WebP) => WebP::from_bytes(bytes).ok().and_then(|file| file.exif()),
        _ => None,
    };
    turned(exif.as_deref())
}

fn turned(exif: Option<&[u8]>) -> Orientation {
    exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms)
}

/// The same pixels without what else is said: where and when and by what it was taken, texts, previews. What is
/// left of EXIF is how the picture is turned; the colour profile stays.
fn cleaned(kind: &str, bytes: Bytes) -> Option<Bytes> {
    match kind {
        "image/jpeg" => cleaned_jpeg(bytes),
        "image/png" => {
            let mut file = Png::from_bytes(bytes).ok()?;
            let exif = file.exif();
            for kind in [*b"tEXt", *b"zTXt", *b"iTXt", *b"tIME", *b"eXIf"] {
                file.remove_chunks_by_type(kind);
            }
            file.set_exif(only_turned(exif.as_deref()));
            Some(file.encoder().bytes())
        }
        "image/webp" => {
            let mut file = WebP::from_bytes(bytes).ok()?;
            let exif = file.exif();
            file.remove_chunks_by_id(*b"XMP ");
            file.set_exif(only_turned(exif.as_deref()));
            Some(file.encoder().bytes())
        }
        _ => Some(bytes),
    }
}

fn cleaned_jpeg(bytes: Bytes) -> Option<Bytes> {
    let mut file = Jpeg::from_bytes(bytes).ok()?;
    let exif = file.exif();
    let colours = file.icc_profile();
    file.segments_mut().retain(|segment| {
        // JFIF and Adobe's say how the colours are stored; the profile is set again below.
        let is_said = (markers::APP0..=markers::APP15).contains(&segment.marker())
            && !matches!(segment.marker(), markers::APP0 | markers::APP14);
        !is_said && segment.marker() != markers::COM
    });
    file.set_icc_profile(colours);
    file.set_exif(only_turned(exif.as_deref()));
    let last = file.segments().last()?;
    let entropy = last.len_with_entropy().checked_sub(last.len())?;
    let bytes = file.encoder().bytes();
    let begin = bytes.len().checked_sub(entropy)?;
    let end = end_of_image(&bytes, begin);
    Some(bytes.slice(..end))
}

/// Where a JPEG ends: cameras put more pictures behind it, which say the same of their maker.
fn end_of_image(bytes: &[u8], begin: usize) -> usize {
    let mut at = begin;
    while let Some(&[first, marker]) = bytes.get(at..at + 2).and_then(|two| two.first_chunk()) {
        if first != markers::P {
            at += 1;
            continue;
        }
        match marker {
            markers::EOI => return at + 2,
            markers::P => at += 1,
            // A byte of the picture that looks like a marker, and the places to go on from.
            0 | 0xd0..=0xd7 => at += 2,
            _ => {
                let length = bytes.get(at + 2..at + 4).and_then(|two| two.first_chunk());
                at += 2 + length.map_or(2, |length| usize::from(u16::from_be_bytes(*length)));
            }
        }
    }
    bytes.len()
}

/// EXIF that says how a picture is turned and nothing else; none for one that is upright.
fn only_turned(exif: Option<&[u8]>) -> Option<Bytes> {
    let orientation = turned(exif);
    if orientation == Orientation::NoTransforms {
        return None;
    }
    // A TIFF header, and a directory with one entry: tag 0x112, one short (TIFF 6.0, section 2).
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation.to_exif(), 0, 0, 0, 0, 0, 0, 0]);
    Some(exif.into())
}

#[cfg(test)]
mod tests;
