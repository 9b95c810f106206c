// Posting: shows what counts come to, and keeps the update on this phone before anything is sent.
'use strict';
{
  const form = document.getElementById('post');
  const store = globalThis.reliefStore;
  const user = document.getElementById('kept')?.dataset.user;
  const language = document.documentElement.lang;
  const PHOTO_PIXELS = 1600;
  /** The refused update that this form repairs, and the last attempt to keep what the form says. */
  let fixing;
  let attempt;
  const value = (name) => (form.elements[name]?.value ?? '').trim();
  const lineCount = () => Number(value('lines')) || 0;
  const isCounted = () => document.getElementById('counted')?.checked ?? false;
  const shown = (number) => new Intl.NumberFormat(language).format(number);

  /** A number as it is typed: null where nothing is, NaN where it is none. */
  const number = (name) => {
    const text = value(name).replace(/\s/g, '')
      .replace(/[\u0660-\u0669\u06f0-\u06f9]/g, (digit) => String(digit.charCodeAt(0) & 0x0f));
    if (text === '') return null;
    return /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  };
  const packed = (at) => {
    const packs = number(`packs-${at}`);
    const rest = number(`rest-${at}`);
    if (packs === null && rest === null) return null;
    const [units, per] = value(`size-${at}`).split('/').map(Number);
    const whole = ((packs ?? 0) * units) / per + (rest ?? 0);
    return Number.isSafeInteger(whole) ? whole : NaN;
  };
  const counts = (at) => {
    const sent = number(`sent-${at}`) ?? 0;
    if (!isCounted()) return { good: sent, damaged: 0, on_hold: 0, missing: 0, surplus: 0 };
    const damaged = number(`damaged-${at}`) ?? 0;
    const on_hold = number(`on_hold-${at}`) ?? 0;
    let good = number(`good-${at}`) ?? packed(at) ?? Math.max(sent - damaged - on_hold, 0);
    if ([good, damaged, on_hold].some(Number.isNaN)) return null;
    const counted = good + damaged + on_hold;
    const surplus = Math.min(Math.max(counted - sent, 0), good);
    const isFinal = !form.elements.partial?.checked;
    good -= surplus;
    return { good, damaged, on_hold, missing: isFinal ? Math.max(sent - counted, 0) : 0, surplus };
  };

  const told = (at) => {
    const line = counts(at);
    if (!line) return '';
    const words = [form.dataset.good.replace('{0}', value(`name-${at}`)).replace('{1}', shown(line.good))];
    for (const [name, member] of [['damaged', 'damaged'], ['hold', 'on_hold'], ['missing', 'missing'], ['surplus', 'surplus']]) {
      if (line[member] > 0) words.push(form.dataset[name].replace('{0}', shown(line[member])));
    }
    return words.join(' · ');
  };
  const update = () => {
    for (const line of form.querySelectorAll('[data-line]')) {
      const at = line.dataset.line;
      const sum = line.querySelector('[data-sum]');
      sum.textContent = isCounted() ? told(at) : '';
      sum.hidden = sum.textContent === '';
      const now = counts(at);
      const differs = now && (now.damaged || now.on_hold || now.missing || now.surplus);
      const reason = line.querySelector('[data-reason]');
      if (reason) reason.hidden = !differs && value(`reason-${at}`) === '';
    }
  };

  /** The body of the event, as the interface takes it. */
  const eventOf = (id) => {
    const at = value('at');
    // A field of a time has no seconds: one that nobody changed means the time it was filled from.
    const isUnchanged = fixing && at === fixing.occurred.slice(0, 16);
    const occurred = isUnchanged ? fixing.occurred : at ? `${at}:00Z` : attempt.now;
    const event = { id, kind: value('kind'), occurred_at: occurred, consignment: value('consignment'), leg: value('leg') };
    const goods = (at) => {
      const line = { item: value(`item-${at}`) };
      if (value(`lot-${at}`)) line.lot = value(`lot-${at}`);
      if (value(`expires-${at}`)) line.expires_on = value(`expires-${at}`);
      return line;
    };
    const all = Array.from({ length: lineCount() }, (_, at) => [at, counts(at)]);
    if (event.kind === 'received') {
      event.final = !(isCounted() && form.elements.partial?.checked);
      event.lines = all.filter(([, now]) => Object.values(now).some((one) => one > 0)).map(([at, now]) => {
        const line = { ...goods(at), good: now.good };
        for (const member of ['damaged', 'on_hold', 'missing', 'surplus']) if (now[member]) line[member] = now[member];
        if (isCounted() && value(`reason-${at}`)) line.reason = value(`reason-${at}`);
        return line;
      });
    } else if (event.kind === 'departed' && isCounted()) {
      event.lines = all.map(([at, now]) => ({ ...goods(at), quantity: now.good + now.surplus })).filter((one) => one.quantity > 0);
    }
    return event;
  };

  /** The photo made small; that leaves out where it was taken. */
  const photoOf = async () => {
    const file = document.getElementById('photo').files[0];
    if (!file) return null;
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, PHOTO_PIXELS / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((yes) => canvas.toBlob(yes, 'image/jpeg', 0.8));
    return { type: 'image/jpeg', bytes: new Uint8Array(await blob.arrayBuffer()) };
  };

  const keep = async () => {
    // What is tried again keeps its identifiers, so that it is recorded once whichever attempt arrives.
    attempt ??= { id: store.uuid(), document: store.uuid(), now: new Date().toISOString() };
    const { id } = attempt;
    const event = eventOf(id);
    let photo = null;
    let isPhotoLost = false;
    try { photo = await photoOf(); } catch { isPhotoLost = true; }
    if (!photo && !isPhotoLost && fixing?.photo) {
      const old = await store.photo(fixing.id);
      photo = old ? { type: fixing.photo.type, bytes: old.bytes } : null;
    }
    const document = photo && {
      id: attempt.document, kind: event.kind === 'received' ? 'grn' : 'other', site: value('site'),
      issued_on: event.occurred_at.slice(0, 10), consignment: event.consignment, events: [id],
    };
    const words = globalThis.document.querySelector('h1').textContent;
    const entry = {
      // What is repaired stays before what was recorded after it.
      id, user, state: 'kept', at: fixing ? fixing.at : await store.next(user), zone: new Date().getTimezoneOffset(),
      api: 'v1', code: value('code'), words,
      kind: event.kind, leg: event.leg, consignment: event.consignment, occurred: event.occurred_at, document,
      body: new TextEncoder().encode(JSON.stringify(event)),
    };
    await store.keep(entry, photo);
    // It is kept: where the refused one cannot be let go of, it stays in the list.
    if (fixing) await store.discard(fixing, `fixed as ${id}`).catch(() => {});
    location.assign(`/board/queue${isPhotoLost ? '?photo=lost' : ''}#${id}`);
  };

  /** What was refused, filled in again. */
  const refill = async () => {
    const fixed = new URLSearchParams(location.search).get('fix');
    const old = fixed && store && await store.get(fixed);
    if (!old || old.user !== user) return;
    // A page kept for another step repairs nothing.
    if (old.kind !== value('kind') || old.leg !== value('leg')) return;
    fixing = old;
    const reason = old.answer?.body ?? {};
    const notice = document.getElementById('fixing');
    const details = (reason.errors ?? []).map((one) => one.detail);
    for (const detail of details.length > 0 ? details : [reason.detail ?? '']) {
      const text = document.createElement('p');
      text.textContent = detail;
      notice.append(text);
    }
    notice.hidden = false;
    const event = JSON.parse(new TextDecoder().decode(old.body));
    form.elements.at.value = event.occurred_at.slice(0, 16);
    form.elements.at.closest('details').open = true;
    const counted = document.getElementById('counted');
    if (!event.lines || !counted) return;
    counted.checked = true;
    document.getElementById('counts').open = true;
    if (form.elements.partial) form.elements.partial.checked = event.final === false;
    const left = new Set(event.lines);
    const taken = (isIt) => {
      const found = [...left].find(isIt);
      left.delete(found);
      return found;
    };
    const places = Array.from({ length: lineCount() }, (_, at) => at);
    const isItem = (one, at) => one.item === value(`item-${at}`);
    const exact = places.map((at) => taken((one) => isItem(one, at) && (one.lot ?? '') === value(`lot-${at}`)));
    for (const at of places) {
      // Where the form has no lot, one was typed.
      const line = exact[at] ?? (value(`lot-${at}`) === '' ? taken((one) => isItem(one, at)) : undefined);
      const fill = (name, text) => { if (text !== undefined && form.elements[`${name}-${at}`]) form.elements[`${name}-${at}`].value = text; };
      // A line of nothing was left out of what was sent: it is not all good.
      fill('good', (line?.good ?? line?.quantity ?? 0) + (line?.surplus ?? 0));
      if (!line) continue;
      fill('lot', line.lot);
      fill('expires', line.expires_on);
      fill('damaged', line.damaged);
      fill('on_hold', line.on_hold);
      fill('reason', line.reason);
    }
    update();
  };

  /** The leg whose site is nearest to where the phone is. */
  const choosePlace = (button) => {
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      const far = (element) => {
        const [north, east] = element.dataset.place.split(',').map(Number);
        const wide = Math.cos((coords.latitude * Math.PI) / 180);
        return (north - coords.latitude) ** 2 + ((east - coords.longitude) * wide) ** 2;
      };
      const all = [form, ...document.querySelectorAll('a[data-place]')].filter((one) => one.dataset.place);
      const nearest = all.sort((left, right) => far(left) - far(right))[0];
      if (nearest && nearest !== form && far(nearest) < far(form)) location.assign(nearest.href);
      else button.hidden = true;
    }, () => { button.hidden = true; }, { maximumAge: 60000, timeout: 20000 });
  };

  if (form) {
    form.addEventListener('input', (event) => {
      const isCount = event.target.closest('#counts') && event.target.name !== 'partial';
      const counted = document.getElementById('counted');
      if (isCount && counted) counted.checked = true;
      if (counted?.checked) document.getElementById('counts').open = true;
      update();
    });
    update();
    if (store && user) {
      refill().catch(() => {});
      let isPlain = false;
      form.addEventListener('input', () => { isPlain = false; });
      form.addEventListener('submit', async (event) => {
        const isReadable = Array.from({ length: lineCount() }, (_, at) => counts(at)).every(Boolean);
        // What cannot be read goes to the server, which says field by field what would be right.
        if (isPlain || !isReadable) return;
        event.preventDefault();
        document.getElementById('record').disabled = true;
        try {
          await keep();
        } catch {
          // Sent as a plain form the next time, under the same identifiers, as it may be kept in spite of what was said.
          isPlain = navigator.onLine;
          if (attempt) {
            form.elements.id.value = attempt.id;
            form.elements.document.value = attempt.document;
            form.elements.occurred_at.value = attempt.now;
          }
          document.getElementById('record').disabled = false;
          const notice = document.getElementById('not-kept');
          notice.hidden = false;
          notice.scrollIntoView();
        }
      });
    }
    const button = document.getElementById('place');
    if (button && navigator.geolocation && form.dataset.place && document.querySelector('a[data-place]')) {
      button.hidden = false;
      button.addEventListener('click', () => choosePlace(button));
    }
  }
}
