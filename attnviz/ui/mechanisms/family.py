"""The map of the whole family: every mechanism with its four questions, what it follows from, and what Keras has of it."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from attnviz.mechanisms import Mechanism

_CSS = """
.family { font-family: var(--st-font); color: var(--st-text-color); position: relative; container-type: inline-size;
  isolation: isolate }
.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; font-size: 13px; opacity: .85; margin-bottom: 8px; align-items: center }
.blocks { columns: 4; column-gap: 12px; position: relative }
@container (min-width: 1300px) { .blocks { columns: 5 } }
@container (max-width: 940px) { .blocks { columns: 3 } }
@container (max-width: 720px) { .blocks { columns: 2 } }
@container (max-width: 500px) { .blocks { columns: 1; max-height: 62vh; overflow-y: auto } svg { display: none } }
h3 { font-size: 13px; font-weight: 600; margin: 0 0 4px; padding-top: 4px; text-transform: uppercase; letter-spacing: .06em;
  opacity: .7; break-after: avoid }
button { display: block; width: 100%; text-align: start; font: inherit; color: inherit; cursor: pointer; break-inside: avoid;
  background: rgba(var(--hue), .06); border: 1px solid transparent; border-inline-start: 5px solid rgb(var(--hue));
  border-radius: 6px; padding: 3px 7px 4px; margin: 0 0 4px }
.short .does { display: none }
.short button.card[aria-pressed="true"] .does { display: block }
button.less { width: auto; margin: 0 0 0 auto; border: 1px solid var(--st-border-color); background: none; padding: 1px 9px }
button:hover { border-color: rgba(var(--hue), .7) }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px }
button.kin { background: rgba(var(--hue), .2) }
button[aria-pressed="true"] { background: rgba(var(--hue), .3); border-color: rgb(var(--hue));
  box-shadow: 0 0 0 1px rgb(var(--hue)) }
.top { display: flex; gap: 6px; align-items: baseline; font-size: 14px; line-height: 1.25 }
.top b { flex: 1; font-weight: 600 }
.kind { font-size: 11.5px; padding: 0 5px; border-radius: 4px; background: rgba(var(--hue), .16); white-space: nowrap }
.kind.strong { background: rgba(var(--hue), .42) }
.keras { font-size: 12px; white-space: nowrap; font-variant-numeric: tabular-nums }
.does { display: block; font-size: 12px; line-height: 1.25; opacity: .88; margin-top: 1px; overflow-wrap: anywhere }
.from { opacity: .75 }
svg { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; overflow: visible; z-index: -1 }
svg path { fill: none; stroke: rgb(194, 65, 12); stroke-width: 2; opacity: .55 }
svg circle { fill: rgb(194, 65, 12) }
"""

# Text arrives as data and is set as text, so markup in it stays text.
_JS = """
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
      document.querySelector('.st-key-' + data.goto)?.scrollIntoView({ behavior: 'smooth', block: 'start' });
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
"""

SAID = "What scores → what normalises, over what; who asks. ← what it follows from."
MARKS = {"is": "a layer of Keras", "follows": "follows from one", "cannot": "cannot be had"}
KINDS = ("soft", "self", "hard", "spatial", "channel")

_component = st.components.v2.component(
    "attnviz_family",
    html='<div class="family"><div class="legend"></div><svg></svg>'
    '<div class="blocks" role="group" aria-label="All mechanisms"></div></div>',
    css=_CSS,
    js=_JS,
)


def family(mechanisms: Sequence[Mechanism], chosen: str, key: str, goto: str, take: Callable[[str], None]) -> None:
    """Draws all mechanisms by family, the chosen one with lines from what it follows from and to what follows from it.

    `take` hears the name of a clicked one; the page then scrolls to the element with the key `goto`.
    """
    titles = {mechanism.name: mechanism.title for mechanism in mechanisms}
    lines = [(before, each.name) for each in mechanisms for before in each.follows if chosen in (before, each.name)]
    data: dict[str, Any] = {
        "families": [(name, [_card(each, titles) for each in mechanisms if each.family == name]) for name in families(mechanisms)],
        "chosen": chosen, "lines": lines, "kin": sorted({name for line in lines for name in line} - {chosen}), "goto": goto,
        "said": SAID, "marks": list(MARKS.items()),
        "kinds": [kind for kind in KINDS if kind in {each.kind for each in mechanisms}],
    }  # fmt: skip
    _component(key=key, data=data, on_chosen_change=lambda: take(str(st.session_state[key]["chosen"])))


def families(mechanisms: Sequence[Mechanism]) -> list[str]:
    """Names of families, each once, in the order of their first members."""
    return list(dict.fromkeys(mechanism.family for mechanism in mechanisms))


def _card(mechanism: Mechanism, titles: dict[str, str]) -> dict[str, str]:
    before = ", ".join(titles[name] for name in mechanism.follows if name in titles)
    return {
        "name": mechanism.name, "title": mechanism.title, "kind": mechanism.kind, "keras": mechanism.keras.relation,
        "marked": MARKS[mechanism.keras.relation], "from": f"← {before}" if before else "",
        "does": f"{mechanism.scores} → {mechanism.normalises}, over {mechanism.over}; asked by {mechanism.query}.",
    }  # fmt: skip
