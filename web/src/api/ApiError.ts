// SPDX-License-Identifier: MIT
/** A request the server refused, or that never got an answer (`status` 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Validation errors by field name, when the server named fields. */
    readonly fields: Record<string, string> = {},
  ) {
    super(message);
    this.name = 'ApiError';
  }

  get isNotFound(): boolean {
    return this.status === 404;
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}

export function messageOf(error: unknown): string {
  if (error instanceof ApiError && error.status === 403) {
    return `you are not allowed to do this (${error.message})`;
  }
  return error instanceof Error ? error.message : String(error);
}
