//! A form with a file in it, as `multipart/form-data` carries them; without one also as any form is sent.

use super::form::Form;
use crate::core::problem::{Code, Outcome, Problem};
use crate::documents::ATTACHMENT_BYTES_MAX;
use crate::web::read_body;
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpRequest};
use futures_util::stream::once;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;

/// Bytes of a form's fields beside its file: those of a consignment of a few hundred lines, or of a table's columns.
pub const FIELD_BYTES_MAX: usize = 256 * 1_024;

/// What a form sent: with one photo at most, unless it was read for something larger.
#[derive(Default)]
pub struct Filled {
    /// Its fields.
    pub form: Form,
    /// The file, where one was chosen.
    pub file: Option<FilePart>,
}

/// A file of a form.
pub struct FilePart {
    /// What it is called on the machine it comes from.
    pub name: String,
    /// What the browser says it is.
    pub media_type: String,
    /// What it holds.
    pub bytes: BytesMut,
}

impl FromRequest for Filled {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Outcome<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { filled(&request, payload, ATTACHMENT_BYTES_MAX + FIELD_BYTES_MAX).await })
    }
}

/// Reads a form of so many bytes at most.
///
/// # Errors
/// `too_large` where it has more; `malformed` where it breaks off.
pub async fn filled(request: &HttpRequest, payload: Payload, bytes_max: usize) -> Outcome<Filled> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let boundary = multer::parse_boundary(kind.unwrap_or_default());
    let bytes = read_body(request, payload, bytes_max).await?;
    match boundary {
        Ok(boundary) => parts_of(bytes, boundary).await,
        Err(_) => Ok(Filled { form: Form::read(&bytes), file: None }),
    }
}

fn broken(error: multer::Error) -> Problem {
    Problem::new(Code::Malformed, "The form broke off or is no form. Send it again.").log(error)
}

async fn parts_of(bytes: BytesMut, boundary: String) -> Outcome<Filled> {
    let all = once(async move { Ok::<_, Infallible>(bytes.freeze()) });
    let mut parts = multer::Multipart::new(all, boundary);
    let (mut fields, mut file) = (Vec::new(), None);
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let field = part.name().unwrap_or_default().to_owned();
        let name = part.file_name().map(str::to_owned);
        let media_type = part.content_type().map(|kind| kind.essence_str().to_owned()).unwrap_or_default();
        let bytes = part.bytes().await.map_err(broken)?;
        match name {
            None => fields.push((field, String::from_utf8_lossy(&bytes).into_owned())),
            // A browser sends an empty file where none was chosen.
            Some(_) if bytes.is_empty() => {}
            // What is nobody else's is taken as it is, so that a file of megabytes is not held once more.
            Some(name) => file = Some(FilePart { name, media_type, bytes: BytesMut::from(bytes) }),
        }
    }
    Ok(Filled { form: Form::of(fields), file })
}
