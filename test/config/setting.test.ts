import { expect, test } from '@jest/globals';
import {
  choiceSetting,
  countSetting,
  flagOf,
  optionalSetting,
  textSetting,
  variableOf,
} from '../../src/config/setting.ts';

const host = { cores: 4, devices: [] };

test('the name of a setting gives its variable and its flag', () => {
  expect([variableOf('tokenBudget'), flagOf('tokenBudget')]).toEqual([
    'SLMRANK_TOKEN_BUDGET',
    '--token-budget',
  ]);
});

test('a default may depend on the host and is then described in words', () => {
  const setting = textSetting(
    { default: { text: 'cores', of: ({ cores }) => String(cores) }, bounds: 'any', why: '' },
    Number,
  );
  expect([setting.defaultText, setting.byDefault(host)]).toEqual(['cores', '4']);
});

test('a count accepts whole numbers within its bounds', () => {
  const setting = countSetting([2, 10], { unit: 'threads', default: '2', why: '' });
  expect([setting.parse('2'), setting.parse('10')]).toEqual([2, 10]);
  for (const text of ['1', '11', '2.5', '-2', '', '0x5', '9999999999999999']) {
    expect(() => setting.parse(text)).toThrow(
      `'${text}' threads; allowed are whole numbers, 2 to 10`,
    );
  }
});

test('a choice accepts only its words', () => {
  const setting = choiceSetting(['on', 'off'], { default: 'off', why: '' });
  expect([setting.parse('on'), setting.bounds]).toEqual(['on', 'on, off']);
  expect(() => setting.parse('On')).toThrow("'On' is unknown; allowed: on, off");
});

test('an optional text is undefined by default', () => {
  const setting = optionalSetting({ absent: 'none', bounds: 'a file', why: '' });
  expect(setting.defaultText).toBe('none');
  expect(setting.parse(setting.byDefault(host))).toBeUndefined();
  expect(setting.parse('keys')).toBe('keys');
});
