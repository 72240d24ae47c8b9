// Text arrives as data and is set as text, so markup in it stays text.
const HUES = { soft: '37, 99, 235', self: '37, 99, 235', hard: '13, 148, 136', spatial: '217, 119, 6', channel: '217, 119, 6' };
const STRONG = ['self', 'channel'];
const KERAS = { is: '●', follows: '◐', cannot: '○' };
const span = (kind, text) => {
  const made = document.createElement('span');
  made.className = kind;
  made.textContent = text;
  return made;
};
const chip = (kind) => {
  const made = span('kind' + (STRONG.includes(kind) ? ' strong' : ''), kind);
  made.style.setProperty('--hue', HUES[kind]);
  return made;
};

export default function ({ parentElement, data, setTriggerValue }) {
  const box = parentElement.querySelector('.family'), legend = box.querySelector('.legend');
  const blocks = box.querySelector('.blocks'), svg = box.querySelector('svg');
  const focused = blocks.querySelector(':focus')?.dataset.name;
  legend.replaceChildren(span('', data.said), ...data.kinds.map(chip),
    ...data.marks.map(([relation, text]) => span('', KERAS[relation] + ' ' + text)));
  const less = document.createElement('button');
  less.type = 'button';
  less.className = 'less';
  const name = () => { less.textContent = box.classList.contains('short') ? 'All four questions' : 'Names only'; };
  less.onclick = () => { box.classList.toggle('short'); name(); };
  name();
  legend.append(less);
  // What opens is drawn after the family, so it is waited for, and brought again when the page above it has settled.
  const bring = (left = 40, last = null) => {
    const there = document.querySelector('.st-key-' + data.goto), ready = there?.querySelector('.js-plotly-plot');
    const top = ready && Math.round(there.getBoundingClientRect().top);
    if (ready && top !== last) there.scrollIntoView({ block: 'start' });
    const now = ready && Math.round(there.getBoundingClientRect().top);
    if (left > 0 && (!ready || now !== last)) setTimeout(() => bring(left - 1, now), 250);
  };
  if (box.dataset.open !== data.open && (box.dataset.open !== undefined || data.asked)) bring();
  box.dataset.open = data.open;
  const card = (one) => {
    const button = document.createElement('button'), top = span('top', ''), title = document.createElement('b');
    button.type = 'button';
    button.className = 'card';
    button.dataset.name = one.name;
    button.style.setProperty('--hue', HUES[one.kind]);
    button.setAttribute('aria-pressed', String(one.name === data.chosen));
    button.classList.toggle('kin', data.kin.includes(one.name));
    title.textContent = one.title;
    const mark = span('keras', KERAS[one.keras]);
    mark.setAttribute('aria-label', one.marked);
    mark.title = one.marked;
    top.append(title, chip(one.kind), mark);
    const does = span('does', one.does);
    if (one.from) does.append(span('from', ' ' + one.from));
    button.append(top, does);
    button.onclick = () => {
      setTriggerValue('chosen', one.name);
      if (one.name === data.chosen) bring();
    };
    return button;
  };
  blocks.replaceChildren(...data.families.flatMap(([name, members]) => {
    const head = document.createElement('h3');
    head.textContent = name;
    return [head, ...members.map(card)];
  }));
  if (focused) blocks.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus();
  const find = (name) => blocks.querySelector(`[data-name="${CSS.escape(name)}"]`);
  const lines = () => {
    svg.replaceChildren();
    const base = box.getBoundingClientRect();
    const place = (name) => {
      const r = find(name)?.getBoundingClientRect();
      return r && [r.left - base.left, r.top - base.top + 14, r.width];
    };
    for (const [from, to] of data.lines) {
      const a = place(from), b = place(to);
      if (!a || !b) continue;
      const side = a[0] === b[0], start = side || a[0] > b[0] ? a[0] : a[0] + a[2], end = side || a[0] < b[0] ? b[0] : b[0] + b[2];
      const bend = side ? -12 - Math.min(Math.abs(a[1] - b[1]) / 12, 16) : (end - start) / 2;
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      path.setAttribute('d', `M${start} ${a[1]}C${start + bend} ${a[1]} ${side ? end + bend : end - bend} ${b[1]} ${end} ${b[1]}`);
      const dot = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
      dot.setAttribute('cx', end); dot.setAttribute('cy', b[1]); dot.setAttribute('r', 4);
      svg.append(path, dot);
    }
  };
  lines();
  const watch = new ResizeObserver(lines);
  watch.observe(box);
  return () => watch.disconnect();
}
