// Sends what is on this phone: one sender at a time over all tabs, each consignment's updates in their order, the same
// bytes each time. Shared by pages and the worker.
'use strict';
{
  const LIMIT_MS = 30000;
  /** A photo is some hundred kilobytes, and a line may carry five in a second. */
  const PHOTO_LIMIT_MS = 180000;
  const SOONEST_MS = 5000;
  const LATEST_MS = 300000;
  const store = globalThis.reliefStore;
  let pause = SOONEST_MS;
  let timer;
  let isRunning = false;

  const ending = (limit) => {
    // Browsers before 2022 have no such signal.
    if (AbortSignal.timeout) return AbortSignal.timeout(limit);
    const patience = new AbortController();
    setTimeout(() => patience.abort(), limit);
    return patience.signal;
  };
  const ask = async (path, options, limit = LIMIT_MS) => {
    const begun = Date.now();
    const response =
      await fetch(path, { credentials: 'same-origin', redirect: 'error', cache: 'no-store', signal: ending(limit), ...options });
    store.measure(response, begun).catch(() => {});
    return response;
  };
  // The server refuses what is sent as another user than the one it names, should somebody sign in meanwhile.
  const post = (user, path, type, body, limit) =>
    ask(path, { method: 'POST', headers: { 'Content-Type': type, 'Relief-User': user }, body }, limit);
  // Where the storage is full, what became of an entry is not noted, and it is sent all the same: that makes room.
  const note = (entry) => store.put(entry).catch(() => {});

  /** What an answer means: recorded, wait, sign-in or refused; or broken, where the server fails at just this. */
  const meaning = (status) => {
    if (status >= 200 && status < 300) return 'recorded';
    if (status === 401) return 'needs';
    if (status === 500) return 'broken';
    if (status === 408 || status === 429 || status >= 500) return 'wait';
    return 'refused';
  };
  const answered = async (send) => {
    let response;
    try { response = await send(); } catch { return { meaning: 'wait' }; }
    const text = await response.text().catch(() => null);
    if (text === null) return { meaning: 'wait' };
    let body;
    try { body = JSON.parse(text); } catch { return { meaning: response.ok ? 'wait' : meaning(response.status), status: response.status }; }
    return { meaning: meaning(response.status), status: response.status, body };
  };

  /** Whether the session of this browser is the user's own: nobody sends what another recorded. */
  const whose = async (user) => {
    const me = await answered(() => ask('/api/v1/auth/me'));
    if (me.meaning !== 'recorded') return me.meaning === 'needs' ? 'needs' : 'wait';
    return me.body.user?.id === user ? 'own' : 'other';
  };

  /** The photo of an entry that is recorded: kept by its content, then named by a document about the event. */
  const sendPhoto = async (entry) => {
    const photo = await store.photo(entry.id);
    if (!photo || !entry.document) return { meaning: 'recorded' };
    if (!entry.attachment) {
      const kept = await answered(() => post(entry.user, '/api/v1/attachments', entry.photo.type, photo.bytes, PHOTO_LIMIT_MS));
      if (kept.meaning !== 'recorded') return kept;
      entry.attachment = kept.body.id;
      await note(entry);
    }
    const document = { ...entry.document, attachments: [entry.attachment] };
    const filed = await answered(() => post(entry.user, '/api/v1/documents', 'application/json', JSON.stringify(document)));
    // There is no paper yet about an update that was acknowledged and waits at the server: the photo waits with it.
    return filed.meaning === 'refused' && entry.answer?.status === 202 ? { meaning: 'early' } : filed;
  };

  /** An answer with what proves it: its signed receipt or, where that was lost with an earlier answer, the log's proof that
   * the entry is in it. Nothing where there is neither yet. */
  const proven = async ({ status, body }) => {
    if (body.receipt) return { status, body };
    if (!body.sequence) return null;
    try {
      const response = await ask(`/api/v1/audit/proof/${body.sequence - 1}`);
      return response.ok ? { status, body, proof: await response.text() } : null;
    } catch { return null; }
  };

  const sendOne = async (entry) => {
    if (!entry.counted) {
      await note({ ...entry, state: 'sending' });
      const result = await answered(() => post(entry.user, '/api/v1/events', 'application/json', entry.body));
      const answer = { status: result.status, body: result.body };
      if (result.meaning !== 'recorded') {
        const state = { wait: 'kept', broken: 'kept', needs: 'needs', refused: 'refused' }[result.meaning];
        await note({ ...entry, state, answer: result.status ? answer : entry.answer });
        return result.meaning;
      }
      if (result.body?.id !== entry.id) {
        // Whatever said so is not the server's word about this update, such as a hotel's page for signing in.
        await note({ ...entry, state: 'kept' });
        return 'wait';
      }
      const proof = await proven(answer);
      if (!proof) {
        await note({ ...entry, state: 'kept', answer });
        return 'unproven';
      }
      entry = { ...entry, state: 'kept', counted: true, answer: proof };
      if (entry.photo) await note(entry);
    }
    if (entry.photo) {
      if (entry.state !== 'kept') {
        // Whoever had to sign in for it has done so.
        entry = { ...entry, state: 'kept' };
        await note(entry);
      }
      const result = await sendPhoto(entry);
      if (result.meaning === 'refused') {
        await note({ ...entry, state: 'refused', refusal: { status: result.status, body: result.body } });
        return 'recorded';
      }
      // It holds up nothing: its update counts.
      if (result.meaning === 'early' || result.meaning === 'broken') return 'unproven';
      if (result.meaning !== 'recorded') return result.meaning;
    }
    // Without its receipt an entry is not let go of: where there is no room for that, it is sent again.
    try { await store.recorded(entry); } catch { return 'unproven'; }
    return 'recorded';
  };

  /** Sends all that can be sent; says whether to come back. */
  const run = async (user) => {
    const waiting = (await store.all(user)).filter((one) => one.state !== 'refused');
    if (waiting.length === 0) return 'recorded';
    const owner = await whose(user);
    if (owner === 'needs') {
      for (const entry of waiting) if (entry.state !== 'needs') await note({ ...entry, state: 'needs' });
    }
    if (owner !== 'own') return owner;
    const held = new Set();
    let end = 'recorded';
    for (const entry of await store.all(user)) {
      if (entry.state === 'refused') {
        // A photo that was refused holds up nothing: its update counts.
        if (!entry.counted) held.add(entry.consignment);
      } else if (!held.has(entry.consignment)) {
        const meaning = await sendOne(entry);
        if (meaning === 'wait' || meaning === 'needs') return meaning;
        if (meaning === 'refused' || meaning === 'broken') held.add(entry.consignment);
        // What the server fails at is tried again, and keeps no other consignment's updates here.
        if (meaning === 'broken') end = 'wait';
        // The server has it, and what stands behind it may be what it waits for; it goes only once it is proven.
        if (meaning === 'unproven') end = 'wait';
      }
    }
    return end;
  };

  const alone = async (work) => {
    if (globalThis.navigator.locks) {
      return navigator.locks.request('relief-sender', { ifAvailable: true }, (lock) => (lock ? work() : 'other'));
    }
    if (isRunning) return 'other';
    isRunning = true;
    try { return await work(); } finally { isRunning = false; }
  };

  globalThis.reliefSender = {
    whose,
    /** Sends now, and again by itself while something waits. */
    async send(user) {
      clearTimeout(timer);
      let result;
      try { result = await alone(() => run(user)); } catch { result = 'wait'; }
      pause = result === 'recorded' ? SOONEST_MS : Math.min(pause * 2, LATEST_MS);
      const left = (await store.all(user).catch(() => [])).some((one) => one.state === 'kept' || one.state === 'sending');
      if (left) timer = setTimeout(() => globalThis.reliefSender.send(user), pause * (0.5 + Math.random() / 2));
      return result;
    },
  };
}
