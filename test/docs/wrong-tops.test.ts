import { createReadStream, readdirSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import {
  formatClasses,
  formatForms,
  formatRight,
  formatScores,
  formatWrong,
} from '../../docs/wrong-tops/format-outcomes.ts';
import { judge, type Outcome, summarize } from '../../docs/wrong-tops/outcomes.ts';
import { type Case, readCases } from '../../docs/wrong-tops/read-cases.ts';
import type { RankedCandidate } from '../../src/eval/rank/rank-candidates.ts';

const titles = new Map([
  ['a', 'Nurse'],
  ['b', 'Night | Nurse'],
  ['c', ''],
]);

function makeCase(changed: Partial<Case> = {}): Case {
  const candidates = ['a', 'b', 'c', 'd'].map((id) => ({
    id,
    title: titles.get(id) ?? 'Nurse',
    text: `${'Cares for patients of a ward. '.repeat(3)}Shift ${id}.`,
  }));
  return {
    class: 'negation',
    query: 'no nights',
    reworded: undefined,
    form: undefined,
    candidates,
    first: ['a'],
    ...changed,
  };
}

/** The candidates in this order, with scores 0.9, 0.8 and so on. */
function rank(order: string): readonly RankedCandidate[] {
  return Array.from(order, (id, i) => ({
    id,
    label: titles.get(id) ?? 'Nurse',
    place: 1,
    score: 0.9 - 0.1 * i,
    logit: -i,
    tokens: 9,
    truncated: false,
  }));
}

function outcome(order: string, changed: Partial<Case> = {}): Outcome {
  return judge(makeCase(changed), rank(order));
}

describe('judge', () => {
  test.each([
    ['abcd', ['a'], 'a', 1, 'b'],
    ['bcad', ['a'], 'a', 3, 'b'],
    ['bdca', ['a', 'c'], 'c', 3, 'b'],
    ['cadb', ['a', 'c'], 'c', 1, 'd'],
  ])(
    'of %s with %j wanted finds the best, %s at place %d, and other, %s',
    (order, first, ...found) => {
      const { wanted, place, other } = outcome(order, { first });
      expect([wanted.id, place, other.id]).toEqual(found);
    },
  );

  test.each([
    ['bcd', 'wanted'],
    ['a', 'other'],
  ])('refuses the order %s, which has no %s candidate', (order, missing) => {
    expect(() => outcome(order)).toThrow(
      `this is a bug: no ${missing} candidate of "no nights" was ranked`,
    );
  });
});

test('summarize counts by class, and all', () => {
  const outcomes = [
    outcome('abcd'),
    outcome('bacd', { class: 'wishes', first: ['a', 'c'] }),
    outcome('bcda'),
  ];
  expect(summarize(outcomes)).toEqual([
    { class: 'negation', cases: 2, byChance: 0.5, right: 1, reciprocalRank: 0.625 },
    { class: 'wishes', cases: 1, byChance: 0.5, right: 0, reciprocalRank: 0.5 },
    { class: 'all', cases: 3, byChance: 1, right: 1, reciprocalRank: 1.75 / 3 },
  ]);
});

describe('tables', () => {
  const outcomes = [outcome('abcd'), outcome('bcda', { form: 'capitals' }), outcome('dabc')];

  test('formatClasses has the models beside each other', () => {
    const other = [outcome('bacd'), outcome('abcd'), outcome('bacd')];
    const models = [
      { model: 'one', outcomes },
      { model: 'two', outcomes: other },
    ];
    expect(formatClasses(models).split('\n')).toEqual([
      '| class | cases | by chance | right first, one | MRR | right first, two | MRR |',
      '| --- | --- | --- | --- | --- | --- | --- |',
      '| negation | 3 | 0.8 | 1 | 0.58 | 1 | 0.67 |',
      '| all | 3 | 0.8 | 1 | 0.58 | 1 | 0.67 |',
      '',
    ]);
  });

  test('formatWrong distinguishes candidates by title, or by the end of their texts', () => {
    const [, , ...rows] = formatWrong(outcomes).split('\n');
    const end = ' patients of a ward. Cares for patients of a ward. Shift';
    expect(rows).toEqual([
      '| negation | no nights (capitals) | Night \\| Nurse 0.900 | Nurse 0.600 | 4 |',
      `| negation | no nights | …${end} d. 0.900 | …${end} a. 0.800 | 2 |`,
      '',
    ]);
  });

  test('formatWrong says that none is wrong, and cuts long labels', () => {
    expect(formatWrong([outcome('abcd')])).toBe('none\n');
    const long = judge(
      makeCase(),
      rank('bacd').map((each, i) => ({ ...each, label: 'xy'.charAt(i).repeat(61) })),
    );
    expect(formatWrong([long])).toContain(`| ${'x'.repeat(59)}… 0.900 |`);
  });

  test('formatRight shows what came first, and the best of the others', () => {
    expect(formatRight(outcomes).split('\n').slice(2)).toEqual([
      '| negation | no nights | Nurse 0.900 | Night \\| Nurse 0.800 |',
      '',
    ]);
  });

  test('formatForms shows cases with a form', () => {
    expect(formatForms(outcomes).split('\n').slice(2)).toEqual([
      '| no nights | capitals | 4 | 0.600 |',
      '',
    ]);
  });

  test('formatScores has the median of first places', () => {
    const [first] = [outcome('abcd')];
    expect(formatScores([first])).toBe(
      'median score of the first place: 0.900 when right, none when wrong\n',
    );
  });
});

describe('readCases', () => {
  const read = (record: object) =>
    readCases({
      name: 'x.jsonl',
      open: () => Readable.from([Buffer.from(JSON.stringify(record))]),
    });

  test('reads a case', async () => {
    const of = makeCase({ form: 'capitals', reworded: 'days' });
    expect(await read(of)).toEqual([of]);
    expect(await read(makeCase())).toEqual([makeCase()]);
  });

  test.each([[[]], [['a', 'z']]])('refuses %j as first', async (first) => {
    await expect(read(makeCase({ first }))).rejects.toThrow(
      `x.jsonl:1: 'first' is ${JSON.stringify(first)}; a list of candidates' ids, at least one, is needed`,
    );
  });
});

describe('the cases', () => {
  const folder = new URL('../../docs/wrong-tops/', import.meta.url);
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));

  test.each(files)('%s has 8 to 15 of one class, each with 4 to 8 candidates', async (name) => {
    const open = () => createReadStream(new URL(name, folder));
    const cases = await readCases({ name, open });
    expect(new Set(cases.map((each) => each.class)).size).toBe(1);
    expect(cases.length >= 8 && cases.length <= 15).toBe(true);
    for (const { query, candidates } of cases) {
      const ids = new Set(candidates.map(({ id }) => id));
      expect([query, ids.size]).toEqual([query, candidates.length]);
      expect(ids.size >= 4 && ids.size <= 8).toBe(true);
      expect(candidates.filter(({ title, text }) => title + text === '')).toEqual([]);
    }
  });

  test('the wanted candidates have no typical place', async () => {
    const cases = (
      await Promise.all(
        files.map((name) =>
          readCases({ name, open: () => createReadStream(new URL(name, folder)) }),
        ),
      )
    ).flat();
    const right = [0, 1, 2, 3, 4].map(
      (at) =>
        cases.filter(({ candidates, first }) => first.includes(candidates[at]?.id ?? '')).length,
    );
    expect(Math.max(...right) / cases.length).toBeLessThan(0.3);
  });
});
