// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { builderHref, buildHref, forceHref, logHref, parseRoute, stepHref } from './routes';

const names = ['plain', 'a/b', '50%', '%2F', 'spaces and ü', 'q?x=1#y', '..', '7', '"quoted"'];

describe('addresses of a builder by name', () => {
  it.each(names)('%s survives the way through the address bar', (builder) => {
    expect(parseRoute(builderHref(builder))).toEqual({ page: 'builder', builder, force: null });
    expect(parseRoute(forceHref(builder, builder))).toEqual({
      page: 'builder',
      builder,
      force: builder,
    });
    expect(parseRoute(buildHref(builder, 3))).toEqual({
      page: 'build',
      builder,
      number: 3,
      step: null,
    });
    expect(parseRoute(logHref(builder, 3, 4, 'stdio'))).toMatchObject({ builder, slug: 'stdio' });
  });
});

describe('an address', () => {
  it.each([
    ['', { page: 'home' }],
    ['#/', { page: 'home' }],
    ['/builders', { page: 'builders' }],
    ['/builders/', { page: 'builders' }],
    ['/builders/7', { page: 'builder', builder: '7', force: null }],
    ['/builders/7/builds/12', { page: 'build', builder: '7', number: 12, step: null }],
    [stepHref(7, 12, 3), { page: 'build', builder: '7', number: 12, step: 3 }],
    ['/builders/7/builds/x', { page: 'notFound', path: '/builders/7/builds/x' }],
    ['/builders/7/builds', { page: 'notFound', path: '/builders/7/builds' }],
    ['/builders/7/force/a/b', { page: 'notFound', path: '/builders/7/force/a/b' }],
    ['/nowhere', { page: 'notFound', path: '/nowhere' }],
    ['/builders/100%', { page: 'notFound', path: '/builders/100%' }],
  ])('%s', (location, route) => {
    expect(parseRoute(location)).toEqual(route);
  });
});

describe('the position in a log', () => {
  const log = logHref(7, 12, 2, 'stdio');

  it.each([
    [log, null, false],
    [`${log}?L=120`, { first: 120, last: 120 }, false],
    [`${log}?L=120-140`, { first: 120, last: 140 }, false],
    [`${log}?L=140-120`, { first: 140, last: 140 }, false],
    [`${log}?scroll_to_line=9`, { first: 9, last: 9 }, false],
    [`${log}?scroll_to_line=end`, null, true],
    [`${log}?L=junk`, null, false],
  ])('%s', (location, lines, toEnd) => {
    expect(parseRoute(location)).toMatchObject({ page: 'log', step: '2', lines, toEnd });
  });
});
