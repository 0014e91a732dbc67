import { afterAll, beforeEach, expect, test } from '@jest/globals';
import type { Manifest } from '../../../src/model/manifest.ts';
import { createEncoderPool } from '../../../src/pool/encoders/encoder-pool.ts';
import { workerEntry } from '../../../src/pool/threads/worker-entry.ts';

/** A pool whose threads end at the text 'die', this many times. */
const entry = workerEntry(new URL('../../support/threads/mortal-encode.ts', import.meta.url));
const limits = { prefixTokens: 512, candidateTokens: 64, rowTokens: 1024 };
const deaths = new Int32Array(new SharedArrayBuffer(4));
const pool = createEncoderPool(
  entry,
  { modelDir: '', manifest: {} as Manifest, limits, deaths } as never,
  1,
);

beforeEach(() => {
  deaths[0] = 0;
});
afterAll(() => pool.close());

test('the message of an encoder that dies is sent to the next one', async () => {
  deaths[0] = 1;
  expect(await pool.tokenize(['die'])).toEqual([Int32Array.of(3)]);
  expect(deaths[0]).toBe(0);
});

test('a message that kills two encoders fails, and the next message is served', async () => {
  deaths[0] = 2;
  await expect(pool.tokenize(['die'])).rejects.toThrow(/exit/);
  expect(await pool.tokenize(['live'])).toEqual([Int32Array.of(4)]);
});
