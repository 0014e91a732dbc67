import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { RankError } from '../../src/base/errors.ts';
import { captureTraffic, measureLengths, openCapture } from '../../src/observe/capture.ts';
import type { EstimateTokens } from '../../src/pipeline/plan/estimate-tokens.ts';
import type { RankReply } from '../../src/domain/rank.ts';
import { formatShape, parseTraffic, type TrafficShape } from '../../src/domain/traffic.ts';
import { FakeClock } from '../support/fakes/clock.ts';
import { FakePipeline } from '../support/fakes/pipeline.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { noDeadline, testRequest } from '../support/models/tiny-pipeline.ts';

const estimate: EstimateTokens = (_request, candidates) => ({
  prefixTokens: 8,
  suffixTokens: 3,
  packedTokens: 0,
  candidateTokens: candidates.map(() => 9),
});

const shape: TrafficShape = {
  atMs: 1000.04,
  prefixTokens: 60,
  candidateTokens: [3, 0, 500],
  deadlineMs: 800,
  class: 'interactive',
};

describe('captured lines', () => {
  test('are parsed in order of arrival, with the first at 0', () => {
    const later = { ...shape, atMs: 1250.5, deadlineMs: undefined, class: 'deferrable' as const };
    const text = formatShape(later) + formatShape(shape);
    expect(text.split('\n')[1]).toBe(
      '{"atMs":1000,"prefixTokens":60,"candidateTokens":[3,0,500],"deadlineMs":800,"class":"interactive"}',
    );
    expect(parseTraffic(text, 'f')).toEqual([
      { ...shape, atMs: 0 },
      { ...later, atMs: 250.5 },
    ]);
    const told = { ...shape, suffixTokens: 7 };
    expect(parseTraffic(formatShape(told), 'f')).toEqual([{ ...told, atMs: 0 }]);
  });

  test('may end with part of a line, where the writer was interrupted', () => {
    expect(parseTraffic(`${formatShape(shape)}{"atMs":1`, 'f')).toHaveLength(1);
    expect(parseTraffic('', 'f')).toEqual([]);
  });

  test.each([
    ['{"atMs":"x"}\n', /f, line 1: 'atMs' is "x"; a finite number/],
    [`${formatShape(shape)}no\n`, /f, line 2: not JSON/],
    ['{"atMs":0,"prefixTokens":-1,"candidateTokens":[]}\n', /'prefixTokens' is -1/],
    [formatShape({ ...shape, candidateTokens: [1.5] }), /'candidateTokens' is \[1.5\]/],
  ])('that are wrong are refused with line and field: %j', (text, message) => {
    expect(() => parseTraffic(text, 'f')).toThrow(message);
  });
});

