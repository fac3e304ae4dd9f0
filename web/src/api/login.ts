// SPDX-License-Identifier: MIT
import { ApiError } from './ApiError';

/** Makes the browser's session that of the user; the cookie is out of reach of scripts. */
export async function logIn(
  base: string,
  username: string,
  password: string,
  fetcher: typeof fetch,
): Promise<void> {
  const response = await answered(() =>
    fetcher(`${base}auth/login`, {
      method: 'POST',
      headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
      body: JSON.stringify({ username, password }),
    }),
  );
  if (!response.ok) throw new ApiError(response.status, await reason(response));
}

export async function logOut(base: string, fetcher: typeof fetch): Promise<void> {
  // The answer is a redirect to the address the master knows of itself, which may be another one.
  const response = await answered(() => fetcher(`${base}auth/logout`, { redirect: 'manual' }));
  if (!response.ok && response.type !== 'opaqueredirect') {
    throw new ApiError(response.status, `the logout failed: ${response.status}`);
  }
}

async function answered(ask: () => Promise<Response>): Promise<Response> {
  try {
    return await ask();
  } catch {
    throw new ApiError(0, 'the server cannot be reached');
  }
}

async function reason(response: Response): Promise<string> {
  const fallback = `the login failed: ${response.status} ${response.statusText}`.trim();
  try {
    const { error } = (await response.json()) as { error?: unknown };
    return typeof error === 'string' ? error : fallback;
  } catch {
    // A proxy's page.
    return fallback;
  }
}
