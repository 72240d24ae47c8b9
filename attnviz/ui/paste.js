// One picture from the clipboard, as a text of bytes.
export default function ({ parentElement, data, setTriggerValue }) {
  const place = parentElement.querySelector('.paste');
  const say = (text) => { place.textContent = text; };
  const send = (blob) => {
    if (blob.size > data.megabytes * 1024 * 1024) { say(`That picture is larger than ${data.megabytes} MB. Paste a smaller one.`); return; }
    const reader = new FileReader();
    reader.onload = () => setTriggerValue('photo', reader.result.split(',')[1]);
    reader.readAsDataURL(blob);
  };
  const pasted = (event) => {
    const item = [...(event.clipboardData?.items ?? [])].find((i) => i.type.startsWith('image/'));
    if (item) { event.preventDefault(); send(item.getAsFile()); }
  };
  document.addEventListener('paste', pasted);
  place.onclick = async () => {
    try {
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((t) => t.startsWith('image/'));
        if (type) { send(await item.getType(type)); return; }
      }
      say('There is no picture in the clipboard. Copy one, then press Ctrl+V here.');
    } catch { say('The browser does not let this button read the clipboard. Press Ctrl+V (or Cmd+V) here instead.'); }
  };
  return () => document.removeEventListener('paste', pasted);
}
