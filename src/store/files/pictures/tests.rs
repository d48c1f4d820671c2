use image::RgbImage;
use img_parts::jpeg::JpegSegment;

use super::*;

/// A picture of 40 × 20 whose left half is red.
fn picture(format: ImageFormat) -> Vec<u8> {
    let red = |x: u32, _| {
        if x < 20 {
            image::Rgb([255, 0, 0])
        } else {
            image::Rgb([0, 0, 255])
        }
    };
    let mut bytes = Cursor::new(Vec::new());
    let image = DynamicImage::ImageRgb8(RgbImage::from_fn(40, 20, red));
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// EXIF with an orientation and a place in it.
fn exif(orientation: u8) -> Bytes {
    let mut exif = b"II*\0\x08\0\0\0\x02\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0]);
    exif.extend(b"\x0f\x01\x02\0\x0c\0\0\0\x26\0\0\0\0\0\0\0GPS-SECRET!\0");
    exif.into()
}

fn has(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

fn with_exif(kind: &str, bytes: Vec<u8>, orientation: u8) -> Bytes {
    let (bytes, exif) = (Bytes::from(bytes), Some(exif(orientation)));
    match kind {
        "image/jpeg" => {
            let mut file = Jpeg::from_bytes(bytes).unwrap();
            file.set_exif(exif);
            let said = |marker, text: &'static [u8]| {
                JpegSegment::new_with_contents(marker, Bytes::from_static(text))
            };
            file.segments_mut().insert(1, said(markers::COM, b"SECRET"));
            file.segments_mut().insert(1, said(markers::APP13, b"Photoshop SECRET"));
            file.set_icc_profile(Some(Bytes::from_static(b"a profile of colours")));
            let more = file.encoder().bytes();
            [&more[..], b"\xff\xd8 another picture: SECRET \xff\xd9"].concat().into()
        }
        "image/png" => {
            let mut file = Png::from_bytes(bytes).unwrap();
            file.set_exif(exif);
            let text = img_parts::png::PngChunk::new(*b"tEXt", Bytes::from_static(b"a\0SECRET"));
            file.chunks_mut().insert(1, text);
            file.encoder().bytes()
        }
        _ => {
            let mut file = WebP::from_bytes(bytes).unwrap();
            file.set_exif(exif);
            file.encoder().bytes()
        }
    }
}

const KINDS: [(&str, ImageFormat); 3] = [
    ("image/jpeg", ImageFormat::Jpeg),
    ("image/png", ImageFormat::Png),
    ("image/webp", ImageFormat::WebP),
];

#[test]
fn what_a_picture_says_of_its_maker_is_cut_out() {
    for (kind, format) in KINDS {
        let plain = picture(format);
        let said = with_exif(kind, plain.clone(), 6);
        assert!(has(&said, b"SECRET"), "{kind}");
        let found = look(kind, said).unwrap();
        assert!(!has(&found.bytes, b"SECRET"), "{kind}");
        assert_eq!((found.width, found.height), (20, 40), "{kind}: turned");
        assert_eq!(orientation(&found.bytes), Orientation::Rotate90, "{kind}");
        let pixels = |bytes: &[u8]| image::load_from_memory(bytes).unwrap().into_rgb8();
        assert_eq!(pixels(&found.bytes), pixels(&plain), "{kind}: no pixel is touched");
        let upright = look(kind, with_exif(kind, plain, 1)).unwrap();
        assert_eq!((upright.width, upright.height), (40, 20), "{kind}");
        assert!(!upright.thumbhash.is_empty());
    }
    let jpeg = look("image/jpeg", with_exif("image/jpeg", picture(ImageFormat::Jpeg), 6)).unwrap();
    let colours = Jpeg::from_bytes(jpeg.bytes).unwrap().icc_profile();
    assert_eq!(colours.as_deref(), Some(&b"a profile of colours"[..]));
}

#[test]
fn what_cannot_be_shown_is_a_plain_file() {
    let png = picture(ImageFormat::Png);
    let mut bomb = png.clone();
    // 60,000 pixels a side, and the check sum of that.
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    for (kind, bytes) in [
        ("image/png", &b"\x89PNG\r\n\x1a\n<html>"[..]),
        ("image/png", &png[..png.len() / 2]),
        ("image/png", &bomb),
        ("image/jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF"),
        ("image/gif", b"GIF89a<script>"),
        ("image/webp", b"RIFF\x24\0\0\0WEBPVP8 "),
    ] {
        assert!(look(kind, Bytes::copy_from_slice(bytes)).is_none(), "{kind} {}", bytes.len());
    }
}

#[test]
fn a_smaller_picture_is_upright_and_fits() {
    let large = DynamicImage::ImageRgb8(RgbImage::new(1_000, 3_000));
    let mut bytes = Cursor::new(Vec::new());
    large.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let bytes = with_exif("image/jpeg", bytes.into_inner(), 6);
    for (size, width, height) in [
        (PictureSize::List, 840, 280),
        (PictureSize::View, 2_048, 683),
    ] {
        let small = image::load_from_memory(&derived(&bytes, size).unwrap()).unwrap();
        assert_eq!((small.width(), small.height()), (width, height), "{size:?}");
        assert!(size.holds(width.into(), height.into()) && !size.holds(3_000, 1_000));
    }
}
