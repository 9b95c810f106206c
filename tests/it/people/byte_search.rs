//! What is left of whoever was erased: all bytes of every file of a real server are searched, on both databases.

use super::*;

/// A real server whose every file lies below one folder, and whoever asks it.
struct House {
    folder: tempfile::TempDir,
    url: String,
    database_files: PathBuf,
    program: crate::browser::program::Program,
    manager: Caller,
    admin: Caller,
    organization: OrganizationId,
}

impl House {
    /// Starts it on this database, whose files are below `database_files`, or below the house's own folder.
    fn start(url: Option<String>, database_files: Option<PathBuf>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = url.unwrap_or_else(|| format!("sqlite://{}", folder.path().join("relief.db").display()));
        let keys = folder.path().join("keys");
        migrate(&url);
        let logged_in = [Role::Manager, Role::Admin].map(|role| arrive(&url, &keys, role));
        let draft = serde_json::from_value(json!({"name": "Central store", "country": "GM"})).unwrap();
        let organization = OrganizationId(Uuid::now_v7());
        record(&url, OrganizationCreate::new(operator(), &draft, organization).unwrap());
        drop(KeyRing::open_or_create(&keys).unwrap());
        let mut command = Command::new("bash");
        command
            .args(["-c", "log=$1; shift; exec \"$@\" 2> \"$log\"", "bash"])
            .arg(folder.path().join("server.log"));
        command.args([env!("CARGO_BIN_EXE_relief"), "serve", "--listen", "127.0.0.1:0", "--workers", "2"]);
        command.args(["--database-url", &url, "--keys"]).arg(&keys).env("RELIEF_LOG", "debug");
        let program = crate::browser::program::Program::start(&mut command);
        let address = program.address().trim_start_matches("http://").parse().unwrap();
        let caller = |(user, session): (UserId, SessionId)| {
            let token = Tokens::open(&keys).unwrap().issue(user, session).unwrap();
            Caller { address, token: Some(token), user: Some(user) }
        };
        let [manager, admin] = logged_in.map(caller);
        let database_files = database_files.unwrap_or_else(|| folder.path().to_owned());
        Self { folder, url, database_files, program, manager, admin, organization }
    }

    fn keys(&self) -> PathBuf {
        self.folder.path().join("keys")
    }

    /// In which live files one of these texts stands, in clear, in base64 or in hexadecimal.
    fn found(&self, sought: &[&[u8]]) -> Vec<String> {
        if self.url.starts_with("postgres") {
            use diesel::connection::SimpleConnection;
            connect(&self.url).unwrap().batch_execute("CHECKPOINT").unwrap();
        }
        let forms: Vec<Vec<u8>> = sought.iter().flat_map(|text| forms_of(text)).collect();
        let mut found = Vec::new();
        for root in [self.folder.path(), &self.database_files] {
            search(root, &forms, &mut found);
        }
        found.sort();
        found.dedup();
        found
    }
}

/// A user of a role with a session.
fn arrive(url: &str, keys: &Path, role: Role) -> (UserId, SessionId) {
    let (user, session) = (UserId(Uuid::now_v7()), SessionId(Uuid::now_v7()));
    let new = NewUser {
        id: user,
        login: role.word().into(),
        name: format!("The {role}"),
        password_hash: "none".into(),
        role,
        organization: None,
        countries: Vec::new(),
    };
    let new = new.sealed(&Vault::open_or_create(keys).unwrap()).unwrap();
    record(url, Arrival { add: UserAdd { actor: operator(), user: new }, session });
    (user, session)
}

fn record<U: Update>(url: &str, update: U) -> U::Answer {
    let writer = Writer::start(WriterSettings::of(url)).unwrap();
    let recorded = writer.record_blocking(update).unwrap();
    writer.stop();
    recorded.answer
}

/// A text as it may stand in a file. Base64 depends on where the text begins: each of the three ways, without its ends.
fn forms_of(text: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![text.to_vec()];
    for offset in 0..3 {
        let encoded = STANDARD.encode([&[0; 3][..offset], text].concat());
        forms.push(encoded.as_bytes()[4..encoded.len() - 4].to_vec());
    }
    let hex: String = text.iter().map(|byte| format!("{byte:02x}")).collect();
    forms.extend([hex.to_uppercase().into_bytes(), hex.into_bytes()]);
    forms
}

pub fn search(folder: &Path, forms: &[Vec<u8>], found: &mut Vec<String>) {
    // Files come and go while a server runs.
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            search(&path, forms, found);
            continue;
        }
        let Ok(bytes) = fs::read(&path) else { continue };
        if contains_any(&bytes, forms) {
            found.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
}

