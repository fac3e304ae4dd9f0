// SPDX-License-Identifier: MIT
/** 16 px line icons; decorative, the text beside them carries the meaning. */
const paths = {
  check: 'M3.5 8.5l3 3 6-7',
  cross: 'M4 4l8 8M12 4l-8 8',
  alert: 'M8 2.5l6 11H2zM8 6.5v3.2M8 11.6v.2',
  bolt: 'M9 1.8L3.8 9H8l-1 5.2L12.2 7H8z',
  minus: 'M3.5 8h9',
  retry: 'M13 8a5 5 0 1 1-1.6-3.7M13 2.5v2.8h-2.8',
  stop: 'M4.5 4.5h7v7h-7z',
  dots: 'M3.5 8h.1M8 8h.1M12.5 8h.1',
  clock: 'M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zM8 5v3.2l2 1.3',
  home: 'M2.5 7.5L8 3l5.5 4.5M4 6.7V13h8V6.7',
  list: 'M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.1M2.5 8h.1M2.5 12h.1',
  menu: 'M2.5 4.5h11M2.5 8h11M2.5 11.5h11',
  chevron: 'M6 3.5L10.5 8 6 12.5',
  link: 'M6.8 9.2a2.4 2.4 0 0 0 3.4 0l2.3-2.3a2.4 2.4 0 0 0-3.4-3.4l-.7.7M9.2 6.8a2.4 2.4 0 0 0-3.4 0L3.5 9.1a2.4 2.4 0 0 0 3.4 3.4l.7-.7',
  download: 'M8 2.5v7.5M4.8 7L8 10.2 11.2 7M3 13.2h10',
  expand: 'M9.5 2.5h4v4M13.5 2.5L9 7M6.5 13.5h-4v-4M2.5 13.5L7 9',
  up: 'M8 13V4M4.5 7.2L8 3.7l3.5 3.5',
  down: 'M8 3v9M4.5 8.8L8 12.3l3.5-3.5',
  play: 'M5 3.2l7.5 4.8L5 12.8z',
  search: 'M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4zM10.2 10.2l3.3 3.3',
  user: 'M8 8.2a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM3 13.4c.6-2.3 2.6-3.4 5-3.4s4.4 1.1 5 3.4',
  left: 'M10 3.5L5.5 8l4.5 4.5',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, class: extra }: { name: IconName; class?: string }) {
  return (
    <svg class={`icon ${extra ?? ''}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
