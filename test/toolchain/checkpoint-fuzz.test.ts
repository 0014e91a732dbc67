import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { CheckpointError } from '../../src/toolchain/files/checkpoint.ts';
import { expectedTensors } from '../../src/toolchain/checkpoint/config/tensors.ts';
import { openCheckpoint } from '../../src/toolchain/checkpoint/open-checkpoint.ts';
import { ScratchFolder } from '../support/checkpoints/folder.ts';
import { array, ggufBytes, text } from '../support/checkpoints/gguf.ts';
import {
  safetensorsBytes,
  safetensorsSpec,
  tinyBlueprint,
  tinyConfig,
  tinyGguf,
} from '../support/checkpoints/tiny.ts';

const scratch = new ScratchFolder();
afterAll(() => {
  jest.restoreAllMocks();
  scratch.remove();
});

interface Damage {
  readonly writes: readonly (readonly [at: number, byte: number])[];
  readonly length: number;
}

/** A few bytes written over, most often small or extreme ones, and perhaps the end cut off. */
function damage(length: number, headerBytes: number): fc.Arbitrary<Damage> {
  const at = fc.oneof({ weight: 4, arbitrary: fc.nat(headerBytes - 1) }, fc.nat(length - 1));
  const byte = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat(255));
  return fc.record({
    writes: fc.array(fc.tuple(at, byte), { maxLength: 6 }),
    length: fc.oneof({ weight: 3, arbitrary: fc.constant(length) }, fc.nat(length)),
  });
}

function apply(bytes: Buffer, { writes, length }: Damage): Buffer {
  const damaged = Buffer.from(bytes);
  for (const [at, byte] of writes) {
    damaged[at] = byte;
  }
  return damaged.subarray(0, length);
}

/** Reads all there is. Returns bytes of the largest tensor, or the refusal. */
async function readWhole(path: string): Promise<number | CheckpointError> {
  try {
    const checkpoint = await openCheckpoint(path);
    try {
      let largest = 0;
      for (const name of checkpoint.shapes.keys()) {
        largest = Math.max(largest, (await checkpoint.readTensor(name)).byteLength);
      }
      return largest;
    } finally {
      await checkpoint.close();
    }
  } catch (error) {
    if (error instanceof CheckpointError) {
      return error;
    }
    throw error;
  }
}

interface Target {
  readonly damaged: string;
  readonly opened: string;
  /** Of all files it consists of, undamaged. */
  readonly bytes: number;
}

/** Opens or is refused; and nothing it allocates exceeds what the files' bytes can stand for. */
async function assertContained(target: Target, bytes: Buffer): Promise<boolean> {
  const allocate = jest.spyOn(Buffer, 'alloc');
  writeFileSync(target.damaged, bytes);
  const outcome = await readWhole(target.opened);
  const largest = Math.max(0, ...allocate.mock.calls.map(([size]) => size));
  allocate.mockRestore();
  expect(largest).toBeLessThanOrEqual(target.bytes);
  const isRefused = outcome instanceof CheckpointError;
  // Two values to a byte at most, four bytes to a value.
  expect(isRefused ? 0 : outcome).toBeLessThanOrEqual(8 * target.bytes);
  return isRefused;
}

/** Runs the damages, and sees to it that they are neither all fatal nor all harmless. */
async function fuzz(target: Target, bytes: Buffer, headerBytes: number): Promise<void> {
  const outcomes = { opened: 0, refused: 0 };
  const property = fc.asyncProperty(damage(bytes.length, headerBytes), async (harm) => {
    const isRefused = await assertContained(target, apply(bytes, harm));
    outcomes[isRefused ? 'refused' : 'opened']++;
  });
  await fc.assert(property, { numRuns: 250, seed: 20_240_607 });
  expect(outcomes.opened).toBeGreaterThan(20);
  expect(outcomes.refused).toBeGreaterThan(20);
}

const config = Buffer.from(JSON.stringify(tinyConfig()));
const weights = safetensorsBytes(safetensorsSpec(expectedTensors(tinyBlueprint)));
/** Also with an array, as a vocabulary has. */
const gguf = ggufBytes({
  ...tinyGguf(),
  metadata: [...tinyGguf().metadata, ['tokens', 9, array(8, ['a', 'bc', ''].map(text))]],
});

describe('a damaged checkpoint opens or is refused', () => {
  test('as GGUF', async () => {
    const path = join(scratch.path, 'tiny.gguf');
    const target = { damaged: path, opened: path, bytes: gguf.length };
    await fuzz(target, gguf, gguf.indexOf('blk.0.ffn_down.weight'));
  });

  test.each([
    ['model.safetensors', weights, weights.lastIndexOf('}')],
    ['config.json', config, config.length],
  ])('as %s', async (name, bytes, headerBytes) => {
    scratch.write('config.json', config);
    scratch.write('model.safetensors', weights);
    const total = config.length + weights.length;
    const target = { damaged: join(scratch.path, name), opened: scratch.path, bytes: total };
    await fuzz(target, bytes, headerBytes);
  });

  test('with any JSON value in place of a field', async () => {
    const { header, data } = safetensorsSpec(expectedTensors(tinyBlueprint));
    const target = { opened: scratch.path, bytes: 4 * (config.length + weights.length) };
    const [configPath, weightsPath] = ['config.json', 'model.safetensors'].map((name) =>
      join(scratch.path, name),
    ) as [string, string];
    const name = fc.constantFrom(...Object.keys(header));
    const field = fc.constantFrom(...Object.keys(tinyConfig()), 'head_dim', 'rope_parameters');
    const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.array(fc.integer(), { maxLength: 3 }));
    const property = fc.asyncProperty(name, field, value, async (tensor, key, found) => {
      scratch.write('model.safetensors', weights);
      const changed = Buffer.from(JSON.stringify(tinyConfig({ [key]: found })));
      await assertContained({ ...target, damaged: configPath }, changed);
      scratch.write('config.json', config);
      const parts = ['dtype', 'shape', 'data_offsets'];
      const entries = parts.map(
        (part) => ({ ...Object(header[tensor]), [part]: found }) as unknown,
      );
      for (const entry of [...entries, found]) {
        const bytes = safetensorsBytes({ header: { ...header, [tensor]: entry }, data });
        await assertContained({ ...target, damaged: weightsPath }, bytes);
      }
    });
    await fc.assert(property, { numRuns: 100, seed: 20_240_607 });
  });
});
