// An exhibit as it is seen, as one picture: its title, its figures where they stand, and what is said of them.
const NS = 'http://www.w3.org/2000/svg';
const PAD = 16, LEAST = 480, SCALE = 2, BASE = 0.783; // of a line of text, from its top to where letters stand
const make = (name, attributes, text) => {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};
const seen = (colour) => colour && colour !== 'transparent' && !/, 0\)$/.test(colour);

// A figure of Plotly draws itself.
const plotted = async (figure, box) => {
  if (!window.Plotly?.toImage) throw new Error('Plotly is not there');
  const url = await window.Plotly.toImage(figure, { format: 'svg', width: box.width, height: box.height });
  const svg = new DOMParser().parseFromString(decodeURIComponent(url.slice(url.indexOf(',') + 1)), 'image/svg+xml').documentElement;
  return document.importNode(svg, true);
};

// Words and photos are elements with a ground, a border, a picture or a text.
const framed = (style, box) => {
  const width = parseFloat(style.borderTopWidth) || 0, drawn = [];
  const edge = width && seen(style.borderTopColor) ? { stroke: style.borderTopColor, 'stroke-width': width } : {};
  if (seen(style.backgroundColor) || edge.stroke) drawn.push(make('rect', {
    x: box.left + width / 2, y: box.top + width / 2, width: Math.max(box.width - width, 0), height: Math.max(box.height - width, 0),
    rx: parseFloat(style.borderTopLeftRadius) || 0, fill: seen(style.backgroundColor) ? style.backgroundColor : 'none', ...edge,
  }));
  const line = style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth);
  if (line) drawn.push(make('rect', {
    x: box.left - line / 2, y: box.top - line / 2, width: box.width + line, height: box.height + line, fill: 'none',
    stroke: style.outlineColor, 'stroke-width': line,
  }));
  return drawn;
};
const written = (node, style) => {
  const range = document.createRange();
  range.selectNodeContents(node);
  const line = range.getClientRects()[0];
  if (!line || !node.textContent.trim()) return [];
  return [make('text', {
    x: line.left, y: line.top + BASE * line.height, fill: style.color, 'font-family': style.fontFamily, 'font-size': style.fontSize,
    'font-style': style.fontStyle, 'font-weight': style.fontWeight, 'text-decoration': style.textDecorationLine,
  }, node.textContent)];
};
const painted = (element) => {
  const style = getComputedStyle(element);
  if (style.display === 'none' || style.visibility === 'hidden') return [];
  const box = element.getBoundingClientRect(), drawn = framed(style, box);
  if (element.localName === 'img') drawn.push(make('image', {
    x: box.left, y: box.top, width: box.width, height: box.height, preserveAspectRatio: 'none', href: element.src,
  }));
  for (const child of element.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) drawn.push(...written(child, style));
    else if (child.nodeType === Node.ELEMENT_NODE && child.localName !== 'style') drawn.push(...painted(child));
  }
  return drawn;
};

// Where each figure stands, and what draws it there; a sentence that is scrolled is drawn whole.
const found = (key) => {
  const place = document.querySelector(`.st-key-${CSS.escape(key)}`), figure = place?.querySelector('.js-plotly-plot');
  if (figure) return { box: figure.getBoundingClientRect(), draw: (box) => plotted(figure, box) };
  const host = [...place?.querySelectorAll('*') ?? []].find((each) => each.shadowRoot);
  const root = host?.shadowRoot.querySelector('.sentence, .photo');
  if (!root) throw new Error('the figure is not drawn yet');
  root.style.maxHeight = 'none';
  const box = root.getBoundingClientRect(), group = make('g', { transform: `translate(${-box.left} ${-box.top})` });
  group.append(...painted(root));
  root.style.maxHeight = '';
  return { box, draw: () => group };
};

