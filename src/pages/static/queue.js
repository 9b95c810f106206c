// The list of what is on this phone: refused first, then what waits, then what was recorded today.
'use strict';
{
  const store = globalThis.reliefStore;
  const sender = globalThis.reliefSender;
  const user = document.getElementById('kept')?.dataset.user;
  const language = document.documentElement.lang;
  const words = document.getElementById('queue').dataset;
  const time = (at) => new Date(at).toLocaleString(language);
  const FORMAT = 'relief-queue/1';

  const element = (name, text, attributes = {}) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    for (const [key, one] of Object.entries(attributes)) made.setAttribute(key, one);
    return made;
  };
  const fill = (id, items) => {
    const section = document.getElementById(id);
    section.querySelector('ul').replaceChildren(...items);
    section.querySelector('.empty').hidden = items.length > 0;
  };
  const line = (entry, state, kind) => {
    const item = element('li', '', { id: entry.id, 'data-state': entry.state ?? 'recorded' });
    const text = element('p');
    const name = element('a', '', { href: `/board/consignments/${entry.consignment}` });
    name.append(element('bdi', entry.code));
    text.append(name, ` · ${entry.words} · ${time(entry.at)}`, element('br'), element('span', state, { class: `badge ${kind}` }));
    item.append(text);
    return item;
  };
  const reasons = (refusal) => {
    const body = refusal?.body ?? {};
    const details = (body.errors ?? []).map((one) => one.detail).filter(Boolean);
    return details.length > 0 ? details : [body.detail ?? String(refusal?.status ?? '')];
  };
  const refused = (entry) => {
    const item = line(entry, words.refused, 'bad');
    const list = element('ul', '', { lang: 'en' });
    for (const reason of reasons(entry.refusal ?? entry.answer)) list.append(element('li', reason));
    const actions = element('div', '', { class: 'actions' });
    if (!entry.counted) {
      const query = new URLSearchParams({ code: entry.code, leg: entry.leg, kind: entry.kind, fix: entry.id });
      actions.append(element('a', words.fix, { class: 'button quiet', href: `/board/post?${query}`, 'data-fix': '' }));
    }
    const discard = element('button', words.discard, { type: 'button', class: 'plain' });
    discard.addEventListener('click', async () => {
      const why = prompt(words.why);
      if (why?.trim()) await store.discard(entry, why.trim());
    });
    actions.append(discard);
    item.append(list, actions);
    return item;
  };
  const waiting = (entry, held) => {
    if (entry.state === 'needs') {
      const item = line(entry, words.needs, 'warn');
      item.append(element('a', words.signIn, { href: '/sign-in?to=/board/queue' }));
      return item;
    }
    if (entry.counted) return line(entry, words.photo, 'warn');
    if (held.has(entry.consignment)) return line(entry, `${words.posted} · ${words.behind}`, 'warn');
    return line(entry, entry.state === 'sending' ? words.sending : words.posted, 'warn');
  };
  const recorded = (entry) => {
    const sequence = entry.answer?.body?.sequence;
    const number = new Intl.NumberFormat(language).format(sequence ?? 0);
    return line(entry, sequence ? words.recorded.replace('{0}', number) : words.acknowledged, 'good');
  };

  const show = async () => {
    const all = await store.all(user);
    const isRefused = (one) => one.state === 'refused';
    const held = new Set(all.filter((one) => isRefused(one) && !one.counted).map((one) => one.consignment));
    fill('refused', all.filter(isRefused).map(refused));
    fill('waiting', all.filter((one) => !isRefused(one)).map((one) => waiting(one, held)));
    const today = new Date().setHours(0, 0, 0, 0);
    fill('done', (await store.receipts(user)).filter((one) => one.at >= today).map(recorded));
    const others = await store.others(user);
    const note = document.getElementById('others');
    note.textContent = note.dataset.words.replace('{0}', String(others));
    note.hidden = others === 0;
    document.getElementById('send-now').hidden = all.length === 0;
    document.getElementById('save-file').hidden = all.length === 0;
  };

  const encode = (bytes) => {
    let text = '';
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  };
  const decode = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const save = async () => {
    const entries = [];
    for (const entry of await store.all(user)) {
      const photo = entry.photo && await store.photo(entry.id);
      entries.push({ ...entry, body: encode(entry.body), bytes: photo ? encode(photo.bytes) : null });
    }
    const blob = new Blob([JSON.stringify({ format: FORMAT, user, entries })], { type: 'application/json' });
    const link = element('a', '', { href: URL.createObjectURL(blob), download: `relief-${new Date().toISOString().slice(0, 10)}.json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  };
  /** Takes a saved file in again: only its owner's, only whole, and each entry once. */
  const take = async (file) => {
    const hide = (id, isHidden) => { document.getElementById(id).hidden = isHidden; };
    hide('not-yours', true);
    hide('no-file', true);
    try {
      const saved = JSON.parse(await file.text());
      if (saved.format !== FORMAT) throw new Error('another format');
      if (saved.user !== user) return hide('not-yours', false);
      for (const { bytes, ...one } of saved.entries) {
        const entry = { ...one, user, body: decode(one.body) };
        if (await store.hash(entry.body) !== one.hash) throw new Error('changed');
        // What was recorded or discarded since the file was saved does not come back.
        if (await store.get(entry.id) || await store.receipt(entry.id)) continue;
        await store.keep(entry, bytes && { bytes: decode(bytes), type: one.photo.type });
      }
      sender.send(user);
    } catch { hide('no-file', false); }
    return undefined;
  };

  if (store && user) {
    addEventListener('relief-changed', show);
    addEventListener('relief-others', show);
    document.getElementById('upload').hidden = false;
    document.getElementById('photo-lost').hidden = !new URLSearchParams(location.search).has('photo');
    document.getElementById('send-now').addEventListener('click', () => sender.send(user));
    document.getElementById('save-file').addEventListener('click', save);
    document.getElementById('file').addEventListener('change', (event) => {
      if (event.target.files[0]) take(event.target.files[0]);
    });
    const isApple = /iP(hone|ad|od)/.test(navigator.userAgent) || (navigator.platform === 'MacIntel' && navigator.maxTouchPoints > 1);
    document.getElementById('ios').hidden = !isApple;
    navigator.storage?.persist?.().then((isKept) => { document.getElementById('not-persistent').hidden = isKept; });
    show();
  }
}
