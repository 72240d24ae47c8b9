// The picture and what its places say arrive as data; text is set as text.
export default function ({ parentElement, data, setTriggerValue }) {
  const photo = parentElement.querySelector('.photo'), image = photo.querySelector('img');
  const patch = photo.querySelector('.patch'), said = photo.querySelector('.said');
  const { rows, columns } = data;
  let [row, column] = data.place;
  const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
  const place = (down, across) => [within(Math.floor(down * rows), rows), within(Math.floor(across * columns), columns)];
  const frame = () => {
    patch.style.top = `${100 * row / rows}%`;
    patch.style.left = `${100 * column / columns}%`;
    patch.style.height = `${100 / rows}%`;
    patch.style.width = `${100 / columns}%`;
  };
  const shares = (event) => {
    const box = image.getBoundingClientRect();
    return [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
  };
  const take = (down, across) => {
    [row, column] = place(down, across);
    frame();
    patch.hidden = false;
    setTriggerValue('clicked', [down, across]);
  };
  if (image.src !== data.picture) image.src = data.picture;
  if (data.clicked) {
    photo.setAttribute('role', 'application');
    photo.setAttribute('aria-label', data.label);
    photo.tabIndex = 0;
    image.alt = '';
  } else {
    photo.removeAttribute('role');
    photo.removeAttribute('aria-label');
    photo.removeAttribute('tabindex');
    image.alt = data.label;
  }
  photo.classList.toggle('clicks', data.clicked);
  patch.hidden = !data.framed;
  said.hidden = true;
  frame();
  photo.onpointermove = (event) => {
    if (!data.says.length || event.pointerType !== 'mouse') return;
    const [down, across] = place(...shares(event));
    said.textContent = data.says[down * columns + across];
    said.hidden = false;
  };
  photo.onpointerleave = () => { said.hidden = true; };
  photo.onclick = (event) => { if (data.clicked) take(...shares(event)); };
  photo.onkeydown = (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step || !data.clicked) return;
    event.preventDefault();
    take((within(row + step[0], rows) + 0.5) / rows, (within(column + step[1], columns) + 0.5) / columns);
  };
}
