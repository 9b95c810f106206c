// Zooming and panning the map, and its figures in words under it. Without this the map is a picture with links, and the table
// beside it says the same.
const print = document.getElementById('print');
if (print) {
  print.hidden = false;
  print.addEventListener('click', () => window.print());
}
const figure = document.getElementById('map');
const svg = figure && figure.querySelector('svg');
if (svg) {
  const whole = svg.getAttribute('viewBox').split(' ').map(Number);
  let view = [...whole];
  const told = document.getElementById('map-told');
  const least = whole[2] / 16;

  const show = ([x, y, wide, high]) => {
    wide = Math.min(whole[2], Math.max(least, wide));
    high = wide * whole[3] / whole[2];
    x = Math.min(whole[2] - wide, Math.max(0, x));
    y = Math.min(whole[3] - high, Math.max(0, y));
    view = [x, y, wide, high];
    svg.setAttribute('viewBox', view.map((one) => one.toFixed(1)).join(' '));
    svg.classList.toggle('near', wide < whole[2]);
  };
  const zoom = (by, [x, y] = [view[0] + view[2] / 2, view[1] + view[3] / 2]) => {
    const wide = Math.min(whole[2], Math.max(least, view[2] * by));
    const share = wide / view[2];
    show([x - (x - view[0]) * share, y - (y - view[1]) * share, wide, 0]);
  };
  const pan = (across, down) => show([view[0] + across * view[2], view[1] + down * view[3], view[2], 0]);
  const moves = {
    in: () => zoom(1 / 1.6), out: () => zoom(1.6), whole: () => show(whole),
    left: () => pan(-.25, 0), right: () => pan(.25, 0), up: () => pan(0, -.25), down: () => pan(0, .25),
  };

  const tools = document.getElementById('map-tools');
  tools.hidden = false;
  tools.addEventListener('click', (event) => moves[event.target.dataset.move]?.());

  const tell = (event) => {
    const of = event.target.closest('[data-told]');
    if (of) told.textContent = of.dataset.told;
  };
  for (const kind of ['pointerover', 'focusin', 'pointerdown']) svg.addEventListener(kind, tell);

  // A mouse that is held down, or one finger, moves the map once it is nearer; before, a finger scrolls the page. Two fingers
  // bring it nearer and farther, and what lies between them stays there.
  const down = new Map();
  let held = null;
  const middle = (all) => ['x', 'y'].map((axis) => all.reduce((sum, one) => sum + one[axis], 0) / all.length);
  const span = ([one, other]) => (other ? Math.hypot(one.x - other.x, one.y - other.y) : 0);
  const hold = () => {
    const all = [...down.values()];
    held = { from: [...view], at: middle(all), span: span(all), box: svg.getBoundingClientRect(), moved: held?.moved ?? false };
  };
  svg.addEventListener('pointerdown', (event) => {
    const { pointerId, pointerType, button, clientX: x, clientY: y } = event;
    if (pointerType === 'mouse' ? button !== 0 || view[2] >= whole[2] : down.size > 1) return;
    down.set(pointerId, { x, y });
    hold();
  });
  addEventListener('pointermove', (event) => {
    if (!held || !down.has(event.pointerId)) return;
    // A mouse that was let go outside of the window holds nothing any more.
    if (event.pointerType === 'mouse' && !event.buttons) { release(event); return; }
    down.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const all = [...down.values()];
    const { from, box } = held;
    const [at, wide] = [middle(all), span(all)];
    held.moved ||= Math.hypot(at[0] - held.at[0], at[1] - held.at[1]) > 4 || Math.abs(wide - held.span) > 4;
    if (!held.moved) return;
    const shown = Math.min(whole[2], Math.max(least, from[2] * (held.span && wide ? held.span / wide : 1)));
    const [before, after] = [from[2] / box.width, shown / box.width];
    const [x, y] = [held.at[0] - box.left, held.at[1] - box.top];
    show([from[0] + x * before - (at[0] - box.left) * after, from[1] + y * before - (at[1] - box.top) * after, shown, 0]);
  });
  const release = (event) => {
    if (!down.delete(event.pointerId)) return;
    if (down.size) { hold(); return; }
    const done = held;
    setTimeout(() => { if (held === done) held = null; }, 0);
  };
  for (const kind of ['pointerup', 'pointercancel']) addEventListener(kind, release);
  // A finger that comes to a country is told its figures, in words that lead there too; the second time it goes there.
  let isFinger = false;
  let touched = '';
  svg.addEventListener('pointerdown', (event) => { isFinger = event.pointerType === 'touch'; });
  svg.addEventListener('click', (event) => {
    const way = event.target.closest('a');
    const words = event.target.closest('[data-told]')?.dataset.told ?? '';
    const isFirst = isFinger && way !== null && words !== touched;
    if (isFinger) touched = words;
    isFinger = false;
    if (held?.moved || isFirst) event.preventDefault();
    if (held?.moved || !isFirst) return;
    const link = document.createElement('a');
    link.href = way.getAttribute('href');
    link.textContent = words;
    told.replaceChildren(link);
  });
  svg.addEventListener('dragstart', (event) => event.preventDefault());
}
