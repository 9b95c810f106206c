// Shows how far a file is that is taken away, while it is made and while it comes; one that is broken off is said to be, and
// nothing of it is kept. Without this the browser takes it as it takes any file.
/** Pieces that are put together, so that a large file need not lie in the memory of the page. */
const TOGETHER = 256;
/** How long the browser has for keeping a file before the page forgets it. */
const KEPT_MS = 60000;
const list = document.getElementById('take');
const box = document.getElementById('taking');
const bar = document.getElementById('taking-bar');
const told = document.getElementById('taking-told');
const come = document.getElementById('taking-come');
const stop = document.getElementById('taking-stop');
const language = document.documentElement.lang;

const sized = (bytes) => {
  const [unit, size] = bytes < 1e6 ? ['kilobyte', 1e3] : ['megabyte', 1e6];
  return new Intl.NumberFormat(language, { style: 'unit', unit, maximumFractionDigits: 1 }).format(bytes / size);
};
const say = (words, part = '') => { told.textContent = words.replace('{0}', () => part); };

/** What a refusal says; the rest of it is the interface's business. */
const refusal = async (asked) => {
  const problem = await asked.json().catch(() => ({}));
  return problem.detail ?? String(asked.status);
};

const keep = (blob, name) => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
};

/** Reads a file to its end; an answer that ends before fails. */
const read = async (asked) => {
  const entries = Number(asked.headers.get('relief-entries'));
  // Where entries are lines, it is known how many there will be.
  const isLines = entries > 0 && /csv|ndjson/.test(asked.headers.get('content-type'));
  if (isLines) bar.max = entries;
  const reader = asked.body.getReader();
  let [parts, bytes, lines] = [[], 0, 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    if (parts.length >= TOGETHER) parts = [new Blob(parts)];
    bytes += value.length;
    for (let at = value.indexOf(10); isLines && at >= 0; at = value.indexOf(10, at + 1)) lines += 1;
    if (isLines) bar.value = Math.min(lines, entries);
    come.textContent = sized(bytes);
  }
  return new Blob(parts, { type: asked.headers.get('content-type') });
};

const take = async (address) => {
  const ending = new AbortController();
  stop.onclick = () => ending.abort();
  bar.removeAttribute('value');
  come.textContent = '';
  told.className = '';
  box.hidden = stop.hidden = bar.hidden = false;
  say(box.dataset.making);
  try {
    const asked = await fetch(address, { headers: { 'Relief-Expect': 'entries' }, signal: ending.signal });
    if (!asked.ok) throw new Error(await refusal(asked));
    const blob = await read(asked);
    keep(blob, /filename="([^"]+)"/.exec(asked.headers.get('content-disposition'))?.[1] ?? 'relief');
    bar.value = bar.max;
    say(box.dataset.whole, sized(blob.size));
  } catch (error) {
    bar.hidden = true;
    told.className = ending.signal.aborted ? '' : 'bad';
    say(ending.signal.aborted ? box.dataset.stopped : box.dataset.broken, error.message);
  }
  stop.hidden = true;
  come.textContent = '';
};

list?.addEventListener('click', (event) => {
  const link = event.target.closest('a[download]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  // While one is taken, the browser takes others by itself.
  if (!stop.hidden) return;
  event.preventDefault();
  take(link.href);
});
