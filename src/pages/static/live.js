// While somebody looks at a page, keeps up to date what may change on it. All tabs of a browser share one stream of hints,
// which one tab that is seen holds; whoever is hinted reads its own page again and changes what differs. A tab that is
// hidden asks for nothing, nor does anyone where data is to be saved. Without this the page shows the same once it is
// loaded again.
const told = document.getElementById('live');
const channel = new BroadcastChannel('relief-live');
const { kind, code, mark, after } = told.dataset;
const mine = { id: Math.random(), kind, code, mark, after: Number(after) };
/** Between two readings of the page, however often it is hinted; and up to how much later, so that not all ask at once. */
const APART_MS = 10000;
const SPREAD_MS = 2000;
/** Before what was refused or failed is tried again, and how often a stream is. */
const AGAIN_MS = 60000;
const TRIES = 5;
/** Codes of each kind that one stream follows. */
const CODES = 5;
/** How long it stands there that the page was updated. */
const TOLD_MS = 20000;
/** Ends what is under way; nothing while nobody looks. */
let ending = null;
/** What tabs that are seen want, where this one holds the stream. */
let wanted = null;
let source = null;
let again = 0;
let tries = 0;
let reading = 0;
let telling = 0;
let read = 0;
let isOver = false;

const isSaving = () => navigator.connection?.saveData || matchMedia('(prefers-reduced-data: reduce)').matches;

/** Makes an element what another is and leaves alone what is the same in both, so that focus, scroll and selection stay.
 * Says whether anything differed. */
const become = (old, fresh) => {
  if (old.isEqualNode(fresh)) return false;
  let differs = false;
  for (const { name } of [...old.attributes]) {
    // What somebody opened stays open.
    if (name === 'open' || fresh.hasAttribute(name)) continue;
    old.removeAttribute(name);
    differs = true;
  }
  for (const { name, value } of fresh.attributes) {
    if (name === 'open' || old.getAttribute(name) === value) continue;
    old.setAttribute(name, value);
    differs = true;
  }
  const isBox = (node) => node.children.length > 0 && [...node.childNodes].every((one) => one.nodeType === 1 || !one.data.trim());
  if (!isBox(old) || !isBox(fresh)) {
    const isSame = old.childNodes.length === fresh.childNodes.length
      && [...old.childNodes].every((one, at) => one.isEqualNode(fresh.childNodes[at]));
    if (isSame) return differs;
    old.replaceChildren(...fresh.childNodes);
    return true;
  }
  const left = [...old.children];
  const coming = [...fresh.children];
  coming.forEach((one, at) => {
    const found = left.findIndex((other) => other.isEqualNode(one));
    if (found >= 0) {
      for (const gone of left.splice(0, found + 1).slice(0, found)) { gone.remove(); differs = true; }
    } else if (left[0]?.nodeName === one.nodeName && !coming.slice(at + 1).some((later) => later.isEqualNode(left[0]))) {
      // Which entry of the log something is told as of is kept right, and no news.
      differs = (become(left.shift(), one) && !one.hasAttribute('data-quiet')) || differs;
    } else {
      old.insertBefore(one, left[0] ?? null);
      differs = true;
    }
  });
  for (const gone of left) { gone.remove(); differs = true; }
  return differs;
};

/** Takes over what differs. A part that somebody fills in is never touched. */
const show = (fresh) => {
  const active = document.activeElement;
  const href = active?.getAttribute('href');
  let differs = false;
  for (const part of document.querySelectorAll('[data-live]')) {
    const other = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
    if (!other || part.querySelector('input:not([type=hidden]), select, textarea')) continue;
    differs = become(part, other) || differs;
  }
  if (active && !active.isConnected) {
    // What was focused is gone: its like is, or what is left of the page.
    const like = href && document.querySelector(`main a[href="${CSS.escape(href)}"]`);
    (like || document.getElementById('content')).focus({ preventScroll: true });
  }
  if (!differs) return;
  told.textContent = told.dataset.said;
  clearTimeout(telling);
  telling = setTimeout(() => { told.textContent = ''; }, TOLD_MS);
};

const fetchPage = (sequence) => new Promise((yes, no) => {
  const asked = new XMLHttpRequest();
  asked.open('GET', location.pathname + location.search);
  asked.responseType = 'document';
  asked.timeout = AGAIN_MS / 2;
  // A copy of the database that lacks what was hinted of is not asked.
  asked.setRequestHeader('Relief-At-Least', String(sequence));
  asked.onload = () => yes(asked);
  asked.onerror = no;
  asked.ontimeout = no;
  asked.send();
});

