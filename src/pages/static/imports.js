// While an import is under way: asks how far it is, moves the bar, and shows the page anew once it has ended. Without a
// script a link does the same.
'use strict';
{
  const again = document.getElementById('again');
  const path = `/api/v1/imports/${again.dataset.import}`;
  const number = new Intl.NumberFormat(document.documentElement.lang);
  // Seldom enough that an import of an hour is asked about a thousand times and no more.
  const PAUSE = 3000;

  const shown = ({ rows_done: done, rows_of: of }) => {
    if (of === null) return;
    const words = again.dataset.words.replace('{0}', number.format(done)).replace('{1}', number.format(of));
    document.getElementById('progress').textContent = words;
    const bar = document.getElementById('bar');
    if (bar) {
      bar.max = of;
      bar.value = done;
    }
  };
  const look = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(path, { headers: { Accept: 'application/json' } });
        if (answer.ok) {
          const job = await answer.json();
          if (job.finished_at !== null) return location.reload();
          shown(job);
        } else if (answer.status < 500 && answer.status !== 429) {
          return location.reload();
        }
      } catch {
        // No connection: it is asked again.
      }
    }
    setTimeout(look, PAUSE);
  };
  setTimeout(look, 500);
}
