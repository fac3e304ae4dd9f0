// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { ScrollMap } from './ScrollMap';

describe('a log that fits the height limit', () => {
  const map = new ScrollMap(1000, 18, 600);

  it('scrolls one to one', () => {
    expect(map.isScaled).toBe(false);
    expect(map.physicalHeight).toBe(18_000);
    expect(map.toLogical(1234)).toBe(1234);
    expect(map.toPhysical(1234)).toBe(1234);
  });

  it('renders the rows in view and the overscan, clipped to the log', () => {
    expect(map.window(1800, 5)).toEqual({ first: 95, end: 139 });
    expect(map.window(0, 5).first).toBe(0);
    expect(map.window(1e9, 5).end).toBe(1000);
  });

  it('knows its end within one row', () => {
    expect(map.isAtEnd(map.maxLogical - 18)).toBe(true);
    expect(map.isAtEnd(map.maxLogical - 19)).toBe(false);
  });
});

describe('a log of a million lines', () => {
  const map = new ScrollMap(1_000_000, 18, 600);

  it('stays below the height that browsers allow', () => {
    expect(map.isScaled).toBe(true);
    expect(map.physicalHeight).toBe(8_000_000);
  });

  it('maps both ends exactly', () => {
    expect(map.toLogical(0)).toBe(0);
    expect(map.toLogical(map.maxPhysical)).toBe(map.maxLogical);
    expect(map.toPhysical(map.maxLogical)).toBe(map.maxPhysical);
    expect(map.window(map.maxLogical, 0).end).toBe(1_000_000);
  });

  it('maps back and forth to the same row', () => {
    for (const row of [1, 499_999, 765_432, 999_000]) {
      const logical = map.toLogical(map.toPhysical(row * 18));
      expect(Math.round(logical / 18)).toBe(row);
    }
  });
});

it('a log shorter than the view does not scroll', () => {
  const map = new ScrollMap(3, 18, 600);

  expect(map.maxLogical).toBe(0);
  expect(map.clamp(500)).toBe(0);
  expect(map.isAtEnd(0)).toBe(true);
  expect(map.window(0, 10)).toEqual({ first: 0, end: 3 });
});
