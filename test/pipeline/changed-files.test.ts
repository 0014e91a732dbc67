import { afterEach, describe, expect, test } from '@jest/globals';
import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../src/base/clock.ts';
import { parseDeviceSlots } from '../../src/config/device-slots.ts';
import { verifyModel } from '../../src/model/verified-model.ts';
import { createPipeline } from '../../src/pipeline/create-pipeline.ts';
import type { Pipeline } from '../../src/pipeline/pipeline.ts';
import { buildHfTiny } from '../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { noDeadline, testConfig, testRequest } from '../support/models/tiny-pipeline.ts';

/** A real model in real threads, whose files change while it serves. */

let pipeline: Pipeline | undefined;
afterEach(() => pipeline?.drain());

async function serve() {
  const dir = temporaryFolder();
  await buildHfTiny('llama', dir);
  const { manifest, files: verified } = await verifyModel(dir, systemClock);
  const devices = parseDeviceSlots('cpu:1');
  const config = testConfig({ model: dir, devices, prefixTokens: 500, candidateTokens: 500 });
  const served = createPipeline({ config, manifest, verified });
  pipeline = served;
  await served.warm();
  const rank = async (query: string) => {
    const request = testRequest(query, ['a baker', 'a nurse'], { useCache: true });
    return (await served.rank(request, noDeadline())).results.map(({ logit }) => logit);
  };
  return { dir, served, rank, weights: join(dir, 'weights.bin') };
}

/** One bit in every 64 bytes. */
function spoil(path: string): Buffer {
  return Buffer.from(readFileSync(path).map((byte, place) => (place % 64 === 1 ? byte ^ 1 : byte)));
}

describe('weights that change under a server', () => {
  test('by a replacement do not change scores, and no replica can be added', async () => {
    const { rank, served, weights } = await serve();
    const before = await rank('which job');
    writeFileSync(`${weights}.new`, spoil(weights));
    renameSync(`${weights}.new`, weights);
    await expect(served.pool.resize(parseDeviceSlots('cpu:2'))).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringMatching(
        /^cpu#1 did not load: .*weights\.bin is not the file that was verified: it has SHA-256 /,
      ),
    });
    expect(served.replicas().map(({ phase }) => phase)).toEqual(['ready']);
    expect(await rank('another job')).not.toEqual(before);
    expect(await rank('which job')).toEqual(before);
  });

  test('in place give no scores and fill no cache, and the right ones serve again', async () => {
    const { rank, served, weights } = await serve();
    const before = await rank('which job');
    const right = readFileSync(weights);
    overwrite(weights, spoil(weights));
    const failure: unknown = await rank('another job').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      kind: expect.stringMatching(/^(replica-failed|unavailable)$/),
    });
    expect(served.replicas()[0]).toMatchObject({
      phase: expect.stringMatching(/^(failed|loading|quarantined)$/),
    });
    expect(await rank('which job')).toEqual(before);
    overwrite(weights, right);
    await served.pool.release('cpu#0');
    const after = await rank('another job');
    expect(after).toHaveLength(2);
    expect(served.gauges().cacheEntries).toBe(4);
  });
});

function overwrite(path: string, bytes: Buffer): void {
  const descriptor = openSync(path, 'r+');
  writeSync(descriptor, bytes);
  closeSync(descriptor);
}
