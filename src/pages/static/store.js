// What is recorded on this phone and not yet by the server. Shared by pages and the worker, so it names no page.
// An entry is deleted only once the server's answer with its signed receipt, or the log's proof, is stored; none ever expires.
'use strict';
{
  const done = (request) => new Promise((yes, no) => {
    request.onsuccess = () => yes(request.result);
    request.onerror = () => no(request.error);
  });
  const STORES = ['kept', 'photos', 'receipts', 'clock'];
  /** An answer that took longer tells the time of the server too roughly. */
  const QUICK_MS = 10000;
  /** By so little two measures of a clock differ by themselves; one that stayed is measured again after an hour. */
  const STEADY_MS = 2000;
  const HOUR_MS = 3600000;
  /** A phone whose clock is off by less is believed. */
  const TRUSTED_MS = 60000;
  /** When this page or worker first read the measure that is known, by the clock and by one that nobody sets. */
  let seen;
  /** Whether this phone's clock was set since: it was set back, or put right by as much as it was behind. One that went ahead
   * by anything else may only have slept, which the other clock does not count. */
  const wasSet = ({ at, offset }) => {
    if (seen?.at !== at) seen = { at, wall: Date.now(), ran: performance.now() };
    const jump = Date.now() - seen.wall - (performance.now() - seen.ran);
    return Date.now() < at || jump < -STEADY_MS || (jump > TRUSTED_MS && Math.abs(jump - offset) < TRUSTED_MS);
  };
  let opened;
  const open = () => (opened ??= new Promise((yes, no) => {
    const request = indexedDB.open('relief', 2);
    request.onupgradeneeded = () => {
      const base = request.result;
      for (const name of STORES) {
        if (!base.objectStoreNames.contains(name)) base.createObjectStore(name, { keyPath: 'id' });
      }
    };
    request.onsuccess = () => {
      // A page of a later version waits for nobody.
      request.result.onversionchange = () => { request.result.close(); opened = undefined; };
      yes(request.result);
    };
    request.onerror = () => { opened = undefined; no(request.error); };
  }));
  // Writes are on the disk before they are said to be there.
  const write = async (stores, work) => {
    const change = (await open()).transaction(stores, 'readwrite', { durability: 'strict' });
    const ended = new Promise((yes, no) => {
      change.oncomplete = () => yes();
      // A request that failed ends in this too, and only here is it told why: a full storage, for instance.
      change.onabort = () => no(change.error ?? new Error('the change was taken back'));
    });
    try {
      work(change);
    } catch (error) {
      // What was asked for before it would be done without the rest.
      ended.catch(() => {});
      change.abort();
      throw error;
    }
    await ended;
  };
  const read = async (store, work) => done(work((await open()).transaction(store).objectStore(store)));
  const hash = async (bytes) => {
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
  };
  const uuid = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    let time = Date.now();
    for (let at = 5; at >= 0; at -= 1) { bytes[at] = time % 256; time = Math.floor(time / 256); }
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    const text = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  };
  const same = (left, right) => left.length === right.length && left.every((byte, at) => byte === right[at]);
  const FIXED = 'fixed as ';
  const letGo = (change, { id, user, code, words, consignment, answer }, why) => {
    change.objectStore('receipts').put({ id, user, code, words, consignment, answer, discarded: why, at: Date.now() });
    change.objectStore('kept').delete(id);
    change.objectStore('photos').delete(id);
  };
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('relief');
  const tell = () => { channel?.postMessage('changed'); globalThis.dispatchEvent?.(new Event('relief-changed')); };

  globalThis.reliefStore = {
    uuid, hash, channel,
    /** Keeps an entry and reads it back; only then is it on this phone. The refused one that it repairs goes in the same
     * step: were both here after a kill between, it could be repaired once more, and counted twice. */
    async keep(entry, photo, fixing) {
      entry.hash = await hash(entry.body);
      if (photo) entry.photo = { hash: await hash(photo.bytes), type: photo.type };
      await write(['kept', 'photos', 'receipts'], (change) => {
        if (fixing) letGo(change, fixing, `${FIXED}${entry.id}`);
        // An attempt that failed after it wrote is written over: it is the same update.
        change.objectStore('kept').put(entry);
        if (photo) change.objectStore('photos').put({ id: entry.id, bytes: photo.bytes });
      });
      const back = await read('kept', (store) => store.get(entry.id));
      const picture = photo && await read('photos', (store) => store.get(entry.id));
      const isWhole = back && same(back.body, entry.body) && await hash(back.body) === entry.hash
        && (!photo || await hash(picture.bytes) === entry.photo.hash);
      if (!isWhole) throw new Error('what was read back is not what was written');
      tell();
    },
    /** All entries of a user in the order in which they were recorded. */
    async all(user) {
      const entries = await read('kept', (store) => store.getAll());
      return entries.filter((one) => one.user === user).sort((left, right) => left.at - right.at);
    },
    /** A time behind all that waits of a user, whatever the phone's clock says. */
    async next(user) {
      const last = (await this.all(user)).at(-1);
      return Math.max(Date.now(), (last?.at ?? 0) + 1);
    },
    /** How many are another user's. */
    async others(user) {
      return (await read('kept', (store) => store.getAll())).filter((one) => one.user !== user).length;
    },
    /** How many are on this phone, whoever's they are. */
    count: () => read('kept', (store) => store.count()),
    get: (id) => read('kept', (store) => store.get(id)),
    receipt: (id) => read('receipts', (store) => store.get(id)),
    photo: (id) => read('photos', (store) => store.get(id)),
    /** Notes what became of an entry that is still here as it was sent: one that was written over meanwhile stays. */
    async put(entry) {
      await write(['kept'], (change) => {
        const kept = change.objectStore('kept');
        kept.get(entry.id).onsuccess = (event) => { if (event.target.result?.hash === entry.hash) kept.put(entry); };
      });
      tell();
    },
    /** Learns from an answer how far the clock of the server is ahead of this phone's. */
    async measure(response, begun) {
      const told = Date.parse(response.headers.get('Date') ?? '');
      const at = Date.now();
      if (!Number.isFinite(told) || at < begun || at - begun > QUICK_MS) return;
      // What is told leaves out the fraction of the second.
      const offset = Math.round(told + 500 - (begun + at) / 2);
      const known = await this.clock();
      const isKnown = known && Math.abs(known.offset - offset) < STEADY_MS && !wasSet(known) && at - known.at < HOUR_MS;
      if (isKnown) return;
      await write(['clock'], (change) => change.objectStore('clock').put({ id: 'server', offset, at }));
    },
    /** How far the server's clock was ahead, in milliseconds, and when that was measured; nothing where it never was. */
    clock: () => read('clock', (store) => store.get('server')),
    /** The time it is: the server's where this phone's clock is known to be off, and how far it is. */
    async time() {
      const known = await this.clock().catch(() => undefined);
      const isStale = known !== undefined && wasSet(known);
      // Of a clock that was set, the difference is another now: no other page believes it any more.
      if (isStale) await write(['clock'], (change) => change.objectStore('clock').delete('server')).catch(() => {});
      const clock = known && !isStale ? { offset: known.offset, measured: known.at } : null;
      const isOff = clock !== null && Math.abs(clock.offset) > TRUSTED_MS;
      return { now: new Date(Date.now() + (isOff ? clock.offset : 0)).toISOString(), clock, isOff };
    },
    /** Stores the answer with its receipt, and only then lets the entry go. */
    async recorded(entry) {
      const { id, user, code, words, consignment, kind, leg, answer, hash: sent } = entry;
      const receipt = { id, user, code, words, consignment, kind, leg, answer, hash: sent, at: Date.now() };
      await write(['receipts'], (change) => change.objectStore('receipts').put(receipt));
      const stored = await read('receipts', (store) => store.get(id));
      if (!stored) throw new Error('the receipt was not stored');
      await write(['kept', 'photos'], (change) => {
        const kept = change.objectStore('kept');
        kept.get(id).onsuccess = (event) => {
          // One that was written over while it was sent was not sent.
          if (event.target.result?.hash !== sent) return;
          kept.delete(id);
          change.objectStore('photos').delete(id);
        };
      });
      tell();
    },
    /** Lets go of what was refused, by its user's word; why is kept. */
    async discard(entry, why) {
      await write(['kept', 'photos', 'receipts'], (change) => letGo(change, entry, why));
      tell();
    },
    /** The update that repaired another one, where it was repaired. */
    async repaired(id) {
      const why = (await this.receipt(id))?.discarded ?? '';
      return why.startsWith(FIXED) ? why.slice(FIXED.length) : null;
    },
    async receipts(user) {
      const all = await read('receipts', (store) => store.getAll());
      return all.filter((one) => one.user === user && !one.discarded).sort((left, right) => right.at - left.at);
    },
  };
}
