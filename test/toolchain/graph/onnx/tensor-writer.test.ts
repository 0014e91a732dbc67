import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { WeightsFile } from '../../../../src/toolchain/graph/onnx/weights-file.ts';
import { TensorWriter } from '../../../../src/toolchain/graph/onnx/tensor-writer.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

async function write(
  precision: 'fp32' | 'fp16' | 'int8',
  action: (writer: TensorWriter) => Promise<void>,
) {
  const path = join(temporaryFolder(), 'weights.bin');
  const file = await WeightsFile.create(path);
  const writer = new TensorWriter(file, precision, 'some.gguf');
  await action(writer);
  await file.finish();
  const bytes = readFileSync(path);
  return writer.initializers.map(({ name, type, dims, data }) => {
    const { offset, bytes: length } = data.kind === 'external' ? data : { offset: 0, bytes: 0 };
    return { name, type, dims, bytes: [...bytes.subarray(offset, offset + length)] };
  });
}

describe('a tensor writer', () => {
  it('writes halves in fp16, except what must be precise', async () => {
    const values = Float32Array.of(1, -2);
    const written = await write('fp16', async (writer) => {
      await writer.write('w', values, [2]);
      await writer.writePrecise('norm', values, [1, 2]);
    });
    const floats = [...new Uint8Array(values.buffer)];
    expect(written).toEqual([
      { name: 'w', type: 'float16', dims: [2], bytes: [0, 0x3c, 0, 0xc0] },
      { name: 'norm', type: 'float32', dims: [1, 2], bytes: floats },
    ]);
    expect(await write('int8', (writer) => writer.write('w', values, [2]))).toEqual([
      { name: 'w', type: 'float32', dims: [2], bytes: floats },
    ]);
  });

  it('refuses a value beyond fp16, naming tensor and place', async () => {
    const writing = write('fp16', (writer) => writer.write('w', Float32Array.of(1, 7e4), [2]));
    await expect(writing).rejects.toThrow(
      'some.gguf: tensor w: value 70000 at 1 does not fit fp16 (at most 65504); build fp32',
    );
  });

  it.each([
    [true, [3, 2], [1, 4, 2, 5, 3, 6]],
    [false, [2, 3], [1, 2, 3, 4, 5, 6]],
  ])('writes integers and scales (transposed: %p)', async (isTransposed, dims, bytes) => {
    const values = Int8Array.of(1, 2, 3, 4, 5, 6);
    const written = await write('int8', (writer) =>
      writer.writeInt8(
        { name: 'w', scales: 'w.scale', isTransposed },
        { values, scales: Float32Array.of(1, 2) },
      ),
    );
    expect(written[0]).toEqual({ name: 'w', type: 'int8', dims, bytes });
    expect(written[1]).toMatchObject({ name: 'w.scale', type: 'float32', dims: [2] });
  });
});
