// Zooming and panning the map, and its figures in words under it. Without this the map is a picture with links, and the table
// beside it says the same.
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

  // One finger scrolls the page; a mouse that is held down moves the map once it is nearer.
  let held = null;
  svg.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'mouse' && event.button === 0 && view[2] < whole[2]) {
      held = { x: event.clientX, y: event.clientY, from: [...view], moved: false };
    }
  });
  svg.addEventListener('pointermove', (event) => {
    if (!held) return;
    const per = held.from[2] / svg.clientWidth;
    const [across, down] = [(event.clientX - held.x) * per, (event.clientY - held.y) * per];
    held.moved ||= Math.hypot(across, down) > 4 * per;
    if (held.moved) show([held.from[0] - across, held.from[1] - down, held.from[2], 0]);
  });
  addEventListener('pointerup', () => { setTimeout(() => { held = null; }, 0); });
  svg.addEventListener('click', (event) => { if (held?.moved) event.preventDefault(); });
  svg.addEventListener('dragstart', (event) => event.preventDefault());
}
