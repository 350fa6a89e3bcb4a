// Who the daemon takes us for, and what we may do. Buttons are shown to those who may press them.
import { get } from './api.js';

export const me = $state({ name: '', scopes: ['read'] });

export async function learnMe() {
  try {
    const told = await get('/v1/whoami');
    me.name = told.name ?? '';
    me.scopes = told.scopes ?? ['read'];
  } catch {
    me.name = '';
    me.scopes = ['read'];
  }
}

// read < plan < apply < admin; approve stands beside them.
const ALLOWED_BY = { read: ['read', 'plan', 'apply', 'approve', 'admin'], plan: ['plan', 'apply', 'admin'], apply: ['apply', 'admin'], approve: ['approve', 'admin'] };

export const may = (scope) => ALLOWED_BY[scope].some((s) => me.scopes.includes(s));
