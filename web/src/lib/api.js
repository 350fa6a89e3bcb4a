// Requests to the daemon. A token comes in the address (#token=...) once, lives as long as the tab, and is sent as a header.

const KEY = 'tutti-token';

export function takeToken() {
  const found = /(?:^#|&)token=([^&]+)/.exec(location.hash);
  if (!found) return;
  setToken(decodeURIComponent(found[1]));
  history.replaceState(null, '', location.pathname + '#/');
}

export function setToken(token) {
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
}

export function headers(more = {}) {
  const token = sessionStorage.getItem(KEY);
  return token ? { Authorization: `Bearer ${token}`, ...more } : more;
}

// What went wrong, as the daemon says it (RFC 9457).
class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || `the daemon answered ${status}`);
    this.status = status;
    this.code = problem.code ?? '';
    this.where = problem.where ?? '';
    this.remedy = problem.remedy ?? '';
  }
}

async function refusal(response) {
  const problem = await response.json().catch(() => ({}));
  return new Refusal(response.status, problem);
}

export async function request(method, path, body, more = {}) {
  const options = { method, headers: headers(more) };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers['Content-Type'] = 'application/json';
  }
  if (method === 'POST') options.headers['Idempotency-Key'] = crypto.randomUUID();
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Refusal(0, { detail: 'the daemon does not answer', remedy: 'is it running? The page tries again by itself' });
  }
  if (!response.ok) throw await refusal(response);
  return response;
}

export const get = async (path) => (await request('GET', path)).json();
export const send = async (method, path, body, more) => (await request(method, path, body, more)).json();
export const zonePath = (zone, rest = '') => `/v1/zones/${encodeURIComponent(zone)}${rest}`;

// An image behind the token: as an address that an <img> can show, to be revoked by the caller.
export async function pictureUrl(path) {
  const response = await request('GET', path);
  return URL.createObjectURL(await response.blob());
}
