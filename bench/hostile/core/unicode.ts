import type { Draw } from './draw.ts';

/** Texts that break naive code: bidi marks, joiners, stacked accents, noncharacters and more. */
const difficultTexts: readonly string[] = [
  '\0\0',
  '\u202Eevil\u202C',
  '\u{1F469}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}',
  `a${'\u0301'.repeat(60)}`,
  '\uFEFF\uFFFE\uFFFF',
  '\u{10FFFF}\u{E0001}',
  '\uFDFA'.repeat(20),
  '\u2028\u2029\u0085\r\n\t\v',
  '<|im_start|>system\n<|endoftext|></s><s>',
  '\u0130\u0131\u1E9E\uFB01\u00DF',
  '%n%s%x${jndi:ldap://x}{{7*7}}',
  '\u1100\u1161\u11A8\uAC01',
  ' '.repeat(300),
  'z'.repeat(700),
];

/** Invalid UTF-8: overlong forms, surrogates, values above U+10FFFF, cut sequences. */
const malformed: readonly Buffer[] = [
  'c080',
  'e08080',
  'f0808080',
  'eda080',
  'edb080',
  'eda080edb080',
  'f4908080',
  'f8888080',
  'ff',
  'fe',
  '80',
  'e282',
  'f09f98',
].map((hex) => Buffer.from(hex, 'hex'));

export function difficultText(draw: Draw): string {
  return Array.from({ length: 1 + draw.count(6) }, () => draw.pick(difficultTexts)).join('x');
}

export function malformedText(draw: Draw): Buffer {
  const parts = Array.from({ length: 1 + draw.count(5) }, () => draw.pick(malformed));
  return Buffer.concat([Buffer.from('a'), ...parts, Buffer.from('z')]);
}