/// Whether one of these stands in a file, in one pass: the files of a cluster have fifty megabytes.
fn contains_any(bytes: &[u8], forms: &[Vec<u8>]) -> bool {
    let mut begins = vec![false; 1 << 16];
    for form in forms {
        begins[usize::from(form[0]) << 8 | usize::from(form[1])] = true;
    }
    let mut two = 0;
    for (at, byte) in bytes.iter().enumerate() {
        two = (two & 0xFF) << 8 | usize::from(*byte);
        if begins[two] && at > 0 && forms.iter().any(|form| bytes[at - 1..].starts_with(form)) {
            return true;
        }
    }
    false
}

/// What of a person who was erased can be read still: her ciphertexts, as a backup or a dead row keeps them, are
/// tried with the keys that are there.
fn left_of(keys: &Path, id: PersonId, before: &Person) -> Vec<&'static str> {
    let vault = Vault::open_or_create(keys).unwrap();
    let opens = |part, sealed: &Option<Vec<u8>>| {
        vault.open(SealedId(id.0), part, sealed.as_deref().unwrap()).ok().flatten().is_some()
    };
    let parts = [("words", &before.sealed), ("signature", &before.signature)];
    parts.into_iter().filter(|(part, sealed)| opens(part, sealed)).map(|(part, _)| part).collect()
}

fn nothing_is_found_of_who_was_erased(house: &House) {
    let (manager, keys) = (&house.manager, house.keys());
    let id = new_id();
    manager.post(PEOPLE, &described(id, house.organization)).expect(201);
    let edit =
        json!({"title": "Keeper of the second store", "signature": STANDARD.encode(picture("second"))});
    manager.patch(&path_of(id), 1, &edit).expect(200);
    manager.post(PEOPLE, &json!({"kind": "king", "name": NAME})).refused("invalid", &["/kind"]);
    let second = ink("second");
    let traces: [&[u8]; 5] = [
        NAME.as_bytes(),
        TITLE.as_bytes(),
        CONTACT.as_bytes(),
        b"a line of ink that nobody else draws",
        &second,
    ];
    assert_eq!(house.found(&traces), Vec::<String>::new(), "it is nowhere in clear, while it can be read");
    let shown = relief(&house.url, &keys, &["person", "show", &id.to_string(), "--json"]);
    assert!(shown.contains(NAME), "the key opens it");
    let before = row(&house.url, id);
    assert_eq!(left_of(&keys, id, &before), ["words", "signature"]);
    let key = fs::read(key_file(&keys, id)).unwrap();
    let name = id.to_string();
    assert_eq!(house.found(&[&key]), [format!("{name}.key")], "a key lies in its file and nowhere else");

    let size = manager_log_size(house);
    erase(manager, id);
    assert_eq!(manager_log_size(house), size + 1, "erasing is one more entry");
    assert_eq!(house.found(&traces), Vec::<String>::new());
    assert_eq!(house.found(&[&key]), Vec::<String>::new(), "the key is gone");
    assert_eq!(left_of(&keys, id, &before), Vec::<&str>::new());
    let (code, report) = verify(&house.url, &keys);
    assert_eq!(code, Some(0), "{report:#}");

    // A vault that keeps the key is caught by the same question.
    fs::write(key_file(&keys, id), &key).unwrap();
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    fs::set_permissions(key_file(&keys, id), private).unwrap();
    assert_eq!(left_of(&keys, id, &before), ["words", "signature"]);
    assert_eq!(house.found(&[&key]), [format!("{name}.key")]);
    let told = relief(&house.url, &keys, &["person", "erase", &name, "--reason", "requested"]);
    assert!(told.contains("still there is destroyed now"), "{told}");
    assert_eq!(left_of(&keys, id, &before), Vec::<&str>::new());

    // And a name that was recorded unsealed is found, in the database and in its log.
    let words =
        serde_json::to_vec(&json!({"name": "Somebody Unsealed", "title": null, "contact": null})).unwrap();
    let plain = PersonCreate {
        actor: operator(),
        id: new_id(),
        kind: PersonKind::Signatory,
        organization: house.organization,
        sealed: Sealed { words, signature: None },
        retain_until: None,
        retention_days: 1,
    };
    record(&house.url, plain);
    let found = house.found(&[b"Somebody Unsealed"]);
    assert!(!found.is_empty(), "a search that finds nothing anywhere proves nothing");
    assert!(house.program.address().starts_with("http://"));
}

