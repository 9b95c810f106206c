// Sends what is on this phone: one sender at a time over all tabs, each consignment's updates in their order, the same
// bytes each time. Shared by pages and the worker.
'use strict';
{
  const LIMIT_MS = 30000;
  const SOONEST_MS = 5000;
  const LATEST_MS = 300000;
  const store = globalThis.reliefStore;
  let pause = SOONEST_MS;
  let timer;
  let isRunning = false;

  const ask = (path, options) =>
    fetch(path, { credentials: 'same-origin', redirect: 'error', cache: 'no-store', signal: AbortSignal.timeout(LIMIT_MS), ...options });
  // The server refuses what is sent as another user than the one it names, should somebody sign in meanwhile.
  const post = (user, path, type, body) =>
    ask(path, { method: 'POST', headers: { 'Content-Type': type, 'Relief-User': user }, body });

  /** What an answer means: recorded, wait, sign-in or refused. */
  const meaning = (status) => {
    if (status >= 200 && status < 300) return 'recorded';
    if (status === 401) return 'needs';
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
    const kept = await answered(() => post(entry.user, '/api/v1/attachments', entry.photo.type, photo.bytes));
    if (kept.meaning !== 'recorded') return kept;
    const document = { ...entry.document, attachments: [kept.body.id] };
    return answered(() => post(entry.user, '/api/v1/documents', 'application/json', JSON.stringify(document)));
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
      await store.put({ ...entry, state: 'sending' });
      const result = await answered(() => post(entry.user, '/api/v1/events', 'application/json', entry.body));
      const answer = { status: result.status, body: result.body };
      if (result.meaning !== 'recorded') {
        const state = { wait: 'kept', needs: 'needs', refused: 'refused' }[result.meaning];
        await store.put({ ...entry, state, answer: result.status ? answer : entry.answer });
        return result.meaning;
      }
      if (result.body?.id !== entry.id) {
        // Whatever said so is not the server's word about this update, such as a hotel's page for signing in.
        await store.put({ ...entry, state: 'kept' });
        return 'wait';
      }
      const proof = await proven(answer);
      if (!proof) {
        await store.put({ ...entry, state: 'kept', answer });
        return 'unproven';
      }
      entry = { ...entry, state: 'kept', counted: true, answer: proof };
      if (entry.photo) await store.put(entry);
    }
    if (entry.photo) {
      const result = await sendPhoto(entry);
      if (result.meaning === 'refused') {
        await store.put({ ...entry, state: 'refused', refusal: { status: result.status, body: result.body } });
        return 'recorded';
      }
      if (result.meaning !== 'recorded') return result.meaning;
    }
    await store.recorded(entry);
    return 'recorded';
  };

  /** Sends all that can be sent; says whether to come back. */
  const run = async (user) => {
    const waiting = (await store.all(user)).filter((one) => one.state !== 'refused');
    if (waiting.length === 0) return 'recorded';
    const owner = await whose(user);
    if (owner === 'needs') {
      for (const entry of waiting) if (entry.state !== 'needs') await store.put({ ...entry, state: 'needs' });
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
        if (meaning === 'refused') held.add(entry.consignment);
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
    /** Sends now, and again by itself while something waits. */
    async send(user) {
      clearTimeout(timer);
      let result;
      try { result = await alone(() => run(user)); } catch { result = 'wait'; }
      pause = result === 'wait' ? Math.min(pause * 2, LATEST_MS) : SOONEST_MS;
      const left = (await store.all(user).catch(() => [])).some((one) => one.state === 'kept' || one.state === 'sending');
      if (left) timer = setTimeout(() => globalThis.reliefSender.send(user), pause * (0.5 + Math.random() / 2));
      return result;
    },
  };
}
