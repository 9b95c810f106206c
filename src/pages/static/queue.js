// The list of what is on this phone: refused first, then what waits, then what was recorded today.
'use strict';
{
  const store = globalThis.reliefStore;
  const sender = globalThis.reliefSender;
  const user = document.getElementById('kept')?.dataset.user;
  const language = document.documentElement.lang;
  const words = document.getElementById('queue').dataset;
  const number = new Intl.NumberFormat(language);
  const time = (at) => new Date(at).toLocaleString(language);
  const FORMAT = 'relief-queue/1';
  const isLeaving = new URLSearchParams(location.search).has('leave');
  const hide = (id, isHidden) => { document.getElementById(id).hidden = isHidden; };
  const say = (id, ...parts) => {
    const note = document.getElementById(id);
    note.textContent = parts.reduce((text, part, at) => text.replace(`{${at}}`, () => part), note.dataset.words);
    note.hidden = false;
  };

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
    text.append(name, ` · ${entry.words} · ${time(entry.occurred ?? entry.at)}`, element('br'), element('span', state, { class: `badge ${kind}` }));
    item.append(text);
    return item;
  };
  const reasons = (refusal) => {
    const body = refusal?.body ?? {};
    const details = globalThis.reliefFaults(body.errors);
    return details.length > 0 ? details : [{ words: body.detail ?? String(refusal?.status ?? ''), lang: 'en' }];
  };
  const discarding = (entry) => {
    const discard = element('button', words.discard, { type: 'button', class: 'plain' });
    discard.addEventListener('click', async () => {
      const why = prompt(words.why);
      if (why?.trim()) await store.discard(entry, why.trim());
    });
    return discard;
  };
  const refused = (entry) => {
    const item = line(entry, words.refused, 'bad');
    const list = element('ul', '', { lang: 'en' });
    for (const reason of reasons(entry.refusal ?? entry.answer)) list.append(element('li', reason.words, { lang: reason.lang }));
    const actions = element('div', '', { class: 'actions' });
    if (!entry.counted) {
      const query = new URLSearchParams({ code: entry.code, leg: entry.leg, kind: entry.kind, fix: entry.id });
      // What others recorded since the form was read stands beside it then.
      if (Number.isSafeInteger(entry.copy)) query.set('since', entry.copy);
      actions.append(element('a', words.fix, { class: 'button quiet', href: `/board/post?${query}`, 'data-fix': '' }));
    }
    actions.append(discarding(entry));
    item.append(list, actions);
    return item;
  };
  const waiting = (entry, held) => {
    if (entry.state === 'needs') {
      const item = line(entry, words.needs, 'warn');
      item.append(element('a', words.signIn, { href: '/sign-in?to=/board/queue' }));
      return item;
    }
    if (entry.counted) {
      const item = line(entry, words.photo, 'warn');
      // Its update may be dismissed at the server before there is a paper about it.
      if (entry.attachment) item.append(discarding(entry));
      return item;
    }
    if (held.has(entry.consignment)) return line(entry, `${words.posted} · ${words.behind}`, 'warn');
    return line(entry, entry.state === 'sending' ? words.sending : words.posted, 'warn');
  };
  const recorded = (entry) => {
    const sequence = entry.answer?.body?.sequence;
    const said = words.recorded.replace('{0}', number.format(sequence ?? 0));
    return line(entry, sequence ? said : words.acknowledged, 'good');
  };

  /** Says in a few words how much is in each list, once that changed; the lists themselves are read by whoever goes there. */
  const tell = () => {
    const lists = ['refused', 'waiting', 'done'].map((id) => document.getElementById(id));
    const counted = (list) => `${list.querySelector('h2').textContent}: ${number.format(list.querySelectorAll('li[id]').length)}`;
    const said = lists.map(counted).join(' · ');
    const told = document.getElementById('queue-told');
    if (told.textContent !== said) told.textContent = said;
  };
  const show = async () => {
    const [all, receipts, others] = await Promise.all([store.all(user), store.receipts(user), store.others(user)]);
    // What is focused is made anew as well, and keeps the focus.
    const focused = document.activeElement;
    const focusedIn = focused?.closest('#queue li');
    const place = focusedIn ? [...focusedIn.querySelectorAll('a, button')].indexOf(focused) : -1;
    const isRefused = (one) => one.state === 'refused';
    const held = new Set(all.filter((one) => isRefused(one) && !one.counted).map((one) => one.consignment));
    fill('refused', all.filter(isRefused).map(refused));
    fill('waiting', all.filter((one) => !isRefused(one)).map((one) => waiting(one, held)));
    const today = new Date().setHours(0, 0, 0, 0);
    fill('done', receipts.filter((one) => one.at >= today).map(recorded));
    tell();
    if (place >= 0) document.getElementById(focusedIn.id)?.querySelectorAll('a, button')[place]?.focus();
    if (others > 0) say('others', others);
    else hide('others', true);
    for (const id of ['send-now', 'save-file']) hide(id, all.length === 0);
    for (const id of ['leave', 'leave-keep']) hide(id, all.length === 0 || !isLeaving);
  };

  /** Signs out. What waits stays; without the server nobody is signed out, and the page says so. */
  const leave = async () => {
    hide('leave-later', true);
    const whose = await sender.whose(user);
    if (whose === 'wait') hide('leave-later', false);
    // Somebody else signed in meanwhile: theirs is no session to end here, and they see their own list.
    else if (whose === 'other') location.assign('/board/queue');
    else document.querySelector('form[action="/sign-out"]').submit();
  };
  const sendNow = async () => {
    await sender.send(user);
    if (isLeaving && (await store.all(user)).length === 0) await leave();
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
    const saved = new Date().toISOString();
    const blob = new Blob([JSON.stringify({ format: FORMAT, user, saved, entries })], { type: 'application/json' });
    const name = `relief-${saved.slice(0, 19).replaceAll(':', '')}.json`;
    const link = element('a', '', { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    say('saved', name);
  };

  /** An entry of a file with its photo, where both are as they were saved; otherwise it is none. */
  const whole = async ({ bytes, ...one }) => {
    const entry = { ...one, user, body: decode(one.body), state: one.state === 'refused' ? 'refused' : 'kept' };
    const event = JSON.parse(new TextDecoder().decode(entry.body));
    // What happens at a place names no leg; its entry does, for the form that mends it.
    const isAtPlace = ['distributed', 'returned', 'stored'].includes(event.kind);
    const names = isAtPlace ? ['id', 'kind', 'consignment'] : ['id', 'kind', 'consignment', 'leg'];
    const isSame = names.every((name) => event[name] === one[name]);
    if (!isSame || await store.hash(entry.body) !== one.hash) throw new TypeError('its body was changed');
    if (!one.photo) return { entry, photo: null };
    const photo = { bytes: decode(bytes), type: one.photo.type };
    if (await store.hash(photo.bytes) !== one.photo.hash) throw new TypeError('its photo was changed');
    return { entry, photo };
  };
  /** Takes a saved file in again: only its owner's, only whole, and each entry once. */
  const take = async (file) => {
    for (const id of ['not-yours', 'no-file', 'full', 'taken']) hide(id, true);
    let all;
    try {
      const saved = JSON.parse(await file.text());
      if (saved.format !== FORMAT) throw new TypeError('another format');
      if (saved.user !== user) return hide('not-yours', false);
      all = await Promise.all(saved.entries.map(whole));
    } catch { return hide('no-file', false); }
    let count = 0;
    try {
      for (const { entry, photo } of all) {
        // What was recorded or discarded since the file was saved does not come back.
        if (await store.get(entry.id) || await store.receipt(entry.id)) continue;
        await store.keep(entry, photo);
        count += 1;
      }
    } catch { return hide('full', false); }
    say('taken', count, all.length - count);
    return sender.send(user);
  };

  if (store && user) {
    addEventListener('relief-changed', show);
    addEventListener('relief-others', show);
    document.getElementById('upload').hidden = false;
    document.getElementById('photo-lost').hidden = !new URLSearchParams(location.search).has('photo');
    document.getElementById('send-now').addEventListener('click', sendNow);
    document.getElementById('save-file').addEventListener('click', save);
    document.getElementById('leave-keep').addEventListener('click', leave);
    document.getElementById('file').addEventListener('change', ({ target }) => {
      const [file] = target.files;
      // The same file may be chosen once more.
      target.value = '';
      if (file) take(file);
    });
    const isApple = /iP(hone|ad|od)/.test(navigator.userAgent) || (navigator.platform === 'MacIntel' && navigator.maxTouchPoints > 1);
    // An app on the home screen is used apart from the browser, whose week does not count there.
    hide('ios', !isApple || navigator.standalone === true);
    navigator.storage?.persist?.().then((isKept) => hide('not-persistent', isKept));
    show().then(() => { if (isLeaving) document.getElementById('leave').focus(); });
  }
}
