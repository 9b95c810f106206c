// What is recorded on this phone and not yet by the server. Shared by pages and the worker, so it names no page.
// An entry is deleted only once the server's answer with its signed receipt, or the log's proof, is stored; none ever expires.
'use strict';
{
  const done = (request) => new Promise((yes, no) => {
    request.onsuccess = () => yes(request.result);
    request.onerror = () => no(request.error);
  });
  let opened;
  const open = () => (opened ??= new Promise((yes, no) => {
    const request = indexedDB.open('relief', 1);
    request.onupgradeneeded = () => {
      const base = request.result;
      base.createObjectStore('kept', { keyPath: 'id' });
      base.createObjectStore('photos', { keyPath: 'id' });
      base.createObjectStore('receipts', { keyPath: 'id' });
    };
    request.onsuccess = () => yes(request.result);
    request.onerror = () => { opened = undefined; no(request.error); };
  }));
  // Writes are on the disk before they are said to be there.
  const write = async (stores, work) => {
    const change = (await open()).transaction(stores, 'readwrite', { durability: 'strict' });
    const ended = new Promise((yes, no) => {
      change.oncomplete = () => yes();
      change.onabort = change.onerror = () => no(change.error);
    });
    work(change);
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
  const channel = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('relief');
  const tell = () => { channel?.postMessage('changed'); globalThis.dispatchEvent?.(new Event('relief-changed')); };

  globalThis.reliefStore = {
    uuid, hash, channel,
    /** Keeps an entry and reads it back; only then is it on this phone. */
    async keep(entry, photo) {
      entry.hash = await hash(entry.body);
      if (photo) entry.photo = { hash: await hash(photo.bytes), type: photo.type };
      await write(['kept', 'photos'], (change) => {
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
    get: (id) => read('kept', (store) => store.get(id)),
    receipt: (id) => read('receipts', (store) => store.get(id)),
    photo: (id) => read('photos', (store) => store.get(id)),
    async put(entry) {
      await write(['kept'], (change) => change.objectStore('kept').put(entry));
      tell();
    },
    /** Stores the answer with its receipt, and only then lets the entry go. */
    async recorded(entry) {
      const { id, user, code, words, consignment, answer, hash: sent } = entry;
      const receipt = { id, user, code, words, consignment, answer, hash: sent, at: Date.now() };
      await write(['receipts'], (change) => change.objectStore('receipts').put(receipt));
      const stored = await read('receipts', (store) => store.get(id));
      if (!stored) throw new Error('the receipt was not stored');
      await write(['kept', 'photos'], (change) => {
        change.objectStore('kept').delete(id);
        change.objectStore('photos').delete(id);
      });
      tell();
    },
    /** Lets go of what was refused, by its user's word; why is kept. */
    async discard(entry, why) {
      const { id, user, code, words, consignment, answer } = entry;
      const note = { id, user, code, words, consignment, answer, discarded: why, at: Date.now() };
      await write(['receipts'], (change) => change.objectStore('receipts').put(note));
      await write(['kept', 'photos'], (change) => {
        change.objectStore('kept').delete(id);
        change.objectStore('photos').delete(id);
      });
      tell();
    },
    async receipts(user) {
      const all = await read('receipts', (store) => store.getAll());
      return all.filter((one) => one.user === user && !one.discarded).sort((left, right) => right.at - left.at);
    },
  };
}
