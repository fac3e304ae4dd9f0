// SPDX-License-Identifier: MIT
/** Values of a force dialog: what it starts with and what is sent. */
import type { ForceField, ListField, ValueField } from '../api/types';

export type InputField = ValueField | ListField;
export type FormValue = string | boolean | string[];
export type FormValues = Record<string, FormValue>;

/** The fields that hold a value, without the groups around them. */
export function inputFields(fields: readonly ForceField[]): InputField[] {
  return fields.flatMap((field) => (field.type === 'nested' ? inputFields(field.fields) : [field]));
}

export function keyOf(field: InputField): string {
  return field.fullName ?? field.name;
}

/** Text of a default of any type: numbers and null occur. */
function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function startValue(field: InputField): FormValue {
  if (field.type === 'bool') return field.default === true;
  if (field.type === 'list' && field.multiple) {
    if (Array.isArray(field.default)) return field.default.map(asText);
    return field.default === '' || field.default === null ? [] : [asText(field.default)];
  }
  if (field.type === 'list' && field.strict && !field.choices.includes(asText(field.default))) {
    return field.choices[0] ?? '';
  }
  return asText(field.default);
}

/** A logged-in user needs no name field: the server takes it from the session. */
export function isShown(field: ForceField, isLoggedIn: boolean): boolean {
  if (field.hide) return false;
  if (field.type === 'username') return !isLoggedIn;
  if (field.type === 'nested') return field.fields.some((inner) => isShown(inner, isLoggedIn));
  return true;
}

export function startValues(fields: readonly ForceField[]): FormValues {
  return Object.fromEntries(inputFields(fields).map((field) => [keyOf(field), startValue(field)]));
}

/** Parameters of the `force` control; hidden and fixed fields keep the server's own values. */
export function forceParams(
  fields: readonly ForceField[],
  values: FormValues,
  builderid: number,
  isLoggedIn: boolean,
): Record<string, unknown> {
  const params: Record<string, unknown> = { builderid };
  for (const field of inputFields(fields)) {
    if (field.type === 'fixed' || !isShown(field, isLoggedIn)) continue;
    params[keyOf(field)] = values[keyOf(field)];
  }
  return params;
}
