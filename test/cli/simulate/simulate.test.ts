import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { run } from '../../../src/cli/simulate/simulate.ts';
import { formatShape } from '../../../src/domain/traffic.ts';
import { captureOutput } from '../../support/captured-output.ts';

const output = captureOutput();

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slmrank-simulate-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const short = ['--seconds', '60', '--shape', '63+8xpostings'];

describe('slmrank simulate', () => {
  test('prints latencies, goodput, and how busy each replica is', async () => {
    expect(await run([...short, '--rps', '0.2', '--replicas', '3'])).toBe(0);
    expect(output.stdout).toMatch(/^\d+ requests in \d+\.\d s: \d+ scored$/m);
    expect(output.stdout).toMatch(
      /^latency of scored requests: p50 \d+ ms, p95 \d+ ms, p99 \d+ ms$/m,
    );
    expect(output.stdout).toMatch(/^0 +cpu#2 +\d+\.\d %$/m);
  });

  test('counts refused requests under too much traffic with deadlines, as JSON', async () => {
    const flags = ['--rps', '5', '--deadline', '20000', '--clients', '2', '--json'];
    expect(await run([...short, ...flags])).toBe(0);
    const report: unknown = JSON.parse(output.stdout);
    expect(report).toMatchObject({
      outcomes: { scored: expect.any(Number), rejected: expect.any(Number) },
      reasons: { PREDICTED_LATE: expect.any(Number) },
    });
  });

  test('plans the fewest replicas for a p99', async () => {
    expect(await run([...short, '--rps', '0.4', '--plan', '--target-p99', '15000'])).toBe(0);
    expect(output.stdout).toMatch(
      /^\d+ replicas per server keep p99 <= 15000 ms with 99 % scored$/m,
    );
  });

  test('a plan with stored items also says what the same traffic needs by text', async () => {
    const plan = ['--rps', '2', '--plan', '--target-p99', '15000'];
    expect(await run([...short, ...plan, '--by-id', '1', '--json'])).toBe(0);
    const { replicas, byText } = JSON.parse(output.stdout) as {
      replicas: number;
      byText: { replicas: number };
    };
    expect(replicas).toBeLessThan(byText.replicas);
    output.stdout = '';
    expect(await run([...short, ...plan, '--by-id', '1'])).toBe(0);
    expect(output.stdout).toContain(
      `${replicas} replicas per server keep p99 <= 15000 ms with 99 % scored\n` +
        `the same traffic by text alone: ${byText.replicas} replicas per server\n`,
    );
  });

  test('a stored item has the tokens of the option, and those of the suffix', async () => {
    const flags = ['--rps', '0.5', '--by-id', '1', '--replicas', '1', '--json', ...short];
    const tokens = async (...more: string[]) => {
      output.stdout = '';
      await run([...flags, ...more]);
      return (JSON.parse(output.stdout) as { tokensPerBatch: number }).tokensPerBatch;
    };
    expect(await tokens('--item-tokens', '10')).toBeLessThan(await tokens('--item-tokens', '60'));
  });

  test('says so when no number of replicas is enough', async () => {
    expect(await run([...short, '--rps', '0.1', '--plan', '--target-p99', '1'])).toBe(1);
    expect(output.stdout).toMatch(
      /^no number of replicas keeps p99 <= 1 ms: one request alone \(8 candidates, \d+ tokens\) takes \d+ ms, over the target of 1 ms\.$/m,
    );
    expect(output.stdout).toMatch(
      /^What would help: fewer .*not even one.* times as fast, or a target/m,
    );
  });

  test('replays captured traffic with costs from a file', async () => {
    const trace = join(folder, 'trace.jsonl');
    const shape = { prefixTokens: 60, deadlineMs: undefined, class: 'interactive' } as const;
    const lines = [0, 1, 2].map((i) =>
      formatShape({ ...shape, atMs: 1e12 + 1_000 * i, candidateTokens: [100, 200] }),
    );
    writeFileSync(trace, lines.join(''));
    const cost = join(folder, 'costs.json');
    const kind = {
      kind: 'cuda',
      runs: 9,
      fixedMs: 2,
      tokenMs: 0.01,
      slotMs: 0,
      slotsPerToken: 200,
    };
    writeFileSync(cost, JSON.stringify({ kinds: [kind], replicas: [] }));
    const flags = ['--trace', trace, '--cost', cost, '--spread', '0', '--replicas', '1', '--json'];
    expect(await run(flags)).toBe(0);
    // 60 + 120 + 220 tokens, and the fixed cost.
    expect(JSON.parse(output.stdout)).toMatchObject({
      requests: 3,
      latencyMs: { p50: expect.closeTo(6, 6), p99: expect.closeTo(6, 6) },
    });
  });

  test('balances many servers, with failures from a file', async () => {
    const failures = join(folder, 'failures.json');
    const rack = { kind: 'rack', share: 0.1, atSeconds: 5, untilSeconds: 30, detectSeconds: 10 };
    writeFileSync(failures, JSON.stringify({ failures: [rack] }));
    const fleet = ['--servers', '50', '--replicas', '1', '--channels', '5', '--subset', '20'];
    const load = ['--rps', '4', '--deadline', '30000', '--policy', 'weighted_round_robin'];
    expect(await run([...short, ...fleet, ...load, '--failures', failures, '--day'])).toBe(0);
    expect(output.stdout).toMatch(
      /^busy share of 50 replicas: least \d+\.\d %, median \d+\.\d %, most \d+\.\d %$/m,
    );
    await expect(run(['--failures', join(folder, 'none.json')])).rejects.toThrow(/none\.json/);
  });

  test('refuses failures of a replica that the servers do not have', async () => {
    const failures = join(folder, 'failures.json');
    const span = { servers: 1, atSeconds: 0, untilSeconds: 1 };
    const slow = { kind: 'slow', factor: 3, replica: 2, ...span };
    writeFileSync(failures, JSON.stringify({ failures: [{ kind: 'crash', ...span }, slow] }));
    await expect(run(['--failures', failures, '--replicas', '2'])).rejects.toThrow(
      `${failures}: 'failures[1].replica' is 2; each server has 2, counted from 0`,
    );
  });

  test('bursts make the slowest requests slower', async () => {
    const p99 = async (...more: string[]) => {
      output.stdout = '';
      await run([...short, '--seconds', '600', '--rps', '0.3', '--json', ...more]);
      return (JSON.parse(output.stdout) as { latencyMs: { p99: number } }).latencyMs.p99;
    };
    expect(await p99('--bursts', '50')).toBeGreaterThan(1.2 * (await p99()));
  });

  test.each([
    [['--policy', 'ring_hash'], /--policy is 'ring_hash'; allowed: pick_first, round_robin, /],
    [['--gpu-rates', '1,x'], /gpu-rates/],
  ])('refuses %j', async (args, message) => {
    await expect(run(args)).rejects.toThrow(message);
  });

  test.each([[['--shape', 'big'], /--shape: 'big' is no shape; allowed: PREFIX/]])(
    'refuses %j',
    async (args, message) => {
      await expect(run(args)).rejects.toThrow(message);
    },
  );
});
