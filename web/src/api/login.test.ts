// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { ApiError, messageOf } from './ApiError';
import { logIn, logOut } from './login';

function answering(response: Response) {
  const asked: { url: string; init: RequestInit | undefined }[] = [];
  const fetcher: typeof fetch = (url, init) => {
    asked.push({ url: url as string, init });
    return Promise.resolve(response);
  };
  return { asked, fetcher };
}

describe('logIn', () => {
  it('sends the credentials as JSON below the page', async () => {
    const { asked, fetcher } = answering(Response.json({ user: { username: 'ann' } }));

    await logIn('http://ci/x/', 'ann', 'pä:ss', fetcher);

    expect(asked[0]?.url).toBe('http://ci/x/auth/login');
    expect(JSON.parse(asked[0]?.init?.body as string)).toEqual({
      username: 'ann',
      password: 'pä:ss',
    });
  });

  it("tells the server's reason", async () => {
    const { fetcher } = answering(
      Response.json({ error: 'the password is wrong' }, { status: 401 }),
    );

    await expect(logIn('/', 'ann', 'x', fetcher)).rejects.toThrow('the password is wrong');
  });

  it('tells the status when there is no reason', async () => {
    const { fetcher } = answering(
      new Response('<html>', { status: 502, statusText: 'Bad Gateway' }),
    );

    await expect(logIn('/', 'ann', 'x', fetcher)).rejects.toThrow(
      'the login failed: 502 Bad Gateway',
    );
  });

  it('tells that nobody answers', async () => {
    const broken = () => Promise.reject(new TypeError('network'));

    await expect(logIn('/', 'ann', 'x', broken)).rejects.toThrow('cannot be reached');
  });
});

describe('logOut', () => {
  it('takes a redirect as done and nothing else', async () => {
    const redirect = { ok: false, type: 'opaqueredirect', status: 0 } as Response;
    await logOut('/', answering(redirect).fetcher);

    const refused = answering(new Response('', { status: 500 }));
    await expect(logOut('/', refused.fetcher)).rejects.toThrow('500');
  });
});

describe('messageOf', () => {
  it('says of a 403 that it is about permissions', () => {
    expect(messageOf(new ApiError(403, "you need to have role 'admins'"))).toBe(
      "you are not allowed to do this (you need to have role 'admins')",
    );
    expect(messageOf(new ApiError(500, 'broken'))).toBe('broken');
  });
});
