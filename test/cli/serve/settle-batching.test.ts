import { expect, jest, test } from '@jest/globals';
import { settleBatching } from '../../../src/cli/serve/settle-batching.ts';
import { parseConfig } from '../../../src/config/config.ts';
import type { StopSignal } from '../../../src/cli/shared/signals.ts';
import type { measureBatching } from '../../../src/pool/batching/measure-batching.ts';
import { testManifest } from '../../support/serving/test-server.ts';

const { cpu } = testManifest.graphs;
const model = { manifest: { ...testManifest, graphs: { cpu, cuda: cpu } }, files: {} };

type Stop = (signal: StopSignal, status: number) => void;

/** Settles with flags, a GPU that is measured by `measure`, and signals that `stops` can send. */
async function settled(
  flags: readonly string[],
  measure?: typeof measureBatching,
  stops: Stop[] = [],
) {
  const lines: string[] = [];
  const line = (_: unknown, message = '') => void lines.push(message);
  const log = { debug: line, info: line, warn: line, error: line };
  const signals = { onStop: (stop: Stop) => void stops.push(stop), onReload() {} };
  const config = { ...parseConfig({}, flags, 2), model: 'folder' };
  const result = await settleBatching({
    config,
    model,
    log,
    signals,
    ...(measure === undefined ? {} : { measure }),
  });
  return { ...result, lines, before: config };
}

test('on CPU nothing changes, and the log says what holds', async () => {
  const { config, before, lines } = await settled(['--devices=cpu:2']);
  expect(config).toEqual(before);
  expect(lines).toEqual([
    'token_budget 1024 (the default on cpu), devices cpu#0,cpu#1 (given by --devices), ' +
      'encoders 1 (the default on cpu, by the number of cores)',
  ]);
});

test('on CUDA batches that fill the budgets are measured, and the best one is served', async () => {
  const packed: number[] = [];
  const { config, choices } = await settled(['--devices=cuda:0'], (bounds, { pack }) => {
    const measured = bounds.tokenBudgets.map((tokenBudget) => {
      const packedTokens = pack(tokenBudget).tokens;
      packed.push(packedTokens / tokenBudget);
      return { replicas: 2, tokenBudget, packedTokens, runMs: 10 };
    });
    return Promise.resolve({ measured });
  });
  expect(Math.max(...packed)).toBeLessThanOrEqual(1);
  expect(Math.min(...packed)).toBeGreaterThan(0.9);
  expect(config).toMatchObject({ tokenBudget: 32_768, devices: [{ name: 'cuda:0' }, {}] });
  expect(choices[0]?.reason).toMatch(/^measured \d+ tokens\/ms with 2 replicas of 32768 tokens/);
});

test('a signal stops the measuring, and then ends the process with its status', async () => {
  jest.useFakeTimers(); // A batch that never ends would have the process killed.
  const exit = jest.spyOn(process, 'exit').mockImplementation(() => {
    throw new Error('exited');
  });
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const stops: Stop[] = [];
  const wasStopped: boolean[] = [];
  try {
    const ended = settled(
      ['--devices=cuda:0'],
      (_, { signal }) => {
        stops[0]?.('SIGTERM', 143);
        wasStopped.push(signal.aborted, exit.mock.calls.length === 0);
        return Promise.resolve({ measured: [] });
      },
      stops,
    );
    await expect(ended).rejects.toThrow('exited');
    expect(wasStopped).toEqual([true, true]);
    expect(exit).toHaveBeenCalledWith(143);
    expect(write).toHaveBeenCalledWith(expect.stringContaining('SIGTERM while starting'));
  } finally {
    jest.useRealTimers();
    jest.restoreAllMocks();
  }
});
