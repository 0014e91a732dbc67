import { describe, expect, it } from '@jest/globals';
import {
  compareFaults,
  type Faults,
  findFaults,
  readKnownFaults,
  testOf,
} from '../../scripts/house-rules.ts';
import { findCircles } from '../../scripts/house.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

describe('the source tree', () => {
  const known = readKnownFaults();
  const { left, added } = compareFaults(known, findFaults());

  it('has no new circle, crowded room, untested file, wide comment or silent default', () => {
    expect(added).toEqual([]);
  });

  it('has all the faults that are listed: `npm run house` removes fixed ones', () => {
    expect(known).toEqual(left);
  });

  it('has no circle of files or rooms in src, and no room with more than a dozen files', () => {
    const inSource = [...known.circles, ...known.crowdedRooms].filter((each) =>
      /^(src|workers)/.test(each),
    );
    expect(inSource).toEqual([]);
  });
});

const none: Faults = {
  wideComments: 0,
  literalSpreads: 0,
  indexDefaults: 0,
  circles: [],
  crowdedRooms: [],
  untestedFiles: [],
};

/** The faults of a tree of these files. */
function faultsOf(files: Readonly<Record<string, string>>): Faults {
  const keep = { 'src/k': '', 'workers/k': '', 'bench/k': '', 'test/k': '', 'scripts/k': '' };
  return findFaults(temporaryFolder({ ...keep, ...files }));
}

describe('findFaults', () => {
  it('finds nothing in a small tree without faults', () => {
    expect(
      faultsOf({ 'src/a/b.ts': "import { c } from '../d/c.ts';\n", 'src/d/c.ts': '// c\n' }),
    ).toEqual(none);
  });

  it('finds a circle of files in one room, types counted', () => {
    const files = {
      'src/a/b.ts': "import type { C } from './c.ts';\nexport type B = C;\n",
      'src/a/c.ts': "import type { B } from './b.ts';\nexport type C = B;\n",
    };
    expect(faultsOf(files).circles).toEqual(['src/a/b.ts src/a/c.ts']);
  });

  it('finds a circle of rooms that is no circle of files', () => {
    const files = {
      'src/a/b.ts': "import { c } from '../d/c.ts';\n",
      'src/d/c.ts': 'export const c = 1;\n',
      'src/d/e.ts': "import { f } from '../a/f.ts';\n",
      'src/a/f.ts': 'export const f = 1;\n',
    };
    expect(faultsOf(files).circles).toEqual(['src/a src/d']);
  });

  it('finds a room of 13 files', () => {
    const files = Object.fromEntries(
      Array.from({ length: 13 }, (_, i) => [`src/a/f${i}.ts`, '// f\n']),
    );
    expect(faultsOf(files).crowdedRooms).toEqual(['src/a']);
  });

  it('finds a file of 60 lines that has logic and no test of its name', () => {
    const logic = `export const f = () => 1;\n${'//\n'.repeat(59)}`;
    const files = {
      'src/a/tested.ts': logic,
      'test/a/tested.test.ts': '// its tests\n',
      'src/a/untested.ts': logic,
      'src/a/short.ts': logic.slice(0, -3),
      'src/a/types.ts': `export type T = 1;\n${'//\n'.repeat(59)}`,
    };
    expect(faultsOf(files).untestedFiles).toEqual(['src/a/untested.ts']);
  });

  it('counts comments over 100 columns, unless they have an address', () => {
    const words = 'w'.repeat(100);
    const lines = [`// ${words}`, ` * ${words}`, `const w = '${words}';`, `// https://${words}`];
    expect(faultsOf({ 'src/a/b.ts': `/*\n${lines.join('\n')}\n` }).wideComments).toBe(2);
  });

  it('counts spreads of literals', () => {
    const text = 'const o = { ...{ a: 1 }, ...b };\nconst l = [...[1, 2], ...(c ? [] : [1])];\n';
    expect(faultsOf({ 'src/a/b.ts': text }).literalSpreads).toBe(2);
  });

  it('counts defaults at an index, outside numerics rooms', () => {
    const text = 'const a = list[i] ?? 0;\nconst b = map.get(i) ?? 0;\n';
    const files = { 'src/a/b.ts': text, 'src/a/numerics/c.ts': text };
    expect(faultsOf(files).indexDefaults).toBe(1);
  });
});

describe('compareFaults', () => {
  it('names new faults, and keeps those that remain', () => {
    const known = { ...none, wideComments: 5, literalSpreads: 1, untestedFiles: ['a', 'b'] };
    const found = { ...none, wideComments: 4, literalSpreads: 2, untestedFiles: ['b', 'c'] };
    expect(compareFaults(known, found)).toEqual({
      left: { ...none, wideComments: 4, literalSpreads: 1, untestedFiles: ['b'] },
      added: ['literalSpreads: 2; at most 1 are allowed', 'untestedFiles: c'],
    });
  });
});

it('a test has the path of its source file', () => {
  expect(testOf('src/text/template.ts')).toBe('test/text/template.test.ts');
  expect(testOf('workers/infer.ts')).toBe('test/workers/infer.test.ts');
});

it('circles are found wherever they begin', () => {
  const graph = new Map(
    Object.entries({ a: ['b'], b: ['c'], c: ['b', 'd'], d: [] }).map(
      ([node, targets]) => [node, new Set(targets)] as const,
    ),
  );
  expect(findCircles(graph)).toEqual([['b', 'c']]);
});