const readAgain = async (sequence) => {
  read = Date.now();
  let asked;
  try { asked = await fetchPage(sequence); } catch { asked = null; }
  if (!ending) return;
  const fresh = asked?.status === 200 ? asked.responseXML : null;
  const now = fresh?.getElementById('live')?.dataset;
  if (fresh && now?.who !== told.dataset.who) {
    // Whoever looks is not who is signed in any more: what is here stays as it is.
    isOver = true;
    stop();
  } else if (fresh) {
    mine.after = Math.max(sequence, Number(now.after));
    mine.mark = now.mark;
    show(fresh);
  } else {
    readSoon(sequence, AGAIN_MS);
  }
};

/** Reads the page again a moment later, and not too soon after the last time. */
const readSoon = (sequence, wait = 0) => {
  clearTimeout(reading);
  const due = Math.max(wait, read + APART_MS - Date.now(), 0) + Math.random() * SPREAD_MS;
  reading = setTimeout(readAgain, due, sequence);
};

/** What a hint is to this page. */
const hear = ({ sequence, own, codes }) => {
  const isNew = mine.code ? codes[mine.code] && codes[mine.code] !== mine.mark : own && sequence > mine.after;
  if (ending && isNew) readSoon(sequence);
};

const open = () => {
  clearTimeout(again);
  source?.close();
  const all = [...wanted.values()];
  const named = (which) => {
    const these = all.filter((one) => one.code && one.kind === which).map((one) => `${one.code}.${one.mark}`);
    return encodeURIComponent([...new Set(these)].slice(0, CODES).join());
  };
  const since = Math.min(...all.map((one) => one.after));
  source = new EventSource(`/live?after=${since}&codes=${named('codes')}&links=${named('links')}`);
  source.onopen = () => { tries = 0; };
  source.onmessage = (event) => {
    const hint = JSON.parse(event.data);
    for (const one of wanted.values()) {
      one.after = Math.max(one.after, hint.sequence);
      one.mark = hint.codes[one.code] ?? one.mark;
    }
    channel.postMessage({ hint });
    hear(hint);
  };
  source.onerror = () => {
    // While it is there it comes again by itself; what was refused is asked for a few times more.
    if (source?.readyState !== EventSource.CLOSED) return;
    tries += 1;
    if (tries < TRIES) again = setTimeout(open, AGAIN_MS * (1 + Math.random()));
  };
};

/** Holds the stream until this tab is hidden. */
const lead = (signal) => new Promise((yes) => {
  if (signal.aborted) { yes(); return; }
  wanted = new Map([[mine.id, { ...mine }]]);
  open();
  channel.postMessage({ who: true });
  signal.addEventListener('abort', () => {
    clearTimeout(again);
    source.close();
    source = null;
    wanted = null;
    yes();
  });
});

const start = () => {
  if (isOver || ending || document.hidden || navigator.onLine === false || isSaving()) return;
  ending = new AbortController();
  channel.postMessage({ want: mine });
  // Where tabs cannot agree, each has its own while it is seen.
  if (navigator.locks) navigator.locks.request('relief-live', { signal: ending.signal }, () => lead(ending.signal)).catch(() => {});
  else lead(ending.signal);
};

const stop = () => {
  if (!ending) return;
  clearTimeout(reading);
  channel.postMessage({ gone: mine.id });
  ending.abort();
  ending = null;
};

channel.onmessage = ({ data }) => {
  if (data.hint) hear(data.hint);
  if (data.who && ending) channel.postMessage({ want: mine });
  if (!wanted) return;
  if (data.gone) wanted.delete(data.gone);
  if (data.want && !wanted.has(data.want.id)) {
    // What nobody else wants, or was recorded before others began, takes a stream that knows of it.
    const all = [...wanted.values()];
    const isKnown = all.some((one) => one.after <= data.want.after)
      && (!data.want.code || all.some((one) => one.code === data.want.code && one.mark === data.want.mark));
    wanted.set(data.want.id, data.want);
    if (!isKnown) open();
  }
};
document.addEventListener('visibilitychange', () => { if (document.hidden) stop(); else start(); });
navigator.connection?.addEventListener?.('change', () => { if (isSaving()) stop(); else start(); });
addEventListener('pagehide', stop);
addEventListener('offline', stop);
addEventListener('online', start);
addEventListener('pageshow', start);
start();
