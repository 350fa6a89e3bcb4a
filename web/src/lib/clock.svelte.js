// The daemon's time, which counts, and words for times. Shown in local time; the UTC is in the title.

let offset = 0;
export const clock = $state({ now: Date.now() });

export function tick() {
  clock.now = Date.now() + offset;
}
setInterval(tick, 500);

// What the daemon said its time was, just now.
export function setClock(rfc3339) {
  const at = ms(rfc3339);
  if (at === null) return;
  offset = at - Date.now();
  tick();
}

export const ms = (rfc3339) => (rfc3339 ? Date.parse(rfc3339) : null);

const sameDay = (a, b) => new Date(a).toDateString() === new Date(b).toDateString();
const two = (n) => String(n).padStart(2, '0');

export function timeText(at, seconds = true) {
  if (at === null) return '';
  const d = new Date(at);
  const time = `${two(d.getHours())}:${two(d.getMinutes())}${seconds ? ':' + two(d.getSeconds()) : ''}`;
  if (sameDay(at, clock.now)) return time;
  return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${time}`;
}

export const utcText = (at) => (at === null ? '' : new Date(at).toISOString().replace(/\.\d+Z$/, 'Z'));

// "52 min", "1 h 12 min", "9 s"
export function spanText(milliseconds) {
  const s = Math.max(0, Math.round(milliseconds / 1000));
  if (s < 100) return `${s} s`;
  if (s < 100 * 60) return s < 600 && s % 60 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.round(s / 60)} min`;
  const minutes = Math.round(s / 60);
  const h = Math.floor(minutes / 60);
  const min = minutes % 60;
  if (h < 48) return min ? `${h} h ${min} min` : `${h} h`;
  return `${Math.floor(h / 24)} d ${h % 24} h`;
}

export const secondsText = (seconds) =>
  seconds === null || seconds === undefined ? '' : seconds < 100 ? `${seconds.toFixed(1)} s` : spanText(seconds * 1000);
