import { gunzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseGolden, readGolden } from '../../../src/toolchain/verify/golden.ts';
import { projectFolder } from '../../../src/toolchain/build/project-folder.ts';

const path = join(projectFolder('models/goldens'), 'slmrank-55m.json.gz');
const text = gunzipSync(readFileSync(path)).toString('utf8');

describe('a golden', () => {
  it('is read from .json.gz, and has one suffix for all requests when it is query-first', async () => {
    const golden = await readGolden(path);
    expect(golden).toEqual(parseGolden(text, 'golden.json'));
    expect(golden.requests.length).toBeGreaterThan(1);
    const suffixes = new Set(golden.requests.map(({ suffix }) => suffix.join()));
    const isQueryFirst = Object.hasOwn(JSON.parse(text) as object, 'suffix');
    expect(suffixes.size === 1).toBe(isQueryFirst);
    expect(golden.requests[0]?.candidates[0]?.logits).toHaveLength(2);
  });

  const request = (change: object) => {
    const candidate = { title: null, text: 'c', ids: [3], logits: [1, 2], ...change };
    const golden = JSON.parse(text) as object;
    return JSON.stringify({
      ...golden,
      suffix: [9],
      requests: [{ query: 'q', prefix: [1], candidates: [candidate] }],
    });
  };

  it('has optional titles, instructions and contexts', () => {
    expect(parseGolden(request({}), 'g').requests).toEqual([
      {
        query: 'q',
        instruction: undefined,
        context: undefined,
        prefix: [1],
        suffix: [9],
        candidates: [{ title: undefined, text: 'c', ids: [3], logits: [1, 2] }],
      },
    ]);
  });

  it.each([
    [{ logits: [1, 2, 3] }, /^g: .*logits' is \[1,2,3\]; two numbers/],
    [{ logits: [1] }, /logits' is \[1\]; two numbers/],
    [{ ids: [-1] }, /ids' is \[-1\]/],
    [{ text: 7 }, /text' is 7; text is needed/],
  ])('is refused with a candidate of %j', (change, message) => {
    expect(() => parseGolden(request(change), 'g')).toThrow(message);
  });

  it('that cannot be read is named', async () => {
    await expect(readGolden('/nowhere/g.json')).rejects.toThrow(
      '/nowhere/g.json cannot be read; a golden is needed',
    );
  });
});
