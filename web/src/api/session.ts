import type { Actor } from '../../../src/model/access.ts';
import { isUnauthorised, request, requestJson } from './http.ts';

// The pages wait for this answer before they show anything.
const PATIENCE_MS = 4_000;

/** Who is signed in; null when nobody is. */
export async function fetchSession(signal?: AbortSignal): Promise<Actor | null> {
  try {
    return await requestJson<Actor>('/api/session', { signal, patienceMs: PATIENCE_MS });
  } catch (error) {
    if (isUnauthorised(error)) return null;
    throw error;
  }
}

/** Exchanges a login code or a token for a session cookie. Rejects with `login-invalid` for a wrong one. */
export async function logIn(proof: { readonly code: string } | { readonly token: string }): Promise<void> {
  await request('/api/login', { method: 'POST', body: proof });
}
