// From versions to rows of bars: what was served when, and how long caches may hold it.
import { ms } from './clock.svelte.js';

const TRACKS = [
  ['ds', 'DS'],
  ['ns', 'NS'],
  ['dnskey', 'DNSKEY'],
  ['data', 'signatures'],
  ['cds', 'CDS'],
];
const EVER = Infinity;
const SAME_MS = 5; // the API cuts times to milliseconds

// What caches may hold now, or could be served: as the API tells it.
function living(v) {
  return {
    track: v.track,
    at: v.at,
    content: v.content ?? [],
    signedBy: v.signed_by ?? [],
    from: ms(v.from) ?? -EVER,
    until: ms(v.until) ?? EVER,
    gone: ms(v.alive_until) ?? EVER,
    ttl: v.ttl,
    current: v.current,
    pending: v.pending && !v.until,
    unknown: v.unknown,
  };
}

// What no cache can hold any more: from the events that told of its end.
function past(event, now) {
  const v = event.detail;
  if (event.kind !== 'version' || !v || v.until === null || v.until === undefined) return null;
  const until = v.until * 1000;
  const gone = until + (v.ttl ?? 0) * 1000;
  if (gone > now) return null;
  return {
    track: v.track.replace(/-.*/, ''),
    at: v.signer || 'parent',
    content: v.content ?? [],
    signedBy: v.signed_by ?? [],
    from: v.from === null ? -EVER : v.from * 1000,
    until,
    gone,
    ttl: v.ttl,
    current: false,
    pending: false,
    unknown: false,
  };
}

// That no CDS is published is nothing to look at.
const shown = (v) => !(v.track === 'cds' && v.content.length === 0 && v.gone === EVER);

export function bars(timeline, events, now) {
  const alive = (timeline?.versions ?? []).map(living).filter(shown);
  const dead = new Map();
  for (const e of events) {
    const v = past(e, now);
    const known = v && alive.some((x) => x.track === v.track && x.at === v.at && Math.abs(x.until - v.until) < SAME_MS);
    if (v && !known) dead.set(`${v.track} ${v.at} ${v.from} ${v.content}`, v);
  }
  return [...dead.values(), ...alive];
}

// All of a trace (tutti-trace/1).
export function traced(trace) {
  return trace.tracks
    .filter((t) => t.track !== 'down')
    .flatMap((t) => t.versions.map((v) => ({
      track: t.track.replace(/-.*/, ''),
      at: t.signer || 'parent',
      content: v.content ?? [],
      signedBy: v.signed_by ?? [],
      from: v.from < trace.start ? -EVER : v.from * 1000,
      until: v.until === null ? EVER : v.until * 1000,
      gone: v.until === null ? EVER : (v.until + v.ttl) * 1000,
      ttl: v.ttl,
      current: v.until === null,
      pending: false,
      unknown: false,
    })));
}

const same = (v, w) => v.track === w.track && v.at === w.at && v.from === w.from && String(v.content) === String(w.content);

// What is waited for: version -> when the wait for it ends. A version that is still served ends as well, when nobody asks
// that server any more.
export function bindingOf(reasons, all) {
  const out = new Map();
  for (const r of reasons) {
    const until = ms(r.until);
    if (until === null || !r.awaits) continue;
    const named = { ...r.awaits, from: ms(r.awaits.from) ?? -EVER };
    const version = all.find((v) => same(v, named));
    if (version && !out.has(version)) out.set(version, until);
  }
  return out;
}

// What is planned, beside what is: versions to come, and when those that are served will end.
export function withPlan(all, plan) {
  const then = (plan?.versions ?? []).map(living);
  const begun = all.map((v) => {
    const twin = v.until === EVER && !v.pending && then.find((w) => w.until !== EVER && same(v, w));
    return twin ? { ...v, planned: { until: twin.until, gone: twin.gone } } : v;
  });
  const now = ms(plan?.now);
  return [...begun, ...then.filter((v) => v.from >= now && v.until > v.from && shown(v)).map((v) => ({ ...v, toCome: true }))];
}

function lanesOf(list) {
  const ends = [];
  return list
    .sort((a, b) => a.from - b.from || a.gone - b.gone)
    .map((v) => {
      let lane = ends.findIndex((end) => end <= v.from);
      if (lane < 0) lane = ends.length;
      ends[lane] = v.planned?.gone ?? v.gone;
      return { ...v, version: v, lane };
    });
}

// [{place, tracks: [{name, lanes, bars}]}]: the parent first, since the chain begins there.
export function rows(all, places) {
  return ['parent', ...places]
    .map((place) => ({
      place,
      tracks: TRACKS.map(([track, name]) => {
        const list = lanesOf(all.filter((v) => v.at === place && v.track === track));
        return { track, name, bars: list, lanes: Math.max(0, ...list.map((b) => b.lane + 1)) };
      }).filter((t) => t.bars.length),
    }))
    .filter((p) => p.tracks.length);
}

// What is in sight of it: {t0, t1}, or null.
export function windowOf(choice, all, waits, transition, now) {
  const ends = [...all.map((v) => v.planned?.gone ?? v.gone).filter((t) => t !== EVER), ...waits];
  const ttl = Math.max(10, ...all.map((v) => v.ttl ?? 0)) * 1000;
  const last = Math.max(now, ...ends);
  const begins = all.map((v) => v.from).filter((t) => t !== -EVER);
  let t0 = now - ttl;
  if (choice === 'change' && transition) t0 = ms(transition.started);
  if (choice === 'hour') t0 = now - 3_600_000;
  if (choice === 'day') t0 = now - 86_400_000;
  if (choice === 'all') t0 = Math.min(now - ttl, ...begins);
  const t1 = Math.max(last, now + 0.1 * (now - t0));
  const margin = Math.max(1000, 0.03 * (t1 - t0));
  return { t0: t0 - margin, t1: t1 + margin };
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000];

export function ticks({ t0, t1 }, most = 8) {
  const step = 1000 * (STEPS.find((s) => (t1 - t0) / (s * 1000) <= most) ?? 2592000);
  const zone = new Date(t0).getTimezoneOffset() * 60_000;
  const out = [];
  const edge = 0.03 * (t1 - t0); // where a time would not fit
  for (let t = Math.ceil((t0 + edge - zone) / step) * step + zone; t <= t1 - edge; t += step) out.push(t);
  return { step, at: out };
}
