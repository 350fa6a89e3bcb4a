// The stream of numbered events. A view first takes a snapshot, when the stream is open, and then hears what changes.
// After a break the stream goes on behind the last number; what was shown until then is marked as stale.
import { headers, get } from './api.js';
import { clock, setClock } from './clock.svelte.js';

const QUIET_MS = 40_000; // the daemon says something every 15 s
const RETRY_MS = 1_000;

export const live = $state({ state: 'connecting', heard: null, why: '' });

let last = null;
const readers = new Set();

// `reader({reset, began, events})`: reset when a whole new snapshot is due, as at first; began: what was known is void.
export function follow(reader) {
  readers.add(reader);
  reader({ reset: true, began: false, events: [] });
  return () => readers.delete(reader);
}

function tell(news) {
  for (const reader of readers) reader(news);
}

function frameOf(text) {
  const out = { id: null, data: null };
  for (const line of text.split('\n')) {
    if (line.startsWith('id: ')) out.id = Number(line.slice(4));
    if (line.startsWith('data: ')) out.data = JSON.parse(line.slice(6));
  }
  return out;
}

async function read(response, heard) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    heard();
    const parts = (text + value).split('\n\n');
    text = parts.pop();
    const events = [];
    for (const frame of parts.map(frameOf)) {
      if (frame.data) events.push(frame.data);
      if (frame.id !== null) last = frame.id;
    }
    if (events.length) tell({ reset: false, began: false, events });
  }
}

async function once() {
  const abort = new AbortController();
  let watch = setTimeout(() => abort.abort(), QUIET_MS);
  const heard = () => {
    live.heard = clock.now;
    clearTimeout(watch);
    watch = setTimeout(() => abort.abort(), QUIET_MS);
  };
  try {
    const resume = last === null ? {} : { 'Last-Event-ID': String(last) };
    const response = await fetch('/v1/events', { headers: headers(resume), signal: abort.signal, cache: 'no-store' });
    if (response.status === 410) {
      last = null;
      live.why = 'the daemon has forgotten what was here: taking it anew';
      return;
    }
    if (!response.ok) {
      const problem = await response.json().catch(() => ({}));
      live.state = response.status === 401 || response.status === 403 ? 'refused' : 'stale';
      live.why = problem.detail ?? `the daemon answered ${response.status}`;
      return;
    }
    const began = last === null;
    setClock((await get('/v1/health')).now);
    heard();
    live.state = 'live';
    live.why = '';
    // After a break, too: views that poll what has no events are refreshed by it.
    tell({ reset: true, began, events: [] });
    await read(response, heard);
  } catch {
    live.why = 'no connection to the daemon';
  } finally {
    clearTimeout(watch);
    abort.abort();
  }
}

export async function keepLive() {
  for (;;) {
    await once();
    if (live.state !== 'refused') live.state = 'stale';
    await new Promise((go) => setTimeout(go, RETRY_MS));
  }
}
