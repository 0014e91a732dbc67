import { describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { createProbeBank, readProbes } from '../../../src/compress/search/probes.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { english } from '../fake-parts.ts';

const titles = ['ward nurse', 'boat welder', 'truck mechanic', 'cook', 'boat', 'clerk', 'nurse'];
const bank = createProbeBank(titles, english);
const counts = (...words: readonly string[]) => new Map(words.map((word, i) => [word, i + 1]));

describe('createProbeBank', () => {
  test('chooses the queries that share most with a text, and others', () => {
    const { near, far } = bank.choose(counts('boat', 'welder'), { near: 2, far: 3 });
    expect(near).toEqual(['boat welder', 'boat']);
    expect(far).toHaveLength(3);
    expect(new Set([...near, ...far]).size).toBe(5);
  });

  test('gives equal texts the same queries, and other texts others', () => {
    const drawn = (word: string) => bank.choose(counts(word), { near: 0, far: 4 }).far;
    expect(drawn('one')).toEqual(drawn('one'));
    const draws = ['one', 'two', 'three', 'four'].map((word) => drawn(word).join());
    expect(new Set(draws).size).toBeGreaterThan(1);
  });

  test('gives what it has', () => {
    const { near, far } = bank.choose(counts('boat'), { near: 5, far: 9 });
    expect([...near, ...far].sort()).toEqual([...titles].sort());
  });
});

describe('readProbes', () => {
  test('reads one query a line and has an id of them', () => {
    const folder = temporaryFolder({
      some: 'nurse\n cook \n\nnurse\n',
      same: 'nurse\ncook',
      one: 'nurse\n',
    });
    const some = readProbes(join(folder, 'some'), english);
    expect(some.choose(new Map(), { near: 9, far: 0 }).near.toSorted()).toEqual(['cook', 'nurse']);
    expect(readProbes(join(folder, 'same'), english).id).toBe(some.id);
    expect(() => readProbes(join(folder, 'one'), english)).toThrow(
      'one has 1 queries; 2 are needed',
    );
  });
});
