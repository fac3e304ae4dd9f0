// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import type { ForceField, ListField, NestedField, ValueField } from '../api/types';
import { forceParams, inputFields, isShown, keyOf, startValues } from './forceForm';

const base = {
  required: false,
  multiple: false,
  hide: false,
  maxsize: null,
  tooltip: '',
  tablabel: '',
};

function value(type: ValueField['type'], name: string, more: Partial<ValueField> = {}): ValueField {
  return { ...base, type, name, fullName: name, label: name, default: '', ...more };
}

function list(name: string, more: Partial<ListField> = {}): ListField {
  const choices = ['x', 'y'];
  return {
    ...base,
    type: 'list',
    name,
    fullName: name,
    label: name,
    default: 'y',
    choices,
    strict: true,
    ...more,
  };
}

function group(fields: ForceField[]): NestedField {
  return {
    ...base,
    type: 'nested',
    name: '',
    fullName: null,
    label: '',
    default: '',
    layout: 'vertical',
    columns: 1,
    fields,
  };
}

describe('start values', () => {
  it.each<[string, ForceField, unknown]>([
    ['text', value('text', 'f', { default: 'abc' }), 'abc'],
    ['a number as text', value('int', 'f', { default: 7 }), '7'],
    ['a null default', value('text', 'f', { default: null }), ''],
    ['a switch', value('bool', 'f', { default: true }), true],
    ['a choice', list('f'), 'y'],
    ['a strict choice whose default does not exist', list('f', { default: 'z' }), 'x'],
    ['a free choice', list('f', { default: 'z', strict: false }), 'z'],
    ['several choices', list('f', { multiple: true, default: ['x', 'y'] }), ['x', 'y']],
    ['several choices, one default', list('f', { multiple: true, default: 'x' }), ['x']],
    ['several choices, none', list('f', { multiple: true, default: null }), []],
  ])('%s', (_name, field, expected) => {
    expect(startValues([field])).toEqual({ f: expected });
  });

  it('of groups are found by their full names', () => {
    const fields = [group([value('text', 'inner', { fullName: 'opt_inner' })])];

    expect(inputFields(fields).map(keyOf)).toEqual(['opt_inner']);
  });
});

describe('what is sent', () => {
  const fields = [
    group([value('username', 'username'), value('text', 'reason', { default: 'why' })]),
    value('fixed', 'origin', { default: 'browser' }),
    value('text', 'secret', { hide: true, default: 'h' }),
    value('bool', 'clean', { default: false }),
  ];

  it('leaves fixed and hidden fields to the server', () => {
    expect(forceParams(fields, startValues(fields), 4, false)).toEqual({
      builderid: 4,
      username: '',
      reason: 'why',
      clean: false,
    });
  });

  it('has no user name when somebody is logged in', () => {
    expect(forceParams(fields, startValues(fields), 4, true)).not.toHaveProperty('username');
  });

  it('a group with nothing to show is not shown', () => {
    expect(isShown(group([value('username', 'username')]), true)).toBe(false);
    expect(isShown(group([value('username', 'username')]), false)).toBe(true);
  });
});
