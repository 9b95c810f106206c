// Beside the form of signing in: how much waits on this phone. Whose it is stays unsaid.
'use strict';
{
  const note = document.getElementById('left');
  globalThis.reliefStore?.count().then((count) => {
    note.textContent = note.dataset.words.replace('{0}', new Intl.NumberFormat(document.documentElement.lang).format(count));
    note.hidden = count === 0;
  }, () => {});
}
