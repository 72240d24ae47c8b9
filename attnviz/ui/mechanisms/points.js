// The server answers with the curve; while it works, further moves wait, so that a drag asks no faster than is answered.
const NS = 'http://www.w3.org/2000/svg';
const EDGE = { left: 40, right: 12, top: 10, bottom: 26 };
const make = (name, of, kind) => {
  const made = document.createElementNS(NS, name);
  made.setAttribute('class', kind);
  of.append(made);
  return made;
};
const set = (element, values) => Object.entries(values).forEach(([name, value]) => element.setAttribute(name, value));
const ticks = (low, high) => {
  const raw = (high - low) / 5, power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((each) => each * power >= raw);
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high + 1e-9; i += 1) found.push(Number((i * step).toPrecision(6)));
  return found;
};

export default function ({ parentElement, data, setTriggerValue }) {
  const svg = parentElement.querySelector('svg');
  const s = svg.state ??= { points: null, query: 0, held: null, asking: false, waiting: false, dirty: false, serial: data.serial };
  s.data = data;
  s.tell = setTriggerValue;
  if (data.serial >= s.serial) s.waiting = false;
  if (s.held === null && !s.asking && !s.waiting && !s.dirty) { s.points = data.points.map((p) => [...p]); s.query = data.query; }
  const [x0, x1, y0, y1] = data.range;
  const size = () => ({ w: svg.clientWidth || 640, h: svg.clientHeight || 340 });
  const px = (x) => EDGE.left + (x - x0) / (x1 - x0) * (size().w - EDGE.left - EDGE.right);
  const py = (y) => EDGE.top + (y1 - y) / (y1 - y0) * (size().h - EDGE.top - EDGE.bottom);
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const tidy = (value) => Number(value.toFixed(3));
  const at = (event) => {
    const box = svg.getBoundingClientRect(), { w, h } = size();
    const x = x0 + (event.clientX - box.left - EDGE.left) / (w - EDGE.left - EDGE.right) * (x1 - x0);
    const y = y1 - (event.clientY - box.top - EDGE.top) / (h - EDGE.top - EDGE.bottom) * (y1 - y0);
    return [tidy(clamp(x, x0, x1)), tidy(clamp(y, y0, y1))];
  };
  const send = () => {
    s.draw();
    if (s.waiting) { s.dirty = true; return; }
    s.waiting = true; s.dirty = false; s.serial += 1;
    s.tell('moved', { serial: s.serial, points: s.points, query: s.query });
    const sent = s.serial;
    setTimeout(() => { if (s.waiting && s.serial === sent) { s.waiting = false; if (s.dirty) send(); } }, 3000);
  };
  const place = (x, y) => px(x).toFixed(1) + ' ' + clamp(py(y), -2000, 4000).toFixed(1);
  const path = (xs, ys) => xs.map((x, i) => (i ? 'L' : 'M') + place(x, ys[i])).join('');

  s.draw = () => {
    const { w, h } = size();
    const back = svg.querySelector('.back'), front = svg.querySelector('.front');
    back.replaceChildren();
    for (const x of ticks(x0, x1)) {
      set(make('line', back, 'tick'), { x1: px(x), x2: px(x), y1: EDGE.top, y2: h - EDGE.bottom });
      const said = make('text', back, '');
      set(said, { x: px(x), y: h - 8, 'text-anchor': 'middle' });
      said.textContent = x;
    }
    for (const y of ticks(y0, y1)) {
      set(make('line', back, 'tick'), { x1: EDGE.left, x2: w - EDGE.right, y1: py(y), y2: py(y) });
      const said = make('text', back, '');
      set(said, { x: EDGE.left - 6, y: py(y) + 4, 'text-anchor': 'end' });
      said.textContent = y;
    }
    const d = s.data;
    set(make('path', back, 'mean'), { d: path([x0, x1], [d.mean, d.mean]) });
    set(make('path', back, 'near'), { d: path(d.x, d.near) });
    set(make('path', back, 'curve'), { d: path(d.x, d.curve) });
    set(make('line', back, 'query'), { x1: px(s.query), x2: px(s.query), y1: EDGE.top, y2: h - EDGE.bottom });
    set(make('circle', back, 'answer'), { cx: px(d.query), cy: py(d.answer), r: 6 });
    while (front.children.length > s.points.length) front.lastChild.remove();
    while (front.children.length < s.points.length) {
      const one = make('g', front, ''), grip = make('circle', one, 'grip');
      make('circle', one, 'point');
      set(grip, { r: 20, tabindex: 0, role: 'button' });
    }
    s.points.forEach(([x, y], i) => {
      const [grip, point] = front.children[i].children;
      const label = `Point ${i + 1} of ${s.points.length}: x ${x}, y ${y}. Arrow keys move it.`;
      set(grip, { cx: px(x), cy: py(y), 'aria-label': label });
      const weight = clamp((d.weights[i] ?? 0) / Math.max(...d.weights, 1e-9), 0, 1);
      set(point, { cx: px(x), cy: py(y), r: 7, fill: `rgba(37, 99, 235, ${weight.toFixed(3)})`, 'pointer-events': 'none' });
    });
  };

  const which = (event) => [...svg.querySelector('.front').children].findIndex((one) => one.firstChild === event.target);
  svg.onpointerdown = (event) => {
    const found = which(event);
    s.held = found < 0 ? null : found;
    s.asking = found < 0;
    svg.setPointerCapture(event.pointerId);
    if (found < 0) { s.query = at(event)[0]; send(); }
  };
  svg.onpointermove = (event) => {
    if (s.held !== null) { s.points[s.held] = at(event); send(); }
    else if (s.asking) { s.query = at(event)[0]; send(); }
  };
  svg.onpointerup = svg.onpointercancel = () => { s.held = null; s.asking = false; };
  svg.onkeydown = (event) => {
    const found = which(event), step = event.shiftKey ? 0.05 : 0.01;
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (found < 0 || !by) return;
    event.preventDefault();
    const [x, y] = s.points[found];
    s.points[found] = [tidy(clamp(x + by[0] * step * (x1 - x0), x0, x1)), tidy(clamp(y + by[1] * step * (y1 - y0), y0, y1))];
    send();
  };
  s.draw();
  if (!s.waiting && s.dirty) send();
  const watch = new ResizeObserver(() => s.draw());
  watch.observe(svg);
  return () => watch.disconnect();
}
