// While the box holds another text than the one that was decided on, the answer below is marked as that of the former one.
export default function ({ parentElement, data }) {
  const note = parentElement.querySelector('.former');
  const box = () => document.querySelector(`.st-key-${data.box} textarea`);
  const answer = () => document.querySelector(`.st-key-${data.answer}`);
  const mark = () => {
    const found = box();
    const waits = Boolean(found) && found.value !== data.decided;
    note.hidden = !waits;
    answer()?.classList.toggle('former', waits);
  };
  const typed = (event) => { if (event.target === box()) mark(); };
  document.addEventListener('input', typed);
  mark();
  return () => document.removeEventListener('input', typed);
}
