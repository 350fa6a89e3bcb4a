// The order and the words of the list of zones.

const RANK = { blocked: 1, act: 2, wait: 3, new: 4, done: 5 };

const urgency = (z) => (z.alarms > 0 ? 0 : (RANK[z.state] ?? 4));

export function compareZones(a, b) {
  return urgency(a) - urgency(b) || (a.zone < b.zone ? -1 : a.zone > b.zone ? 1 : 0);
}

// What a zone counts as in the filters; it may be several.
export function kindsOf(z) {
  const out = [z.state];
  if (z.alarms > 0) out.push('alarm');
  if (z.paused) out.push('paused');
  if (z.mode === 'manual') out.push('manual');
  return out;
}

export const STATES = {
  alarm: { sign: '▲', word: 'alarm', means: 'something is unsafe or odd right now' },
  blocked: { sign: '■', word: 'blocked', means: 'somebody must act' },
  act: { sign: '▸', word: 'acts', means: 'a change is being made' },
  wait: { sign: '◔', word: 'waits', means: 'until caches have forgotten, or servers show, something' },
  new: { sign: '○', word: 'new', means: 'not looked at yet' },
  done: { sign: '✓', word: 'done', means: 'everything is as wanted' },
  paused: { sign: '‖', word: 'paused', means: 'nothing is changed until it is resumed' },
  manual: { sign: '✋', word: 'manual', means: 'one decision at a time, by hand' },
};

export const sameSet = (a, b) => a.length === b.length && a.every((x) => b.includes(x));

export const together = (signers) => (signers.length ? signers.join(' + ') : 'nobody');

// "blue → blue + green" while it changes, "blue + green" when it is settled.
export function whoSigns(z) {
  if (!z.settled || !z.settled.length || sameSet(z.settled, z.members)) return together(z.members);
  return `${together(z.settled)} → ${together(z.members)}`;
}