describe('a capture', () => {
  async function open(mostBytes = 10_000) {
    const file = join(temporaryFolder(), 'traffic.jsonl');
    const clock = new FakeClock();
    const warnings: string[] = [];
    const log = { warn: (_fields: unknown, words?: string) => void warnings.push(words ?? '') };
    return { file, clock, warnings, capture: await openCapture({ file, clock, log, mostBytes }) };
  }

  test('appends all lines by the time it is closed', async () => {
    const first = await open();
    first.capture.add(shape);
    await first.capture.close();
    const { clock, file } = first;
    const again = await openCapture({ file, clock, log: { warn: () => undefined } });
    again.add(shape);
    await again.close();
    expect(parseTraffic(readFileSync(first.file, 'utf8'), 'f')).toHaveLength(2);
    expect(clock.timers).toBe(0);
  });

  test('stops at its bound and logs that once', async () => {
    const { capture, file, warnings } = await open(2.5 * formatShape(shape).length);
    for (let i = 0; i < 10; i++) {
      capture.add(shape);
    }
    await capture.close();
    expect(parseTraffic(readFileSync(file, 'utf8'), 'f')).toHaveLength(2);
    expect(warnings).toEqual(['the capture is full; no more is written']);
  });

  test('that cannot be opened is an error', async () => {
    const { clock } = await open();
    const file = join(temporaryFolder(), 'no', 'such', 'folder');
    await expect(openCapture({ file, clock, log: { warn: () => undefined } })).rejects.toThrow(
      /SLMRANK_CAPTURE: '.*folder' cannot be appended to: .*ENOENT/,
    );
  });

  test('that is a pipe or a device is an error, without waiting for a reader', async () => {
    const { clock } = await open();
    const pipe = join(temporaryFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    const log = { warn: () => undefined };
    await expect(openCapture({ file: pipe, clock, log })).rejects.toThrow(
      /cannot be appended to: .*ENXIO/,
    );
    await expect(openCapture({ file: '/dev/null', clock, log })).rejects.toThrow(
      'a device or a socket; a file is needed',
    );
  });

  test('whose file becomes a pipe stops, and the process can end', async () => {
    const { capture, file, warnings } = await open();
    rmSync(file);
    execFileSync('mkfifo', [file]);
    capture.add(shape);
    await capture.close();
    expect(warnings).toEqual(['the capture cannot be written; it stops']);
  });

  test('on a disk that does not answer stops, and closing waits at most five seconds', async () => {
    const warnings: string[] = [];
    const clock = new FakeClock();
    const log = { warn: (_fields: unknown, words?: string) => void warnings.push(words ?? '') };
    const file = join(temporaryFolder(), 'traffic.jsonl');
    let given = 0;
    const append = (_file: string, lines: string) => {
      given += lines.length;
      return new Promise<void>(() => undefined);
    };
    const capture = await openCapture({ file, clock, log, append });
    const large = { ...shape, candidateTokens: Array.from({ length: 100_000 }, () => 500) };
    for (let i = 0; i < 100; i++) {
      capture.add(large);
    }
    expect(warnings).toEqual(['the disk is too slow for the capture; no more is written']);
    const closed = capture.close();
    await clock.advance(5000);
    await closed;
    expect(warnings[1]).toBe('the end of the capture was not written');
    expect(given).toBe(formatShape(large).length);
  });
});

describe('captured ranking', () => {
  test('captures each request when it ends, without its texts', async () => {
    const shapes: TrafficShape[] = [];
    const clock = new FakeClock(5_000);
    const pipeline = new FakePipeline();
    pipeline.holds = true;
    const rank = captureTraffic(
      (request, call) => pipeline.rank(request, call),
      { add: (each) => void shapes.push(each), close: () => Promise.resolve() },
      { clock, estimate },
    );
    const good = rank(testRequest('secret query', ['one', 'two words']), {
      ...noDeadline(),
      deadlineAtMs: 5_250,
    });
    const refused = rank(testRequest('secret', ['x'], { priority: 'deferrable' }), noDeadline());
    pipeline.ranked[0]?.reply();
    pipeline.ranked[1]?.fail(new RankError('overloaded', 'full'));
    await good;
    await expect(refused).rejects.toThrow('full');
    expect(shapes).toHaveLength(2);
    expect(shapes[0]).toMatchObject({ atMs: 5_000, deadlineMs: 250, class: 'interactive' });
    expect(shapes[0]?.candidateTokens).toHaveLength(2);
    expect(shapes[1]).toMatchObject({ deadlineMs: undefined, class: 'deferrable' });
    expect(JSON.stringify(shapes)).not.toContain('secret');
  });
});

test('skipped candidates are not captured, and neither is a request with only those', async () => {
  const clock = new FakeClock();
  const pipeline = new FakePipeline();
  pipeline.holds = true;
  const shapes: TrafficShape[] = [];
  const capture = {
    add: (one: TrafficShape) => void shapes.push(one),
    close: () => Promise.resolve(),
  };
  const rank = captureTraffic((request, call) => pipeline.rank(request, call), capture, {
    clock,
    estimate,
  });
  const left = { score: 0, logit: 0, tokens: 0, truncated: false, scored: false, cached: false };
  const skipped = (index: number) => ({ ...left, index, skipped: 'TOO_LONG' as const });
  const some = rank(testRequest('q', ['aaaa', 'b'.repeat(40)]), noDeadline());
  pipeline.ranked[0]?.reply({
    results: [{ ...left, index: 0, tokens: 4, scored: true }, skipped(1)],
  });
  await some;
  const none = rank(testRequest('q', ['a', 'b']), noDeadline());
  pipeline.ranked[1]?.reply({ results: [skipped(0), skipped(1)] });
  await none;
  const empty = rank(testRequest('q', []), noDeadline());
  pipeline.ranked[2]?.reply({ results: [] });
  await empty;
  expect(shapes.map(({ candidateTokens }) => candidateTokens)).toEqual([[4]]);
});

describe('lengths', () => {
  const reply = (tokens: readonly number[], usage: Partial<RankReply['usage']>) =>
    ({
      results: tokens.map((count, index) => ({
        index,
        score: 0,
        logit: 0,
        tokens: count,
        truncated: false,
        scored: true,
        cached: false,
      })),
      usage,
    }) as unknown as Pick<RankReply, 'results' | 'usage'>;

  test('of the suffix are the packed tokens besides prefix and candidates, if nothing was cached', () => {
    const request = testRequest('query', ['a', 'b']);
    const usage = {
      scored: 2,
      cached: 0,
      truncated: 0,
      candidates: 2,
      depth: 2,
      prefixTokens: 50,
      candidateTokens: 300,
      batches: 2,
      packedTokens: 2 * 50 + 300 + 2 * 7,
    };
    const suffixOf = (changed: Partial<typeof usage>) =>
      measureLengths(request, reply([200, 100], { ...usage, ...changed }), estimate).suffixTokens;
    expect(suffixOf({})).toBe(7);
    expect(suffixOf({ cached: 1, packedTokens: 153 })).toBe(3);
  });

  test('are counted where the reply has them, and estimated elsewhere', () => {
    const request = testRequest('q', ['a', 'b', 'c']);
    const counted = reply([200, 100], { prefixTokens: 50 });
    expect(measureLengths(request, counted, estimate)).toEqual({
      prefixTokens: 50,
      candidateTokens: [200, 100, 9],
      suffixTokens: 3,
    });
    expect(measureLengths(request, undefined, estimate)).toEqual({
      prefixTokens: 8,
      candidateTokens: [9, 9, 9],
      suffixTokens: 3,
    });
  });
});