const lines = (text, font, width) => {
  const pen = document.createElement('canvas').getContext('2d'), made = [''];
  pen.font = font;
  for (const word of text.split(/\s+/)) {
    const longer = made.at(-1) ? `${made.at(-1)} ${word}` : word;
    if (pen.measureText(longer).width <= width || !made.at(-1)) made[made.length - 1] = longer;
    else made.push(word);
  }
  return made;
};

// The page's own letters go along, so that the picture looks the same elsewhere.
let letters;
const fonts = async (family) => {
  const wanted = family.split(',')[0].replaceAll(/["']/g, '').trim();
  const rules = [...document.styleSheets].flatMap((sheet) => { try { return [...sheet.cssRules]; } catch { return []; } })
    .filter((rule) => rule instanceof CSSFontFaceRule && rule.style.getPropertyValue('font-family').replaceAll(/["']/g, '') === wanted);
  const whole = await Promise.all(rules.map(async (rule) => {
    const address = /url\(["']?([^"')]+)/.exec(rule.style.getPropertyValue('src'))?.[1];
    const bytes = await (await fetch(new URL(address, rule.parentStyleSheet.href ?? document.baseURI))).blob();
    const url = await new Promise((done) => {
      const reader = new FileReader();
      reader.onload = () => done(reader.result);
      reader.readAsDataURL(bytes);
    });
    return rule.cssText.replace(/src:[^;]+/, `src: url("${url}")`);
  }));
  return whole.join('\n');
};

const composed = async (data) => {
  const app = getComputedStyle(document.querySelector('.stApp')), family = app.fontFamily;
  const figures = data.figures.map(found);
  const left = Math.min(...figures.map(({ box }) => box.left)), top = Math.min(...figures.map(({ box }) => box.top));
  const wide = Math.max(LEAST, ...figures.map(({ box }) => box.right - left));
  let y = PAD;
  const svg = make('svg', { xmlns: NS, 'font-family': family });
  const say = (text, size, weight) => {
    for (const line of lines(text, `${weight} ${size}px ${family}`, wide)) {
      y += 1.4 * size;
      svg.append(make('text', { x: PAD, y: y - 0.4 * size, fill: app.color, 'font-size': `${size}px`, 'font-weight': weight }, line));
    }
  };
  say(data.title, 20, 600);
  y += 8;
  for (const { box, draw } of figures) {
    const place = make('g', { transform: `translate(${PAD + box.left - left} ${y + box.top - top})` });
    place.append(await draw(box));
    svg.append(place);
  }
  y += Math.max(...figures.map(({ box }) => box.bottom)) - top + 8;
  say(data.text, 14, 400);
  const size = { width: Math.ceil(wide + 2 * PAD), height: Math.ceil(y + PAD) };
  svg.prepend(make('style', {}, letters ??= await fonts(family)), make('rect', { ...size, fill: app.backgroundColor }));
  for (const [name, value] of Object.entries({ ...size, viewBox: `0 0 ${size.width} ${size.height}` })) svg.setAttribute(name, value);
  return { size, blob: new Blob([new XMLSerializer().serializeToString(svg)], { type: 'image/svg+xml' }) };
};

const rastered = async ({ size, blob }) => {
  const image = new Image(), canvas = document.createElement('canvas');
  image.src = URL.createObjectURL(blob);
  await image.decode();
  URL.revokeObjectURL(image.src);
  canvas.width = SCALE * size.width;
  canvas.height = SCALE * size.height;
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, 'image/png'));
};

const handed = (blob, name) => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

export default function ({ parentElement, data }) {
  const said = parentElement.querySelector('p');
  for (const button of parentElement.querySelectorAll('button')) {
    button.onclick = async () => {
      said.hidden = true;
      try {
        const whole = await composed(data);
        handed(button.dataset.kind === 'svg' ? whole.blob : await rastered(whole), `${data.stem}.${button.dataset.kind}`);
      } catch (error) {
        said.textContent = `This browser could not draw the picture (${error.message}). Take .html instead.`;
        said.hidden = false;
      }
    };
  }
}
