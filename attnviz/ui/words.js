// Words arrive as data and are set as text, so markup in them stays text.
export default function ({ parentElement, data, setTriggerValue }) {
  const box = parentElement.querySelector('.sentence');
  const focused = [...box.children].indexOf(parentElement.activeElement);
  box.style.setProperty('--hue', data.hue);
  box.style.setProperty('--against', data.against);
  box.replaceChildren(...data.words.map((word, i) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.style.setProperty('--tint', (data.strongest * word.tint ** data.soon).toFixed(3));
    button.setAttribute('aria-pressed', String(i === data.locked));
    const said = word.against ? word.value + ', speaks against the decision' : data.hard ? word.value + (word.picked ? ', picked' : ', not picked') : word.value;
    button.setAttribute('aria-label', word.text + ' ' + said);
    button.title = said;
    button.style.setProperty('--odds', word.tint.toFixed(3));
    button.classList.toggle('special', word.special);
    button.classList.toggle('against', word.against);
    button.classList.toggle('hard', data.hard);
    button.classList.toggle('picked', data.hard && word.picked);
    const text = document.createElement('span');
    text.dir = 'auto';
    text.textContent = word.text;
    button.append(text);
    if (data.numbers) {
      const value = document.createElement('small');
      value.textContent = word.value;
      button.append(value);
    }
    button.onclick = () => setTriggerValue('clicked', i);
    return button;
  }));
  if (focused >= 0) box.children[focused]?.focus();
}