/// What of a user who was erased can be read still.
fn left_of_user(keys: &Path, id: UserId, before: &User) -> Vec<&'static str> {
    let vault = Vault::open_or_create(keys).unwrap();
    let opens = |part, sealed: &Option<Vec<u8>>| {
        vault.open(SealedId(id.0), part, sealed.as_deref().unwrap()).ok().flatten().is_some()
    };
    let parts = [("words", &before.sealed), ("password", &before.sealed_password)];
    parts.into_iter().filter(|(part, sealed)| opens(part, sealed)).map(|(part, _)| part).collect()
}

fn nothing_is_found_of_a_user_who_was_erased(house: &House) {
    const LOGIN: &str = "kaddijatou.saine";
    const USER: &str = "Kaddijatou Saine-Touray";
    let (admin, keys) = (&house.admin, house.keys());
    let new =
        json!({"login": LOGIN, "name": USER, "role": "officer", "password": "umbrella tin violin march"});
    let id = UserId(admin.post("/api/v1/users", &new).expect(201)["id"].as_str().unwrap().parse().unwrap());
    let stranger = Caller { token: None, user: None, ..admin.clone() };
    let login = json!({"login": LOGIN, "password": "umbrella tin violin march"});
    stranger.post("/api/v1/auth/login", &login).expect(200);
    let path = format!("/api/v1/users/{id}");
    assert_eq!(admin.get(&path).expect(200)["name"], USER, "it can be read");
    let before = User::load(&mut connect(&house.url).unwrap(), &[id]).unwrap().pop().unwrap();
    let vault = Vault::open_or_create(&keys).unwrap();
    let sealed = before.sealed_password.as_deref().unwrap();
    let hash = vault.open(SealedId(id.0), "password", sealed).unwrap().unwrap();
    assert!(hash.starts_with(b"$argon2id$"));
    let traces: [&[u8]; 3] = [LOGIN.as_bytes(), USER.as_bytes(), &hash];
    assert_eq!(house.found(&traces), Vec::<String>::new(), "it is nowhere in clear, while it can be read");
    let file = keys.join(VAULT_FOLDER).join(format!("{:02x}", id.0.as_bytes()[15])).join(format!("{id}.key"));
    let key = fs::read(&file).unwrap();
    assert_eq!(house.found(&[&key]), [format!("{id}.key")], "a key lies in its file and nowhere else");
    assert_eq!(left_of_user(&keys, id, &before), ["words", "password"]);

    admin.patch(&path, 1, &json!({"disabled": true})).expect(200);
    admin.post(&format!("{path}/erase"), &json!({"reason": "requested"})).expect(200);
    assert_eq!(house.found(&traces), Vec::<String>::new());
    assert_eq!(house.found(&[&key]), Vec::<String>::new(), "the key is gone");
    assert_eq!(left_of_user(&keys, id, &before), Vec::<&str>::new());
    let (code, report) = verify(&house.url, &keys);
    assert_eq!(code, Some(0), "{report:#}");

    // A vault that keeps the key is caught by the same question.
    fs::write(&file, &key).unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    assert_eq!(left_of_user(&keys, id, &before), ["words", "password"]);
    let erase = ["user", "erase", "--id", &id.to_string(), "--reason", "requested"];
    let told = relief(&house.url, &keys, &erase);
    assert!(told.contains("still there is destroyed now"), "{told}");
    assert_eq!(left_of_user(&keys, id, &before), Vec::<&str>::new());
}

fn manager_log_size(house: &House) -> i64 {
    relief_ledger::writer::log_state(&mut connect(&house.url).unwrap()).unwrap().last.sequence
}

#[test]
fn nothing_of_who_was_erased_is_found_in_the_files_of_sqlite() {
    let house = House::start(None, None);
    nothing_is_found_of_a_user_who_was_erased(&house);
    nothing_is_found_of_who_was_erased(&house);
}

#[test]
fn nothing_of_who_was_erased_is_found_in_the_files_of_postgres() {
    use diesel::{QueryableByName, RunQueryDsl, sql_query, sql_types::Text};
    #[derive(QueryableByName)]
    struct Setting {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let cluster = PostgresCluster::start(&["fsync=on"]);
    let folder: Setting = sql_query("SELECT current_setting('data_directory') AS value")
        .get_result(&mut crate::support::postgres::connect(cluster.url()))
        .unwrap();
    let house = House::start(Some(cluster.url().to_owned()), Some(folder.value.into()));
    nothing_is_found_of_a_user_who_was_erased(&house);
    nothing_is_found_of_who_was_erased(&house);
    drop(house);
    drop(cluster);
}
