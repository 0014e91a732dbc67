import { describe, expect, test } from '@jest/globals';
import type { ContextReport, ContextRowReport } from '../../../src/eval/context/context-report.ts';
import {
  contextTable,
  formatContext,
  formatContextPage,
  formatContextPicture,
} from '../../../src/eval/context/show-context.ts';

const around = (mean: number) => ({ mean, low: mean - 0.02, high: mean + 0.02 });

function rowOf(method: string, budget: number | undefined, change: number): ContextRowReport {
  const tokens = budget ?? 200;
  return {
    name: budget === undefined ? method : `${method} ${budget}`,
    method,
    budget,
    version: undefined,
    postingsPerSecond: method === 'phrases' ? 412.3 : undefined,
    figures: {
      tokens: { mean: tokens, p50: tokens, p99: tokens + 1 },
      reduction: 200 / tokens,
      ndcg10: around(0.6 * (1 + change)),
      change: around(change),
      tau: 0.71,
      dp: { mean: 0.05, p99: 0.4 },
      firstKept: 0.6,
    },
    againstSearch: method === 'phrases' ? around(-0.03) : undefined,
    speed:
      budget === undefined
        ? undefined
        : { candidatesPerSecond: 338, ratio: { median: 10.2, low: 9.8, high: 10.5 } },
  };
}

const rows = [
  rowOf('raw', undefined, 0),
  rowOf('phrases', 18, -0.065),
  rowOf('phrases', 12, -0.08),
  rowOf('search-normal', 18, -0.028),
];
const report: ContextReport = {
  machine: {
    cpu: 'CPU',
    cores: 2,
    memoryGb: 8,
    kernel: '6.1',
    node: '20',
    commit: 'abc',
    date: '2026-11-28',
  },
  data: { name: 'jobs/dev', split: 'dev', queries: 254, candidates: 680, pairs: 12_505 },
  model: { name: 'tiny', fingerprint: 'f00' },
  devices: 'cpu#0',
  speedRounds: 3,
  variants: { titles: [...rows, rowOf('title', 6, 0.01)], 'no-titles': rows },
  samples: [
    {
      id: 'p1',
      title: 'Nurse <RN>',
      raw: 'Reads charts & orders drugs.',
      shortened: [
        { method: 'phrases', budget: 18, text: 'orders <drugs>' },
        { method: 'phrases', budget: 12, text: 'drugs' },
        { method: 'search-normal', budget: 18, text: 'Reads charts' },
      ],
    },
    { id: 'p2', title: '', raw: 'Bakes.', shortened: [] },
  ],
};

describe('the table', () => {
  test('has a row for each way to shorten', () => {
    const [head, raw, phrases] = contextTable(report, 'no-titles');
    expect(head).toHaveLength(raw?.length ?? 0);
    expect(raw?.slice(0, 5)).toEqual(['raw', '200.0', '200', '201', '1.0x']);
    expect(raw?.slice(-2)).toEqual(['-', '-']);
    expect(phrases).toEqual([
      'phrases 18',
      '18.0',
      '18',
      '19',
      '11.1x',
      '0.5610',
      '-6.5',
      '-8.5..-4.5',
      '-3.0 (-5.0..-1.0)',
      '0.710',
      '0.050',
      '0.400',
      '60 %',
      '338',
      '10.2 (9.8..10.5)',
    ]);
  });

  test('is printed for titles shown and hidden, with notes', () => {
    const text = formatContext(report);
    expect(text).toMatch(/^Titles shown\n/);
    expect(text).toMatch(/^Titles hidden$/m);
    expect(text).toContain('254 queries, 680 distinct candidates, 12505 pairs');
    expect(text).toContain('Postings compressed per second: phrases 18 412, phrases 12 412.');
    expect(text).toContain('median of 3 rounds');
    const unmeasured = formatContext({ ...report, speedRounds: 0 });
    expect(unmeasured).toContain('Candidates/s were not measured.');
  });
});

describe('the page', () => {
  const html = formatContextPage(report);

  test('is self-contained, with a table and a chart for each variant', () => {
    expect(html).not.toMatch(/NaN|Infinity|undefined|https?:|src=|@import|<script/);
    expect(html.match(/<svg/g)).toHaveLength(2);
    expect(html).toContain('prefers-color-scheme: dark');
  });

  test('shows a posting beside its shortened texts, a column for each method', () => {
    expect(html).toContain('<h3>Nurse &lt;RN&gt;</h3>');
    expect(html).toContain('<p>Reads charts &amp; orders drugs.</p>');
    expect(html).toContain('<tr><th>tokens</th><th>phrases</th><th>search-normal</th></tr>');
    expect(html).toContain('<tr><td>12</td><td>drugs</td><td></td></tr>');
    expect(html).toContain(
      '<tr><td>18</td><td>orders &lt;drugs&gt;</td><td>Reads charts</td></tr>',
    );
    // A posting without a title has its id as heading.
    expect(html).toContain('<h3>p2</h3>');
  });
});

describe('the picture', () => {
  test('has a line for each method in both charts, on the same axis', () => {
    const svg = formatContextPicture(report);
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="720"/);
    expect(svg).not.toMatch(/NaN|Infinity|undefined|href|<script/);
    for (const name of ['phrases', 'search-normal', 'raw']) {
      expect(svg.split(`>${name}</text>`)).toHaveLength(3);
    }
    expect(svg.split('>title</text>')).toHaveLength(2);
    expect(svg.match(/Titles (shown|hidden): change of NDCG@10 by length/g)).toHaveLength(2);
    const [above = '', below = ''] = svg.split('Titles hidden');
    const axis = (chart: string) => chart.match(/text-anchor="end">-?[\d.]+</g);
    expect(axis(above)).toEqual(axis(below));
    expect(axis(above)).not.toBeNull();
  });
});
