import { expect, test } from '@jest/globals';
import { parseLoadOptions } from '../../../bench/load/options.ts';
import { formatPage } from '../../../bench/load/page.ts';
import { okLatencies, summarize } from '../../../bench/load/summary.ts';

const ok = (startedAtMs: number, ms: number) => ({
  startedAtMs,
  endedAtMs: startedAtMs + ms,
  status: 'OK',
});

function page(calls: Parameters<typeof summarize>[0]): string {
  const options = parseLoadOptions([]);
  return formatPage({
    options,
    machine: {
      cpu: '<chip>',
      cores: 2,
      memoryGb: 1,
      kernel: 'k',
      node: 'v20',
      commit: 'abc',
      date: 'today',
    },
    server: { address: 'a', model: 'tiny', fingerprint: 'f00d', replicas: 'cpu#0', afterMs: 12 },
    summary: summarize(calls, options),
    memory: { startMb: 100, peakMb: 120, endMb: 101 },
    latenciesMs: okLatencies(calls),
  });
}

test('the page draws latencies and statuses, and loads nothing from elsewhere', () => {
  const html = page([
    ok(0, 12),
    ok(10, 120),
    { startedAtMs: 20, endedAtMs: 21, status: 'Internal' },
  ]);
  expect(html.match(/<svg/g)).toHaveLength(2);
  expect(html).toContain('>Internal</text>');
  expect(html).toContain('100 MB before, 120 MB at most, 101 MB after');
  expect(html).toContain('&lt;chip&gt;');
  expect(html).not.toMatch(/NaN|Infinity|undefined|https?:|src=|@import/);
});

test('the page is valid if nothing was answered, or if all latencies are equal', () => {
  expect(page([{ startedAtMs: 0, endedAtMs: 5, status: 'Unavailable' }])).toContain(
    'No request was',
  );
  expect(page([ok(0, 5), ok(1, 5)])).not.toMatch(/NaN|Infinity/);
});
