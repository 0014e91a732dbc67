import { expect, test } from '@jest/globals';
import { partNames } from '../../../bench/gpu/pack/parts.ts';
import { againstAim, formatCell, formatRow, formatTables } from '../../../bench/gpu/tables.ts';

test('each kind of rows has a table, with a column for each field', () => {
  const tables = formatTables([
    { table: 'errors', where: 'rates', error: 'no | memory\nleft' },
    { table: 'replicas', model: 'a', replicas: 1, 'candidates/s': 2345.6 },
    { table: 'replicas', model: 'a', replicas: 2, 'candidates/s': 99.87, 'device MB': 35_000 },
    { table: 'machine', cpu: 'any' },
  ]);
  expect(tables).toBe(`## Replicas on one device

| model | replicas | candidates/s | device MB |
| --- | ---: | ---: | ---: |
| a | 1 | 2346 |  |
| a | 2 | 99.9 | 35000 |

## What failed

| where | error |
| --- | --- |
| rates | no \\| memory left |
`);
});

test.each([
  [0, '0'],
  [0.000_74, '7.4e-4'],
  [0.0123, '0.012'],
  [12.345, '12.3'],
  [-1234.4, '-1234'],
  ['text', 'text'],
  [undefined, ''],
])('%p is shown as %p', (value, shown) => {
  expect(formatCell(value)).toBe(shown);
});

test('a row is one line', () => {
  expect(formatRow({ table: 'gemm', 'TFLOP/s': 590.4 })).toBe('gemm: TFLOP/s 590');
});

test('an aim stands beside what was measured, if there is one', () => {
  expect(againstAim(2_581, 5_000)).toEqual({ aim: 5_000, 'of the aim': '52 %' });
  expect(againstAim(2_581, undefined)).toEqual({});
});

test.each([
  [10, 36, ['cuda.1of1.bin']],
  [36, 36, ['cuda.1of1.bin']],
  [37, 36, ['cuda.1of2.bin', 'cuda.2of2.bin']],
])('%i bytes in parts of at most %i are %p', (bytes, most, names) => {
  expect(partNames('cuda', bytes, most)).toEqual(names);
});
