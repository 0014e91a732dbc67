import { describe, expect, test } from '@jest/globals';
import { describeQuality, describeSpeeds } from '../../../bench/ladder/figures.ts';
import { drawLadder, formatLadder, type LadderReport } from '../../../bench/ladder/report.ts';
import { at } from '../../../src/base/at.ts';

const requests = ['a', 'b'].map((id) => ({
  id,
  query: id,
  candidates: [1, 2, 3].map((place) => ({ id: `${id}${place}`, title: '', text: 'text' })),
}));
const judgements = new Map(requests.map(({ id }) => [id, new Map([[`${id}1`, 2]])]));
const answers = (margins: readonly number[]) =>
  requests.map(() => ({ margins, tokens: [5, 5, 5] }));

function report(
  rates: readonly number[],
  { isJudged = true, first = 'stock export' } = {},
): LadderReport {
  const speeds = describeSpeeds(rates.map((rate) => [rate, rate]));
  const quality = describeQuality(requests, judgements, [
    answers([3, 2, 1]),
    answers([3, 1, 2]),
    answers([2, 3, 1]),
  ]);
  return {
    machine: {
      cpu: 'cpu',
      cores: 2,
      memoryGb: 8,
      kernel: 'k',
      node: 'v20',
      commit: 'abc',
      date: 'today',
    },
    data: { name: 'jobs/dev', titles: false, isJudged, requests: 2, candidates: 6 },
    speed: { requests: 2, candidates: 6, rounds: 2 },
    models: [{ name: 'tiny', parameters: 1.5e6, precision: 'int8', fingerprint: 'f' }],
    summaries: { search: 6 },
    steps: [first, 'safe', 'lossy'].map((name, i) => ({
      name,
      rates: [at(rates, i)],
      speed: at(speeds, i),
      drift: 2e-6,
      quality: isJudged ? quality[i] : undefined,
    })),
    leftOut: [{ names: ['states', 'more'], why: 'no setting' }],
  };
}

describe('formatLadder', () => {
  test('has a row for each step, and says what was left out', () => {
    const text = formatLadder(report([2, 200, 800]));
    expect(text).toContain(
      '| lossy | 800 | 400 (400..400) | 4.00 (4.00..4.00) | 5.0 | 0.631 (0.631..0.631) | -36.9 (-36.9..-36.9) |',
    );
    expect(text).toContain('p(yes) differs by at most 2.0e-6');
    expect(text).toContain('Left out: states, more: no setting.');
    expect(text).toContain('titles hidden');
  });

  test('says that the aim is missed when only a lossy step is fast enough', () => {
    expect(formatLadder(report([2, 200, 800]))).toContain(
      "missed. The fastest step is 'lossy' with 400 times the first step at -36.9 %; the fastest with at most 2 % lost is 'safe' with 100 times the first step at +0.0 %.",
    );
  });

  test('says that the aim is reached', () => {
    expect(formatLadder(report([2, 300, 800]))).toContain('of NDCG@10 lost: reached.');
  });

  test('says nothing of the aim without the stock export', () => {
    expect(formatLadder(report([2, 300, 800], { first: '55 M' }))).not.toContain('Aim');
  });

  test('claims nothing about quality without judgements', () => {
    const text = formatLadder(report([2, 300, 800], { isJudged: false }));
    expect(text).toContain('nobody has judged these data');
    expect(text).not.toContain('Aim');
    expect(drawLadder(report([2, 300, 800], { isJudged: false }))).toBeUndefined();
  });
});

test('the picture has all steps', () => {
  const picture = drawLadder(report([2, 200, 800]));
  for (const name of ['stock export', 'safe', 'lossy', '2 % lost']) {
    expect(picture).toContain(`>${name}</text>`);
  }
});
