//! Whoever may call at all, sessions, users, keys of machines, and people.

use serde_json::{Value, json};

use super::About::{Listed, Nothing, Own, Shared};
use super::{Call, FIELDS, Mode, SCOPED, edit, get, import_of, key_of, list, send, webhook_of};

/// Their lines.
pub const CALLS: &[Call] = &[
    // Public.
    Call::of("health_live", Nothing, |_, _| get("/health/live")),
    Call::of("health_ready", Nothing, |_, _| get("/health/ready")),
    Call::of("metrics", Nothing, |_, _| get("/metrics")),
    Call::of("openapi_document", Nothing, |_, _| get("/api/openapi.json")),
    Call::of("key_set", Nothing, |_, _| get("/.well-known/jwks.json")),
    Call::of("audit_key", Nothing, |_, _| get("/.well-known/relief-log.vkey")),
    Call::of("audit_checkpoint", Nothing, |_, _| get("/api/v1/audit/checkpoint")),
    Call::of("audit_tile", Nothing, |_, _| get("/api/v1/audit/tile/0/000.p/1")),
    Call::of("audit_proof", Nothing, |_, _| get("/api/v1/audit/proof/0")),
    Call::of("audit_consistency", Nothing, |_, _| get("/api/v1/audit/consistency?old=1")),
    Call::of("login", Nothing, |_, _| send("POST", "/api/v1/auth/login", json!({}))).ok(&[422]),
    Call::of("refresh", Nothing, |_, _| send("POST", "/api/v1/auth/refresh", json!({}))).ok(&[422]),
    Call::of("first_admin", Nothing, |_, _| send("POST", "/api/v1/auth/first-admin", json!({}))).ok(&[422]),
    Call::of("invitation_accept", Nothing, |_, _| send("POST", "/api/v1/auth/invitations/accept", json!({})))
        .ok(&[422]),
    // No outside issuer is configured here.
    Call::of("outside", Nothing, |_, _| send("POST", "/api/v1/auth/outside", json!({"id_token": "none"})))
        .ok(&[404]),
    Call::of("receipt_link_make", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/consignments/{}/confirmation-link", subject.consignment), json!({}))
    })
    .ok(&[201]),
    Call::of("tracking_show", Shared, |_, subject| get(format!("/api/v1/tracking/{}", subject.code))),
    Call::of("pledge_link_show", Shared, |_, subject| get(format!("/api/v1/pledge-links/{}", subject.link))),
    Call::of("pledge_link_trace", Shared, |_, subject| {
        get(format!("/api/v1/pledge-links/{}/trace", subject.link))
    }),
    // Sessions and users.
    Call::of("me", Nothing, |_, _| get("/api/v1/auth/me")),
    Call::of("session_list", Nothing, |_, _| get("/api/v1/auth/sessions")),
    Call::of("session_end", Own, |seat, subject| {
        let session = if subject.name == "own" { seat.spare_session } else { subject.session };
        send("DELETE", format!("/api/v1/auth/sessions/{session}"), Value::Null)
    }),
    Call::of("session_end_all", Nothing, |_, _| send("DELETE", "/api/v1/auth/sessions", Value::Null)),
    Call::of("logout", Nothing, |_, _| send("POST", "/api/v1/auth/logout", Value::Null)),
    Call::of("password_change", Nothing, |_, _| send("POST", "/api/v1/auth/password", json!({}))).ok(&[422]),
    Call::of("user_list", Listed(|subject| subject.user.clone()), |_, _| list("/api/v1/users")),
    Call::of("user_add", Nothing, |_, _| send("POST", "/api/v1/users", json!({}))).ok(&[422]),
    Call::of("user_show", SCOPED, |_, subject| get(format!("/api/v1/users/{}", subject.user))),
    Call::of("user_change", SCOPED, |_, subject| edit(format!("/api/v1/users/{}", subject.user))).ok(&[412]),
    Call::of("user_reset", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/users/{}/reset", subject.user), Value::Null)
    })
    .ok(&[201, 202]),
    Call::of("user_erase", SCOPED, |_, subject| {
        send("POST", format!("/api/v1/users/{}/erase", subject.user), json!({"reason": "mistaken"}))
    })
    .ok(&[409]),
    Call::of("user_session_list", SCOPED, |_, subject| {
        get(format!("/api/v1/users/{}/sessions", subject.user))
    }),
    Call::of("user_session_end", SCOPED, |_, subject| {
        send("DELETE", format!("/api/v1/users/{}/sessions/{}", subject.user, subject.session), Value::Null)
    }),
    Call::of("user_session_end_all", SCOPED, |_, subject| {
        send("DELETE", format!("/api/v1/users/{}/sessions", subject.user), Value::Null)
    }),
    Call::of("access_review", Nothing, |_, _| get("/api/v1/access-review")),
    Call::of("access_review", Nothing, |_, _| get("/api/v1/access-review?format=csv")).mode(Mode::Export),
    // Keys of machines, which belong to no organization.
    Call::of("api_key_make", Nothing, |_, _| send("POST", "/api/v1/api-keys", json!({}))).ok(&[422]),
    Call::of("api_key_list", Nothing, |_, _| list("/api/v1/api-keys")),
    Call::of("api_key_show", Shared, |seat, subject| {
        get(format!("/api/v1/api-keys/{}", key_of(seat, subject)))
    }),
    Call::of("api_key_revoke", Shared, |seat, subject| {
        send("DELETE", format!("/api/v1/api-keys/{}", key_of(seat, subject)), Value::Null)
    }),
    // Webhooks, each its user's.
    Call::of("import_create", Nothing, |_, _| send("POST", "/api/v1/imports?kind=needs", json!({})))
        .ok(&[415]),
    Call::of("import_index", Nothing, |_, _| get("/api/v1/imports")),
    Call::of("import_template", Nothing, |_, _| get("/api/v1/imports/templates/needs.csv")),
    Call::of("import_show", Own, |seat, subject| get(import_of(seat, subject))),
    Call::of("import_rows", Own, |seat, subject| list(&format!("{}/rows", import_of(seat, subject)))),
    Call::of("import_columns", Own, |seat, subject| get(format!("{}/columns", import_of(seat, subject)))),
    Call::of("import_read_by", Own, |seat, subject| {
        send("POST", format!("{}/reading", import_of(seat, subject)), json!({}))
    })
    .ok(&[202, 409, 422]),
    Call::of("import_run", Own, |seat, subject| {
        send("POST", format!("{}/run", import_of(seat, subject)), json!({}))
    })
    .ok(&[202, 409]),
    Call::of("webhook_make", Nothing, |_, _| {
        send("POST", "/api/v1/webhooks", json!({"url": "https://hooks.example.org/relief", "paused": true}))
    })
    .ok(&[201]),
    Call::of("webhook_index", Nothing, |_, _| get("/api/v1/webhooks")),
    Call::of("webhook_show", Own, |seat, subject| get(webhook_of(seat, subject, 0))),
    Call::of("webhook_change", Own, |seat, subject| edit(webhook_of(seat, subject, 0))).ok(&[412]),
    Call::of("webhook_renew", Own, |seat, subject| {
        send("POST", format!("{}/secret", webhook_of(seat, subject, 0)), Value::Null)
    }),
    Call::of("webhook_remove", Own, |seat, subject| {
        send("DELETE", webhook_of(seat, subject, 1), Value::Null)
    }),
    Call::of("webhook_letters", Own, |seat, subject| {
        list(&format!("{}/letters", webhook_of(seat, subject, 0)))
    }),
    Call::of("webhook_replay", Own, |seat, subject| {
        send("POST", format!("{}/replay", webhook_of(seat, subject, 0)), json!({}))
    }),
    // Mail, which this server does not send.
    Call::of("tracking_mail", Nothing, |_, subject| {
        let body = json!({"address": "amina@example.org"});
        send("POST", format!("/api/v1/tracking/{}/mail", subject.code), body)
    })
    .ok(&[409]),
    Call::of("mail_confirm", Nothing, |_, subject| {
        send("POST", format!("/api/v1/mail/{}/none/confirm", subject.user), Value::Null)
    })
    .ok(&[404]),
    Call::of("mail_end", Nothing, |_, subject| {
        send("POST", format!("/api/v1/mail/{}/none/end", subject.user), Value::Null)
    })
    .ok(&[404]),
    Call::of("mailing_ask", Nothing, |_, _| {
        send("POST", "/api/v1/mailings", json!({"about": "digest", "address": "amina@example.org"}))
    })
    .ok(&[409]),
    Call::of("mailing_index", Nothing, |_, _| get("/api/v1/mailings")),
    Call::of("mailing_letters", Nothing, |_, subject| {
        list(&format!("/api/v1/mailings/{}/letters", subject.user))
    })
    .ok(&[404]),
    Call::of("mailing_replay", Nothing, |_, subject| {
        send("POST", format!("/api/v1/mailings/{}/replay", subject.user), json!({}))
    })
    .ok(&[404]),
    Call::of("mailing_end", Nothing, |_, subject| {
        send("DELETE", format!("/api/v1/mailings/{}", subject.user), Value::Null)
    })
    .ok(&[404]),
    // People.
    Call::of("person_list", Listed(|subject| subject.papers.person.clone()), |_, _| list("/api/v1/people")),
    Call::of("person_create", FIELDS, |_, subject| {
        let body = json!({"kind": "driver", "organization_id": subject.organization, "name": "Awa Jallow"});
        send("POST", "/api/v1/people", body)
    })
    .ok(&[201]),
    Call::of("person_read", SCOPED, |_, subject| get(format!("/api/v1/people/{}", subject.papers.person))),
    Call::of("person_signature", SCOPED, |_, subject| {
        get(format!("/api/v1/people/{}/signature", subject.papers.person))
    }),
    Call::of("person_change", SCOPED, |_, subject| edit(format!("/api/v1/people/{}", subject.papers.person)))
        .ok(&[412]),
    Call::of("person_erase", SCOPED, |_, subject| {
        let path = format!("/api/v1/people/{}/erase", subject.papers.erased);
        send("POST", path, json!({"reason": "mistaken"}))
    }),
];
