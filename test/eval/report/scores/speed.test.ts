import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { PairScorer } from '../../../../src/eval/report/scores/scorers.ts';
import {
  type Contender,
  summarizeSpeed,
  timeRounds,
} from '../../../../src/eval/report/scores/speed.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

test('candidates/s are those of the median round, ratios are computed round by round', () => {
  const rounds = [
    { dense: 4, pruned: 2 },
    { dense: 8, pruned: 2 },
    { dense: 6, pruned: 6 },
  ];
  const of = (name: string) => summarizeSpeed(rounds, name, { reference: 'dense', candidates: 12 });
  expect(of('dense')).toEqual({
    candidatesPerSecond: 2,
    ratio: { median: 1, low: 1, high: 1 },
  });
  expect(of('pruned')).toEqual({
    candidatesPerSecond: 6,
    ratio: { median: 2, low: 1, high: 4 },
  });
});

describe('timeRounds', () => {
  const requests = ['q1', 'q2'].map((query) => [{ query, candidate: 'a' }]);
  const work = { requests, data: { queries: new Map(), corpus: new Map() } };

  /** One model at two budgets; it writes down what it scored, and with how many tokens. */
  function standIns(calls: string[]): readonly Contender[] {
    const scorer: PairScorer = {
      score: (pairs, _data, { candidateTokens, variant }) => {
        calls.push(`${candidateTokens} ${variant} ${pairs[0]?.query ?? ''}`);
        return Promise.resolve([0]);
      },
      close: () => Promise.resolve(),
    };
    const open = () => Promise.resolve(scorer);
    return [
      { name: 'a', candidateTokens: 24, open },
      { name: 'a', candidateTokens: 64, open },
    ];
  }

  test('warms up every contender, then rotates their order from round to round', async () => {
    const calls: string[] = [];
    const done: number[] = [];
    const rounds = await timeRounds(standIns(calls), work, {
      rounds: 2,
      clock: 'wall',
      file: join(temporaryFolder(), 'speed.jsonl'),
      onRound: (count) => done.push(count),
    });
    const [short, long] = [
      ['24 titles q1', '24 titles q2'],
      ['64 titles q1', '64 titles q2'],
    ];
    expect(calls).toEqual(['24 titles q1', '64 titles q1', ...short, ...long, ...long, ...short]);
    expect(rounds.map((round) => Object.keys(round))).toEqual([
      ['a, 24 tokens', 'a, 64 tokens'],
      ['a, 64 tokens', 'a, 24 tokens'],
    ]);
    expect(done).toEqual([1, 2]);
  });

  test('continues after the stored rounds, and drops an incomplete one', async () => {
    const file = join(temporaryFolder(), 'speed.jsonl');
    const options = { clock: 'wall', file, onRound: () => undefined } as const;
    const first = await timeRounds(standIns([]), work, { ...options, rounds: 1 });
    appendFileSync(file, '{"a, 24 tokens": 1, "a');
    const calls: string[] = [];
    const all = await timeRounds(standIns(calls), work, { ...options, rounds: 2 });
    expect(all[0]).toEqual(first[0]);
    expect(calls).toHaveLength(2 + 4);
    const again: string[] = [];
    expect(await timeRounds(standIns(again), work, { ...options, rounds: 2 })).toEqual(all);
    expect(again).toEqual([]);
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(2);
  });
});
