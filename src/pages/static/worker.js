// Keeps pages and files of officers for when there is no connection, and sends what waits once there is one again.
// The list of files stands before this text; it changes with them, so that browsers take the new worker.
'use strict';
importScripts(FILES.find((path) => path.endsWith('/keep.js')));
const PAGES = 'relief-pages';
const STATIC = 'relief-files';
const OWNER = '/owner';
const KEPT_AT = 'relief-kept-at';
/** How long a page may take before its copy is shown. */
const PATIENCE_MS = 10000;
/** What was kept within this time is not fetched again. */
const FRESH_MS = 600000;
/** Kinds of update that are no step of a consignment's way: their forms look alike and say something else. */
const ASKED_FOR = ['damaged', 'held', 'returned', 'stored'];
/** Grows whenever the kept pages are dropped: what was asked for before that may be another user's and is not kept. */
let era = 0;
const purge = () => {
  era += 1;
  return caches.delete(PAGES);
};

const isKept = (url) => url.pathname === '/board' || url.pathname.startsWith('/board/') || url.pathname.startsWith('/warehouse');

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(STATIC).then((cache) => cache.addAll(FILES)).then(() => self.skipWaiting()));
});
self.addEventListener('activate', (event) => {
  const tidy = async () => {
    const cache = await caches.open(STATIC);
    const pages = await (await caches.open(PAGES)).matchAll();
    const kept = await Promise.all(pages.map((page) => page.text()));
    for (const request of await cache.keys()) {
      const { pathname } = new URL(request.url);
      // A page that was kept before goes on with the files that it names: without them nothing typed there would be kept.
      if (!FILES.includes(pathname) && !kept.some((text) => text.includes(pathname))) await cache.delete(request);
    }
    await self.clients.claim();
  };
  event.waitUntil(tidy());
});

/** Keeps a copy of a page with the time it was made. A page that led elsewhere, as to signing in, is none; one that tells
 * of an update just recorded, or of what came since another copy, is none either: it would tell so again and again. */
const store = async (address, response, begun) => {
  if (response.status !== 200 || response.redirected) return;
  const query = new URL(address, self.location.origin).searchParams;
  if (query.has('recorded') || query.has('since')) return;
  const headers = new Headers(response.headers);
  headers.set(KEPT_AT, String(Date.now()));
  const copy = new Response(await response.blob(), { status: 200, headers });
  const cache = await caches.open(PAGES);
  if (era === begun) await cache.put(keyOf(address), copy);
};
/** The address without what only the script of the page reads. */
const keyOf = (address) => {
  const url = new URL(address, self.location.origin);
  for (const name of ['fix', 'since', 'recorded', 'photo', 'leave']) url.searchParams.delete(name);
  url.hash = '';
  return url.href;
};
const copyOf = async (address) => {
  const cache = await caches.open(PAGES);
  const url = new URL(keyOf(address));
  const options = { ignoreVary: true };
  const exact = await cache.match(url.href, options);
  if (exact) return exact;
  // The usual step of a consignment stands for any of its steps that is not here.
  const code = url.searchParams.get('code');
  const isUsual = (address) => !ASKED_FOR.includes(address.searchParams.get('kind'));
  if (url.pathname === '/board/post' && code && isUsual(url)) {
    const plain = await cache.match(`${url.origin}/board/post?code=${encodeURIComponent(code)}`, options);
    if (plain) return plain;
    for (const request of await cache.keys()) {
      const known = new URL(request.url);
      if (known.pathname === url.pathname && known.searchParams.get('code') === code && isUsual(known)) return cache.match(request, options);
    }
  }
  return url.pathname === '/board/queue' ? undefined : cache.match(`${url.origin}/board/queue`, options);
};
const tellAge = async (id, keptAt) => {
  await new Promise((yes) => setTimeout(yes, 500));
  (await self.clients.get(id))?.postMessage({ keptAt });
};
/** The answer, if it begins in time; how long the rest of it takes is the line's business. */
const asked = async (request) => {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    return await fetch(request, { signal: patience.signal });
  } finally {
    clearTimeout(timer);
  }
};
const page = async (event) => {
  const begun = era;
  const asking = Date.now();
  let response;
  let failure;
  try { response = await asked(event.request); } catch (error) { failure = error; }
  // A phone that is used away from the line learns here how far its clock is off.
  if (response) event.waitUntil(self.reliefStore.measure(response, asking).catch(() => {}));
  // A proxy that cannot reach the server answers for it: that is no answer of the server.
  if (!response || (response.status >= 502 && response.status <= 504)) {
    const copy = await copyOf(event.request.url);
    if (copy && era === begun) {
      event.waitUntil(tellAge(event.resultingClientId, Number(copy.headers.get(KEPT_AT))));
      return copy;
    }
    if (!response) throw failure;
    return response;
  }
  event.waitUntil(store(event.request.url, response.clone(), begun));
  return response;
};

/** Whose the kept pages are. */
const ownerOf = async () => (await caches.match(OWNER, { cacheName: PAGES }))?.text();
/** Somebody else who signs in sees no page of who was here; whoever mistypes, or is the same, loses none. */
const signIn = async (request) => {
  const response = await fetch(request);
  // Only who is let in is led on.
  if (response.type === 'opaqueredirect') {
    const owner = await ownerOf();
    if (!owner || await self.reliefSender.whose(owner) !== 'own') await purge();
  }
  return response;
};

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (url.origin !== self.location.origin) return;
  if (event.request.method === 'POST' && url.pathname === '/sign-out') {
    // Whoever comes next sees no page of who was here; what was recorded on the phone stays.
    event.waitUntil(purge());
    return;
  }
  if (event.request.method === 'POST' && url.pathname === '/sign-in') {
    event.respondWith(signIn(event.request));
    return;
  }
  if (event.request.method !== 'GET') return;
  if (url.pathname.startsWith('/static/')) {
    event.respondWith(caches.match(url.pathname, { cacheName: STATIC, ignoreVary: true }).then((copy) => copy ?? fetch(event.request)));
  } else if (event.request.mode === 'navigate' && isKept(url)) {
    event.respondWith(page(event));
  }
});

/** Pages kept before belong to one user: another's are dropped. */
const keep = async ({ user, pages }) => {
  const owner = await ownerOf();
  if (owner && owner !== user) await purge();
  const begun = era;
  await (await caches.open(PAGES)).put(OWNER, new Response(user));
  for (const address of pages) {
    const url = new URL(address, self.location.origin);
    if (url.origin !== self.location.origin || !isKept(url)) continue;
    const copy = await (await caches.open(PAGES)).match(keyOf(url), { ignoreVary: true });
    if (copy && Math.abs(Date.now() - Number(copy.headers.get(KEPT_AT))) < FRESH_MS) continue;
    const asking = Date.now();
    const response = await fetch(url, { credentials: 'same-origin' }).catch(() => null);
    if (response) await self.reliefStore.measure(response, asking).catch(() => {});
    if (era !== begun) return;
    if (response) await store(url, response, begun);
  }
};
self.addEventListener('message', (event) => {
  if (event.data?.user) event.waitUntil(keep(event.data));
});
self.addEventListener('sync', (event) => {
  const send = async () => {
    const owner = await ownerOf();
    // A failure has the browser try again later, also where no page is open by then.
    if (owner && await self.reliefSender.send(owner) === 'wait') throw new Error('not everything could be sent');
  };
  event.waitUntil(send());
});
