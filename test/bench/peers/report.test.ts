import { expect, test } from '@jest/globals';
import {
  drawReport,
  formatMarkdown,
  formatReport,
  type FullReport,
} from '../../../bench/peers/report.ts';

const system = (name: string, isOwn: boolean, ms: number) => ({
  system: { name, class: 'floats' as const, isOwn },
  about: `${name} 1.0`,
  peakMb: 123.4,
  msOfRounds: [ms, ms],
  candidatesPerSecond: 1000 / ms,
  tokensPerSecond: 150_000 / ms,
  p95Ms: ms,
  ndcg10: 0.5,
  agreement: { largest: 0.03, mean: isOwn ? 0 : 0.021, tau: 1 },
});
const report: FullReport = {
  machine: { cpu: 'CPU', cores: 2, memoryGb: 8, kernel: '', node: 'v20', commit: 'c', date: 'd' },
  model: 'tiny',
  data: 'models/demo',
  requests: 1,
  candidates: 1,
  tokens: 150,
  rounds: 2,
  threads: 2,
  systems: [system('slmrank fp32', true, 10), system('peer <A>', false, 40)],
  ratios: [{ own: 'slmrank fp32', against: 'the fastest peer', peer: 'peer <A>', times: 4 }],
  leftOut: [{ name: 'peer B', command: 'npm ci' }],
};

test('the table has the speed of slmrank against each system, and says whose scores differ', () => {
  const text = formatReport(report);
  expect(text).toMatch(/peer <A> .* 25\.0 .* 4\.00x .* 0\.500 .* no$/m);
  expect(text).toMatch(/slmrank fp32 .* 1\.00x .* yes$/m);
  expect(text).toContain('slmrank fp32 is 4.00 times as fast as the fastest peer, peer <A>.');
});

test('a peer that is not installed is named with the command that installs it', () => {
  expect(formatReport(report)).toContain(
    'LEFT OUT: peer B is not installed; install it with: npm ci',
  );
});

test('the Markdown has the table, the plot and the settings', () => {
  const markdown = formatMarkdown(report, 'tiny.svg');
  expect(markdown).toContain('](tiny.svg)');
  expect(markdown).toContain('| peer <A> | floats | 25.0 |');
  expect(markdown).toContain('- peer <A>: peer <A> 1.0');
});

test('the plot has a bar for each system, with escaped names', () => {
  const svg = drawReport(report);
  expect(svg.match(/<rect x=/g)).toHaveLength(2);
  expect(svg).toContain('peer &lt;A&gt;');
});
