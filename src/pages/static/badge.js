// On every page of an officer: says how much is on this phone, has it sent, and keeps pages for when there is no
// connection.
'use strict';
{
  const phrases = JSON.parse(document.querySelector('[data-faults]')?.dataset.faults || '{}');
  /** What is wrong with one field: in the page's language where its code has words there, else as the server said it. */
  const saidOf = ({ code, least, most, choices, detail }) => {
    const [plain, naming, range] = phrases[code] ?? [];
    if (!plain) return { words: detail, lang: 'en' };
    const lang = document.documentElement.lang;
    const written = (number) => new Intl.NumberFormat(lang).format(number);
    const filled = (phrase, ...parts) => parts.reduce((text, part, at) => text.replace(`{${at}}`, () => part), phrase);
    if (range && least !== undefined && most !== undefined) return { words: filled(range, written(least), written(most)), lang };
    const bound = ['too_short', 'too_small'].includes(code) ? least : most;
    const part = code === 'not_a_choice' ? choices?.join(' · ') : bound !== undefined && written(bound);
    return { words: naming && part ? filled(naming, part) : plain, lang };
  };
  globalThis.reliefFaults = (errors) => (errors ?? []).map(saidOf).filter((one) => one.words);

  const store = globalThis.reliefStore;
  const sender = globalThis.reliefSender;
  const badge = document.getElementById('kept');
  const user = badge.dataset.user;
  let count = 0;

  const show = async () => {
    count = (await store.all(user)).length;
    document.getElementById('kept-count').textContent = new Intl.NumberFormat(document.documentElement.lang).format(count);
    badge.hidden = count === 0;
  };
  // Looking at the time notices that somebody set the clock meanwhile.
  const send = () => { store.time().catch(() => {}); return sender.send(user); };
  addEventListener('relief-changed', show);
  store.channel?.addEventListener('message', () => { show(); globalThis.dispatchEvent(new Event('relief-others')); });
  addEventListener('online', send);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) send(); });
  show().then(send, () => {});

  // Whoever signs out while something waits chooses first what becomes of it.
  document.querySelector('form[action="/sign-out"]')?.addEventListener('submit', (event) => {
    if (count === 0) return;
    event.preventDefault();
    location.assign('/board/queue?leave=1');
  });

  const worker = navigator.serviceWorker;
  if (worker) {
    const policy = globalThis.trustedTypes?.createPolicy('relief', {
      createScriptURL: (path) => {
        if (path !== '/worker.js') throw new TypeError('no worker but ours');
        return path;
      },
    });
    const path = policy ? policy.createScriptURL('/worker.js') : '/worker.js';
    worker.register(path, { scope: '/' }).then(async () => {
      const ready = await worker.ready;
      const links = Array.from(document.querySelectorAll('a[data-keep]'), (link) => link.href).slice(0, 20);
      const pages = navigator.connection?.saveData ? ['/board/queue'] : ['/board', '/board/queue', location.href, ...links];
      ready.active.postMessage({ user, pages });
      await show().catch(() => {});
      if (count > 0) ready.sync?.register('relief').catch(() => {});
    }, () => {});
    worker.addEventListener('message', (event) => {
      if (!event.data?.keptAt) return;
      const time = new Date(event.data.keptAt).toLocaleString(document.documentElement.lang);
      const notice = document.createElement('p');
      notice.className = 'notice warn';
      notice.setAttribute('role', 'status');
      notice.textContent = badge.dataset.copy.replace('{0}', time);
      document.getElementById('content').prepend(notice);
    });
    worker.startMessages?.();
  }
}
