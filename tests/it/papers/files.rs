//! Small files of every kind that is taken, with everything in them that must not be kept.

/// What a camera writes of its owner; it must be in no kept byte.
pub const SECRET: &[u8] = b"Amina Jallow, serial 77-4411";
/// A place in degrees, minutes and seconds, as three fractions: 13° 27' 17.64".
const LATITUDE: [u32; 6] = [13, 1, 27, 1, 1764, 100];

/// EXIF in either order of bytes: turned to the right, taken by somebody, somewhere.
pub fn tiff(is_big: bool) -> Vec<u8> {
    let short = |value: u16| if is_big { value.to_be_bytes() } else { value.to_le_bytes() };
    let long = |value: u32| if is_big { value.to_be_bytes() } else { value.to_le_bytes() };
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| {
        [&short(tag)[..], &short(kind), &long(count), &value].concat()
    };
    let value_of = |value: u16| [short(value), [0, 0]].concat().try_into().unwrap();
    let (owner_at, gps_at) = (200, 100);
    let mut out = if is_big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
    out.extend(long(8));
    out.extend(short(3));
    out.extend(entry(0x0112, 3, 1, value_of(6)));
    out.extend(entry(0x013B, 2, SECRET.len() as u32, long(owner_at)));
    out.extend(entry(0x8825, 4, 1, long(gps_at)));
    out.extend(long(0));
    out.resize(gps_at as usize, 0);
    out.extend(short(3));
    out.extend(entry(1, 2, 2, *b"N\0\0\0"));
    out.extend(entry(2, 5, 3, long(gps_at + 2 + 36 + 4)));
    out.extend(entry(28, 7, SECRET.len() as u32, long(owner_at)));
    out.extend(long(0));
    out.extend(LATITUDE.iter().flat_map(|part| long(*part)));
    out.resize(owner_at as usize, 0);
    out.extend(SECRET);
    out
}

/// The place as it lies in the file: whoever finds this finds where the picture was taken.
pub fn place(is_big: bool) -> Vec<u8> {
    LATITUDE.iter().flat_map(|part| if is_big { part.to_be_bytes() } else { part.to_le_bytes() }).collect()
}

pub fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn segment(marker: u8, payload: &[u8]) -> Vec<u8> {
    [&[0xFF, marker][..], &(payload.len() as u16 + 2).to_be_bytes(), payload].concat()
}

/// A JPEG of 40 × 30 pixels with `data` as its coded picture.
pub fn jpeg(data: &[u8]) -> Vec<u8> {
    let frame = [8, 0, 30, 0, 40, 1, 1, 0x11, 0];
    [
        vec![0xFF, 0xD8],
        segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\x01\x01thumb"),
        segment(0xE1, &[b"Exif\0\0".to_vec(), tiff(true)].concat()),
        segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>".to_vec(), SECRET.to_vec()].concat()),
        segment(0xED, &[b"Photoshop 3.0\0".to_vec(), SECRET.to_vec()].concat()),
        segment(0xFE, SECRET),
        segment(0xDB, &[&[0][..], &[16; 64]].concat()),
        segment(0xC0, &frame),
        segment(0xC4, &[&[0][..], &[0; 16]].concat()),
        segment(0xDA, &[1, 1, 0, 0, 63, 0]),
        data.to_vec(),
        vec![0xFF, 0xD9],
    ]
    .concat()
}

/// A photo of this number; no two are alike.
pub fn photo(number: u8) -> Vec<u8> {
    jpeg(&[number, 0x55, 0xFF, 0x00, 0x2A, 0xFF, 0xD0, 0x11])
}

pub fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut sum = 0xFFFF_FFFF_u32;
    for byte in name.iter().chain(data) {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 };
        }
    }
    [&(data.len() as u32).to_be_bytes()[..], name, data, &(!sum).to_be_bytes()].concat()
}

/// A PNG of 40 × 30 pixels.
pub fn png() -> Vec<u8> {
    png_of(40, 30)
}

pub fn png_of(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        chunk(b"gAMA", &[0, 0, 0xB1, 0x8F]),
        chunk(b"tEXt", &[b"Author\0".to_vec(), SECRET.to_vec()].concat()),
        chunk(b"eXIf", &tiff(false)),
        chunk(b"IDAT", b"first"),
        chunk(b"IDAT", b"second"),
        chunk(b"prVt", SECRET),
        chunk(b"IEND", b""),
    ]
    .concat()
}

fn riff(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let pad = if data.len() % 2 == 1 { &[0][..] } else { &[] };
    [&name[..], &(data.len() as u32).to_le_bytes(), data, pad].concat()
}

/// A WebP of 40 × 30 pixels.
pub fn webp() -> Vec<u8> {
    let image = [&[0, 0, 0, 0x9D, 0x01, 0x2A, 40, 0, 30, 0][..], b"picture"].concat();
    let body = [
        b"WEBP".to_vec(),
        riff(b"VP8X", &[0x0C, 0, 0, 0, 39, 0, 0, 29, 0, 0]),
        riff(b"VP8 ", &image),
        riff(b"EXIF", &tiff(false)),
        riff(b"XMP ", SECRET),
    ]
    .concat();
    [b"RIFF".to_vec(), (body.len() as u32).to_le_bytes().to_vec(), body].concat()
}

/// A PDF with these objects in it.
pub fn pdf(objects: &[u8]) -> Vec<u8> {
    let mut out =
        b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n".to_vec();
    out.extend(objects);
    out.extend(b"\ntrailer\n<< /Root 1 0 R >>\nstartxref\n9\n%%EOF\n");
    out
}

/// A picture in a PDF as a phone's scanner puts it in: as it came.
pub fn scanned(picture: &[u8]) -> Vec<u8> {
    stream("/Type /XObject /Subtype /Image /Filter /DCTDecode", picture)
}

/// A stream with these bytes in it.
pub fn stream(described: &str, data: &[u8]) -> Vec<u8> {
    let head = format!("5 0 obj\n<< {described} /Length {} >>\nstream\n", data.len());
    [head.into_bytes(), data.to_vec(), b"\nendstream\nendobj\n".to_vec()].concat()
}

/// A stream of objects, packed as they usually are.
pub fn packed(described: &str, objects: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(objects).expect("bytes are packed");
    let data = packer.finish().expect("bytes are packed");
    let head = format!("5 0 obj\n<< {described} /N 1 /First 4 /Length {} >>\nstream\n", data.len());
    [head.into_bytes(), data, b"\nendstream\nendobj\n".to_vec()].concat()
}

/// An archive with nothing in it.
pub fn archive() -> Vec<u8> {
    [b"PK\x05\x06".to_vec(), vec![0; 18]].concat()
}
