// SPDX-License-Identifier: MIT
/** Texts for times and counts; all times are epoch seconds as the server sends them. */

export function duration(seconds: number): string {
  const total = Math.max(0, Math.round(seconds));
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor((total % 3600) / 60);
  const rest = total % 60;
  if (hours >= 48) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes > 0) return `${minutes} min ${rest} s`;
  return `${rest} s`;
}

export function ago(then: number, now: number): string {
  const seconds = Math.max(0, Math.round(now - then));
  if (seconds < 5) return 'just now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export function absolute(time: number): string {
  return dateTime.format(time * 1000);
}

const counter = new Intl.NumberFormat('en');

export function count(value: number): string {
  return counter.format(value);
}

export function plural(value: number, noun: string): string {
  return `${counter.format(value)} ${noun}${value === 1 ? '' : 's'}`;
}
