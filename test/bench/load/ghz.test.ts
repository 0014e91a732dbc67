import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { findGhz, ghzArguments, readCalls, runGhz } from '../../../bench/load/ghz.ts';
import { parseLoadOptions } from '../../../bench/load/options.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

describe('ghz', () => {
  test('has the arguments of an open loop that awaits every answer', () => {
    const options = parseLoadOptions(['--rps', '5', '--seconds', '60', '--deadline', '800']);
    const args = ghzArguments(options, { requests: 'r', output: 'o' }, 'host:1');
    expect(args).toEqual(
      expect.arrayContaining(['--async', '--rps=5', '--total=300', '--timeout=800ms', 'host:1']),
    );
  });

  test('that is missing gives an error that says how to install it', () => {
    expect(() => findGhz('/nowhere/ghz')).toThrow(/go install github\.com\/bojand\/ghz\/cmd\/ghz/);
  });

  test('that fails or hangs gives an error with its output', async () => {
    const fail = ['-e', 'console.error("bad flag"); process.exitCode = 2'];
    await expect(runGhz(process.execPath, fail, 60_000)).rejects.toThrow(
      /ended with 2 .*\nbad flag/s,
    );
    const hang = ['-e', 'setInterval(() => {}, 1000)'];
    await expect(runGhz(process.execPath, hang, 1)).rejects.toThrow(/ended with a signal/);
  });

  test('reports the end and the latency of each call', async () => {
    const details = [
      { timestamp: '2026-01-01T00:00:01.5Z', latency: 250_000_000, error: '', status: 'OK' },
    ];
    const file = join(temporaryFolder({ 'o.json': JSON.stringify({ details }) }), 'o.json');
    const endedAtMs = Date.UTC(2026, 0, 1, 0, 0, 1, 500);
    expect(await readCalls(file)).toEqual([
      { startedAtMs: endedAtMs - 250, endedAtMs, status: 'OK' },
    ]);
  });
});
