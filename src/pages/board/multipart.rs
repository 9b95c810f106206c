//! A form with a photo in it, as `multipart/form-data` carries them; without one also as any form is sent.

use crate::core::problem::{Code, Outcome, Problem};
use crate::documents::ATTACHMENT_BYTES_MAX;
use crate::pages::form::Form;
use crate::web::read_body;
use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::BytesMut;
use actix_web::{FromRequest, HttpRequest};
use futures_util::stream::once;
use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;

/// Bytes of such a form: one photo, and fields of a consignment of a few hundred lines.
const FORM_BYTES_MAX: usize = ATTACHMENT_BYTES_MAX + 256 * 1_024;
/// What a photo is called in a form.
const PHOTO: &str = "photo";

/// What a form sent.
#[derive(Default)]
pub(super) struct Filled {
    /// Its fields.
    pub(super) form: Form,
    /// The photo, where one was taken.
    pub(super) photo: Option<Photo>,
}

/// A photo of a document.
pub(super) struct Photo {
    /// What the browser says it is.
    pub(super) media_type: String,
    pub(super) bytes: BytesMut,
}

impl FromRequest for Filled {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Outcome<Self>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let payload = payload.take();
        Box::pin(async move {
            let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
            let boundary = multer::parse_boundary(kind.unwrap_or_default());
            let bytes = read_body(&request, payload, FORM_BYTES_MAX).await?;
            match boundary {
                Ok(boundary) => parts_of(bytes, boundary).await,
                Err(_) => Ok(Self { form: Form::read(&bytes), photo: None }),
            }
        })
    }
}

fn broken(error: multer::Error) -> Problem {
    Problem::new(Code::Malformed, "The form broke off or is no form. Send it again.").log(error)
}

async fn parts_of(bytes: BytesMut, boundary: String) -> Outcome<Filled> {
    let all = once(async move { Ok::<_, Infallible>(bytes.freeze()) });
    let mut parts = multer::Multipart::new(all, boundary);
    let (mut fields, mut photo) = (Vec::new(), None);
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let media_type = part.content_type().map(|kind| kind.essence_str().to_owned()).unwrap_or_default();
        let bytes = part.bytes().await.map_err(broken)?;
        if !is_file {
            fields.push((name, String::from_utf8_lossy(&bytes).into_owned()));
        } else if name == PHOTO && !bytes.is_empty() {
            // A browser sends an empty file where none was chosen.
            photo = Some(Photo { media_type, bytes: BytesMut::from(bytes.as_ref()) });
        }
    }
    Ok(Filled { form: Form::of(fields), photo })
}
