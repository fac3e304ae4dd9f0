// SPDX-License-Identifier: MIT
/** The page addresses after `#`. Builders are named by id or by name. */

/** A line or range of lines, counted from 1 as shown in the gutter. */
export interface LineRange {
  first: number;
  last: number;
}

export type Route =
  | { page: 'home' }
  | { page: 'builders' }
  | { page: 'builder'; builder: string; force: string | null }
  | { page: 'build'; builder: string; number: number; step: number | null }
  | {
      page: 'log';
      builder: string;
      number: number;
      step: string;
      slug: string;
      lines: LineRange | null;
      toEnd: boolean;
    }
  | { page: 'notFound'; path: string };

export function parseRoute(location: string): Route {
  const [address = '', anchor = ''] = location.replace(/^#/, '').split('#', 2);
  const [path = '', query = ''] = address.split('?', 2);
  const notFound: Route = { page: 'notFound', path };
  const parts = decodeParts(path);
  if (!parts) return notFound;
  if (parts.length === 0) return { page: 'home' };
  const [root, builder, ...rest] = parts;
  if (root !== 'builders') return notFound;
  if (builder === undefined) return { page: 'builders' };
  return builderRoute(builder, rest, new URLSearchParams(query), anchor) ?? notFound;
}

function builderRoute(
  builder: string,
  rest: string[],
  query: URLSearchParams,
  anchor: string,
): Route | null {
  const [kind, id, steps, step, logs, slug] = rest;
  if (kind === undefined) return { page: 'builder', builder, force: null };
  if (id === undefined) return null;
  if (kind === 'force' && rest.length === 2) return { page: 'builder', builder, force: id };
  if (kind !== 'builds' || !/^\d+$/.test(id)) return null;
  const number = Number(id);
  if (steps === undefined) return { page: 'build', builder, number, step: stepOf(anchor) };
  if (steps !== 'steps' || logs !== 'logs' || rest.length !== 6) return null;
  if (step === undefined || slug === undefined) return null;
  return { page: 'log', builder, number, step, slug, ...logPosition(query) };
}

function stepOf(anchor: string): number | null {
  const match = /^bb-step-(\d+)$/.exec(anchor);
  return match ? Number(match[1]) : null;
}

function logPosition(query: URLSearchParams): { lines: LineRange | null; toEnd: boolean } {
  // scroll_to_line is what links of Buildbot 3 carry.
  const text = query.get('L') ?? query.get('scroll_to_line') ?? '';
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (!match) return { lines: null, toEnd: text === 'end' };
  const first = Math.max(1, Number(match[1]));
  const last = match[2] === undefined ? first : Math.max(first, Number(match[2]));
  return { lines: { first, last }, toEnd: false };
}

function decodeParts(path: string): string[] | null {
  try {
    const parts = path.split('/').map(decodeURIComponent);
    while (parts[0] === '') parts.shift();
    while (parts[parts.length - 1] === '') parts.pop();
    return parts;
  } catch {
    // A stray "%" in a hand-typed address: no such page.
    return null;
  }
}

const part = encodeURIComponent;

export const homeHref = '#/';
export const buildersHref = '#/builders';

export function builderHref(builder: string | number): string {
  return `#/builders/${part(builder)}`;
}

export function forceHref(builder: string | number, scheduler: string): string {
  return `${builderHref(builder)}/force/${part(scheduler)}`;
}

export function buildHref(builder: string | number, number: number): string {
  return `${builderHref(builder)}/builds/${number}`;
}

/** A build's page at one of its steps. */
export function stepHref(builder: string | number, number: number, step: number): string {
  return `${buildHref(builder, number)}#bb-step-${step}`;
}

export function logHref(
  builder: string | number,
  number: number,
  step: string | number,
  slug: string,
): string {
  return `${buildHref(builder, number)}/steps/${part(step)}/logs/${part(slug)}`;
}
