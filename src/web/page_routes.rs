//! Declaring pages: what people open in a browser and what forms send. They are no part of the documented interface.
//!
//! A page is guarded as an operation is; whoever is refused is told so by a page, which `refuse` makes.

use super::guard::{Allowed, Door};
use super::routes::{Access, Endpoint, Refuse, Routes, mount};
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, Responder};

impl Routes {
    /// Declares a page whose handler takes a permit first.
    pub fn page_for<F, Args>(&mut self, refuse: Refuse, method: Method, path: &'static str, handler: F)
    where
        F: Handler<Args> + Send + Sync,
        Args: FromRequest + Allowed + 'static,
        F::Output: Responder + 'static,
    {
        self.declare_page((Access::Page(Args::ACTION), refuse), method, path, handler);
    }

    /// Declares a page for everyone; it must stand in the list of what is public.
    pub fn page<F, Args>(&mut self, refuse: Refuse, method: Method, path: &'static str, handler: F)
    where
        F: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.declare_page((Access::Public, refuse), method, path, handler);
    }

    /// As [`Routes::page`], but each address is slowed down at a door.
    pub fn page_throttled<F, Args>(
        &mut self,
        (refuse, door): (Refuse, Door),
        method: Method,
        path: &'static str,
        handler: F,
    ) where
        F: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.declare_page((Access::Throttled(door), refuse), method, path, handler);
    }

    /// Declares files for everyone that come from a library, such as its pages of documentation.
    pub fn files<F, Args>(&mut self, path: &'static str, handler: F)
    where
        F: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.push((Access::Public, None), Method::GET, path, handler);
    }

    fn declare_page<F, Args>(&mut self, guarded_by: (Access, Refuse), method: Method, path: &str, handler: F)
    where
        F: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.push((guarded_by.0, Some(guarded_by.1)), method, path, handler);
    }

    fn push<F, Args>(&mut self, guarded_by: (Access, Option<Refuse>), method: Method, path: &str, handler: F)
    where
        F: Handler<Args> + Send + Sync,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.endpoints.push(Endpoint {
            mount: mount(method.clone(), guarded_by, handler),
            method,
            path: path.to_owned(),
            pattern: path.to_owned(),
            access: guarded_by.0,
            operation: None,
            refuse: guarded_by.1,
        });
    }
}
