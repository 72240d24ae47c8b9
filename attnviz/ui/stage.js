// Arrow keys walk, Escape leaves; the same as buttons, for who has no keys.
const KEYS = { ArrowUp: ['down', -1], ArrowDown: ['down', 1], ArrowLeft: ['across', -1], ArrowRight: ['across', 1] };
const SIGNS = { down: ['↑', '↓'], across: ['←', '→'] };

export default function ({ parentElement, data, setTriggerValue, setStateValue }) {
  const bar = parentElement.querySelector('.bar');
  const s = bar.state ??= { serial: data.serial, at: {} };
  if (data.serial >= s.serial) s.at = Object.fromEntries(data.walks.map((walk) => [walk.pair, walk.at]));
  const button = (text, label, act) => {
    const made = document.createElement('button');
    made.type = 'button';
    made.textContent = text;
    made.setAttribute('aria-label', label);
    made.onclick = act;
    return made;
  };
  const walk = (pair, by) => {
    const found = data.walks.find((each) => each.pair === pair);
    const to = found && Math.min(Math.max(s.at[pair] + by, 0), found.stops.length - 1);
    if (!found || to === s.at[pair]) return;
    s.at[pair] = to;
    s.serial += 1;
    draw();
    setTriggerValue('walked', { serial: s.serial, at: s.at });
  };
  const draw = () => {
    const focused = bar.getRootNode().activeElement?.getAttribute('aria-label');
    bar.replaceChildren(...data.walks.map(({ pair, name, stops }) => {
      const place = document.createElement('span'), said = document.createElement('b');
      place.className = 'walk';
      said.setAttribute('role', 'status');
      const stop = stops[s.at[pair]];
      said.textContent = /^\d/.test(stop) ? `${name} ${stop}` : stop;
      place.append(button(SIGNS[pair][0], `${name}, one back`, () => walk(pair, -1)), said,
        button(SIGNS[pair][1], `${name}, one on`, () => walk(pair, 1)));
      return place;
    }));
    const leave = button('Leave (Esc)', 'Leave the stage', () => setTriggerValue('left', true));
    leave.className = 'leave';
    bar.append(leave);
    [...bar.querySelectorAll('button')].find((each) => each.getAttribute('aria-label') === focused)?.focus();
  };
  draw();
  const pressed = (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.('input, textarea')) return;
    if (event.key === 'Escape') setTriggerValue('left', true);
    else if (KEYS[event.key]) walk(...KEYS[event.key]);
    else return;
    event.preventDefault();
  };
  const sized = () => {
    const now = [window.innerWidth, window.innerHeight];
    if (now.some((side, i) => Math.abs(side / data.size[i] - 1) > 0.03)) setStateValue('size', now);
  };
  document.addEventListener('keydown', pressed);
  window.addEventListener('resize', sized);
  sized();
  return () => {
    document.removeEventListener('keydown', pressed);
    window.removeEventListener('resize', sized);
  };
}
