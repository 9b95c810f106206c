// Posting: shows what counts come to, and keeps the update on this phone before anything is sent.
'use strict';
{
  const form = document.getElementById('post');
  const store = globalThis.reliefStore;
  const sender = globalThis.reliefSender;
  const user = document.getElementById('kept')?.dataset.user;
  const language = document.documentElement.lang;
  const PHOTO_PIXELS = 1600;
  /** The refused update that this form repairs, and the last attempt to keep what the form says. */
  let fixing;
  let attempt;
  const value = (name) => (form.elements[name]?.value ?? '').trim();
  const lineCount = () => Number(value('lines')) || 0;
  const isCounted = () => document.getElementById('counted')?.checked ?? false;
  /** Whether it says what happened to a part, as what people were handed: then a blank is nothing. */
  const isPart = () => form?.dataset.part !== undefined;
  /** Events at a place, whichever way its goods came: these name no leg. */
  const AT_A_PLACE = ['distributed', 'returned', 'stored'];
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
    if (isPart()) {
      const handed = number(`good-${at}`) ?? packed(at) ?? 0;
      if ([handed, number(`people-${at}`) ?? 0].some(Number.isNaN)) return null;
      return { good: handed, damaged: 0, on_hold: 0, missing: 0, surplus: 0 };
    }
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
      sum.textContent = isCounted() || (isPart() && counts(at)?.good) ? told(at) : '';
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
    } else if (isPart()) {
      const part = all.filter(([, now]) => now.good > 0);
      event.lines = part.map(([at, now]) => ({ ...goods(at), quantity: now.good }));
      const reached = part.map(([at], line) => ({ line, people: number(`people-${at}`) })).filter((one) => one.people !== null);
      if (reached.length > 0) event.reached = reached;
    }
    if (AT_A_PLACE.includes(event.kind)) {
      delete event.leg;
      event.site = value('site');
    }
    for (const name of ['note', 'reason']) if (value(name)) event[name] = value(name);
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

  /** An identifier of what the server shows again: it stays, since the update may be here in spite of what was said. What else
   * a page holds may be a kept copy's, and every update made from that has its own. */
  const shownAgain = (name) => (form.dataset.again === undefined ? '' : value(name));

  const keep = async () => {
    // What is tried again keeps its identifiers, so that it is recorded once whichever attempt arrives.
    const drawn = (name) => shownAgain(name) || store.uuid();
    attempt ??= { id: drawn('id'), document: drawn('document'), ...await store.time() };
    const { id, clock } = attempt;
    // Another tab was quicker: repaired twice it would count twice.
    const repaired = fixing && await store.repaired(fixing.id);
    if (repaired && repaired !== id) return location.assign(`/board/queue#${repaired}`);
    const event = eventOf(id);
    let photo = null;
    let isPhotoLost = false;
    try { photo = await photoOf(); } catch { isPhotoLost = true; }
    if (!photo && !isPhotoLost && fixing?.photo) {
      const old = await store.photo(fixing.id) ?? await store.photo(id);
      photo = old ? { type: fixing.photo.type, bytes: old.bytes } : null;
    }
    const papers = { received: 'grn', distributed: 'distribution_list' };
    const document = photo && {
      id: attempt.document, kind: papers[event.kind] ?? 'other', site: value('site'),
      issued_on: event.occurred_at.slice(0, 10), consignment: event.consignment, events: [id],
    };
    const words = globalThis.document.querySelector('h1').textContent;
    const entry = {
      // What is repaired stays before what was recorded after it.
      id, user, state: 'kept', at: fixing ? fixing.at : await store.next(user), clock, api: 'v1', code: value('code'), words,
      // What was read when this was filled in, and what it says in words: for whoever has to mend it.
      copy: Number(form.dataset.copy), told: Array.from({ length: lineCount() }, (_, at) => told(at)),
      kind: event.kind, leg: value('leg'), consignment: event.consignment, occurred: event.occurred_at, document,
      body: new TextEncoder().encode(JSON.stringify(event)),
    };
    await store.keep(entry, photo, fixing);
    location.assign(`/board/queue${isPhotoLost ? '?photo=lost' : ''}#${id}`);
  };

  /** Why an update was refused, and what it counted. */
  const explain = (old) => {
    const list = (id, texts) => {
      const items = texts.filter(Boolean).map((text) => {
        const item = document.createElement('li');
        item.textContent = text;
        return item;
      });
      document.getElementById(id).replaceChildren(...items);
      return items.length > 0;
    };
    const reason = old.answer?.body ?? {};
    const details = globalThis.reliefFaults(reason.errors);
    list('fixing-why', details.length > 0 ? details.map((one) => one.words) : [reason.detail]);
    const why = document.getElementById('fixing-why');
    details.forEach((one, at) => { why.children[at].lang = one.lang; });
    document.getElementById('fixing-counted').hidden = !list('fixing-count', old.told ?? []);
    document.getElementById('fixing').hidden = false;
  };

  /** What was refused, filled in again. */
  const refill = async () => {
    const fixed = new URLSearchParams(location.search).get('fix');
    const old = fixed && await store.get(fixed);
    if (!old || old.user !== user || old.state !== 'refused' || old.counted) return;
    explain(old);
    // A page kept for another step repairs nothing, nor does one whose step is there no more.
    if (!form || old.kind !== value('kind') || old.leg !== value('leg')) return;
    fixing = old;
    const event = JSON.parse(new TextDecoder().decode(old.body));
    form.elements.at.value = event.occurred_at.slice(0, 16);
    form.elements.at.closest('details').open = true;
    const counted = document.getElementById('counted');
    for (const name of ['note', 'reason']) if (form.elements[name]) form.elements[name].value = event[name] ?? '';
    if (!event.lines || !(counted || isPart())) return;
    if (counted) {
      counted.checked = true;
      document.getElementById('counts').open = true;
    }
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
      fill('people', event.reached?.find((one) => one.line === event.lines.indexOf(line))?.people);
    }
    update();
  };

  /** Says why nothing was kept and what to do; what was typed stays in the form. */
  const tellNotKept = (error) => {
    const notice = document.getElementById('not-kept');
    const isFull = error?.name === 'QuotaExceededError';
    notice.querySelector('p').textContent = isFull ? notice.dataset.full : notice.dataset.other;
    notice.hidden = false;
    notice.focus();
  };
  /** How many updates of this step the page does not count: those that wait here, and those recorded since it was made. */
  const uncounted = async () => {
    const copy = Number(form.dataset.copy);
    const isOfStep = (one) => ['consignment', 'kind', 'leg'].every((name) => one[name] === value(name));
    const isOther = (one) => isOfStep(one) && ![attempt?.id, fixing?.id, shownAgain('id')].includes(one.id);
    const sequence = (one) => one.answer?.body?.sequence;
    const [kept, receipts] = await Promise.all([store.all(user), store.receipts(user)]);
    const waiting = kept.filter((one) => isOther(one) && !(sequence(one) <= copy));
    const recorded = receipts.filter((one) => isOther(one) && sequence(one) > copy);
    return new Set([...waiting, ...recorded].map((one) => one.id)).size;
  };
  /** Says how many those are, and whether one more may be kept beside them: only where that is meant. */
  const mayBeKept = async () => {
    const count = await uncounted();
    const notice = document.getElementById('pending');
    const told = notice.querySelector('p');
    const tick = document.getElementById('another');
    const words = notice.dataset.words.replace('{0}', shown(count));
    if (told.textContent !== words) {
      // What was ticked was about as many as were told.
      tick.checked = false;
      told.textContent = words;
    }
    notice.hidden = count === 0;
    tick.required = count > 0;
    return count === 0 || tick.checked;
  };
  const tellPending = () => mayBeKept().catch(() => {});
  /** Says whose time is recorded, where this phone's is wrong. */
  const tellClock = async () => {
    const { clock, isOff } = await store.time();
    const notice = document.getElementById('clock');
    if (isOff) notice.textContent = notice.dataset.words.replace('{0}', shown(Math.round(Math.abs(clock.offset) / 60000)));
    notice.hidden = !isOff;
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

  const refilled = store && user ? refill().catch(() => {}) : null;
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
      tellClock().catch(() => {});
      // What is repaired here counts by this form.
      refilled.then(tellPending);
      for (const name of ['relief-changed', 'relief-others']) addEventListener(name, tellPending);
      let hasFailed = false;
      form.addEventListener('submit', async (event) => {
        const all = Array.from({ length: lineCount() }, (_, at) => counts(at));
        // What cannot be read, or says nothing, goes to the server, which says field by field what would be right.
        if (!all.every(Boolean) || (isPart() && all.every((now) => now.good === 0))) return;
        event.preventDefault();
        const button = document.getElementById('record');
        button.disabled = true;
        try {
          if (await mayBeKept()) {
            await keep();
          } else {
            button.disabled = false;
            document.getElementById('another').focus();
          }
        } catch (error) {
          if (attempt) {
            // However it is sent then, it is the same update, as it may be kept in spite of what was said.
            form.elements.id.value = attempt.id;
            form.elements.document.value = attempt.document;
            form.elements.occurred_at.value = attempt.now;
          }
          // In vain for the second time: it goes without being kept, but only where a server is there to take it, since
          // what was typed is nowhere else.
          if (hasFailed && await sender.whose(user) === 'own') form.submit();
          hasFailed = true;
          button.disabled = false;
          tellNotKept(error);
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
