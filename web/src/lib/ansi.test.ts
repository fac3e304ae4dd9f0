// SPDX-License-Identifier: MIT
import { describe, expect, it } from 'vitest';
import { applySgr, cssColor, parseAnsiLine, plainStyle, type SgrState } from './ansi';

const ESC = '\u001b';

/** `text{fg,bg,flags}` per span, so that a case reads in one line. */
function shown(line: string, start: SgrState = plainStyle): string {
  return parseAnsiLine(line, start)
    .spans.map(({ text, style, href }) => {
      const flags = Object.entries(style)
        .filter(([, value]) => value === true)
        .map(([name]) => name);
      const colours = [
        style.fg === null ? '' : `fg${style.fg}`,
        style.bg === null ? '' : `bg${style.bg}`,
      ];
      const marks = [...colours, ...flags, href === null ? '' : `->${href}`].filter(Boolean);
      return marks.length > 0 ? `${text}{${marks.join(',')}}` : text;
    })
    .join('|');
}

describe('a log line', () => {
  it.each([
    ['plain text', 'hello', 'hello'],
    ['an empty line', '', ''],
    ['a base colour and reset', `a${ESC}[31mb${ESC}[0mc`, 'a|b{fg1}|c'],
    ['an empty SGR as reset', `${ESC}[32mb${ESC}[mc`, 'b{fg2}|c'],
    ['bright colours', `${ESC}[91mx${ESC}[104my`, 'x{fg9}|y{fg9,bg12}'],
    ['several codes at once', `${ESC}[1;4;33;44mx`, 'x{fg3,bg4,bold,underline}'],
    ['256 colours', `${ESC}[38;5;208mx${ESC}[48;5;17my`, 'x{fg208}|y{fg208,bg17}'],
    ['true colour', `${ESC}[38;2;255;128;0mx`, 'x{fg#ff8000}'],
    ['colons as separators', `${ESC}[38:5:9mx`, 'x{fg9}'],
    ['codes after an extended colour', `${ESC}[38;5;9;1mx`, 'x{fg9,bold}'],
    ['flags switched off', `${ESC}[1;3;9mx${ESC}[22;23;29my`, 'x{bold,italic,strike}|y'],
    ['default colours', `${ESC}[31;41mx${ESC}[39;49my`, 'x{fg1,bg1}|y'],
    ['a colour index out of range', `${ESC}[38;5;999mx`, 'x'],
    ['a carriage return before text', 'progress 10%\rprogress 99%', 'progress 99%'],
    ['a carriage return at the end', 'done\r', 'done'],
    ['a carriage return between escapes', `10%\r${ESC}[32m20%`, '20%{fg2}'],
    ['erase line', `garbage${ESC}[2Kclean`, 'clean'],
    ['cursor movements', `a${ESC}[2Ab${ESC}[10;5Hc`, 'abc'],
    ['a window title', `${ESC}]0;title\u0007text`, 'text'],
    [
      'a link',
      `${ESC}]8;;https://x.test/\u0007doc${ESC}]8;;\u0007 end`,
      'doc{->https://x.test/}| end',
    ],
    [
      'a link ended by ST',
      `${ESC}]8;;http://x.test${ESC}\\d${ESC}]8;;${ESC}\\`,
      'd{->http://x.test}',
    ],
    ['a link with a script', `${ESC}]8;;javascript:alert(1)\u0007doc`, 'doc'],
    ['a charset choice', `${ESC}(Btext`, 'text'],
    ['other control characters', 'a\u0007b\u0000c\td', 'abc\td'],
    ['an unfinished sequence', `text${ESC}[3`, 'text3'],
    ['a lonely escape', `text${ESC}`, 'text'],
  ])('with %s', (_name, line, expected) => {
    expect(shown(line)).toBe(expected);
  });

  it('starts in the state the line before ended in', () => {
    const { end } = parseAnsiLine(`${ESC}[1;31mopen`, plainStyle);

    expect(shown('next', end)).toBe('next{fg1,bold}');
  });

  it('never throws and never loses printable text, whatever the bytes', () => {
    const alphabet = [ESC, '[', ']', ';', '3', '8', '5', 'm', 'K', 'x', '\u0007', '\\', '2', ':'];
    let seed = 7;
    const next = (limit: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return seed % limit;
    };
    for (let round = 0; round < 3000; round += 1) {
      const noise = Array.from({ length: next(24) }, () => alphabet[next(alphabet.length)]).join(
        '',
      );
      const { spans } = parseAnsiLine(`${noise}\u0007${ESC}\\${ESC}[0mEND`, plainStyle);
      expect(spans.map((span) => span.text).join('')).toMatch(/END$/);
    }
  });
});

describe('SGR', () => {
  it('returns the same object when nothing changes', () => {
    expect(applySgr(plainStyle, '39;0')).toBe(plainStyle);
  });
});

describe('a palette colour', () => {
  it.each([
    [3, 'var(--ansi-3)'],
    [16, 'rgb(0 0 0)'],
    [196, 'rgb(255 0 0)'],
    [231, 'rgb(255 255 255)'],
    [232, 'rgb(8 8 8)'],
    [255, 'rgb(238 238 238)'],
    ['#102030', '#102030'],
  ])('%s becomes %s', (color, css) => {
    expect(cssColor(color)).toBe(css);
  });
});
