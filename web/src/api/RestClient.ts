// SPDX-License-Identifier: MIT
import { ApiError, isAbort } from './ApiError';

export type Query = readonly (readonly [string, string | number | boolean])[];

/** Names in a REST path may hold any character. */
export const segment = encodeURIComponent;

/** Buildbot's REST v2 below the page's own address. */
export class RestClient {
  private nextId = 1;

  constructor(
    private readonly base: string,
    private readonly fetcher: typeof fetch,
  ) {}

  /** The rows under `key` of one GET. */
  async get<T>(key: string, path: string, query: Query, signal: AbortSignal): Promise<T[]> {
    const search = new URLSearchParams(query.map(([name, value]) => [name, String(value)]));
    const tail = query.length > 0 ? `?${search}` : '';
    const body = await this.request(path + tail, {
      headers: { Accept: 'application/json' },
      signal,
    });
    const rows = (body as Record<string, unknown>)[key];
    if (!Array.isArray(rows)) throw new ApiError(0, `answer to ${path} has no "${key}"`);
    return rows as T[];
  }

  async one<T>(key: string, path: string, query: Query, signal: AbortSignal): Promise<T> {
    const [row] = await this.get<T>(key, path, query, signal);
    if (row === undefined) throw new ApiError(404, `${path} not found`);
    return row;
  }

  /** A control: JSON-RPC by POST. */
  async control(path: string, method: string, params: object): Promise<unknown> {
    const id = this.nextId++;
    const body = await this.request(path, {
      method: 'POST',
      headers: { Accept: 'application/json', 'Content-Type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id, method, params }),
    });
    return (body as { result?: unknown }).result;
  }

  href(path: string): string {
    return `${this.base}api/v2/${path}`;
  }

  private async request(path: string, init: RequestInit): Promise<unknown> {
    let response: Response;
    try {
      response = await this.fetcher(this.href(path), init);
    } catch (error) {
      if (isAbort(error)) throw error;
      throw new ApiError(0, 'the server cannot be reached');
    }
    const text = await response.text();
    const body = parseJson(text);
    if (!response.ok) throw errorFrom(response, body);
    if (body === undefined) throw new ApiError(response.status, `answer to ${path} is not JSON`);
    return body;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Proxies and error pages answer with HTML: the caller reports the status instead.
    return undefined;
  }
}

function errorFrom(response: Response, body: unknown): ApiError {
  const fallback = `${response.status} ${response.statusText}`.trim();
  const error = (body as { error?: unknown } | undefined)?.error;
  if (typeof error === 'string') return new ApiError(response.status, error);
  const message = (error as { message?: unknown } | undefined)?.message;
  if (typeof message === 'string') return new ApiError(response.status, message);
  if (typeof message === 'object' && message !== null) {
    return new ApiError(response.status, 'some fields need attention', message as never);
  }
  return new ApiError(response.status, fallback);
}
