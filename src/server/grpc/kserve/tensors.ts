import { isUtf8 } from 'node:buffer';
import { invalidRequest } from '../../../desk/violations.ts';
import type { WireModelInferRequest } from '../../../proto/generated/inference/ModelInferRequest.ts';

/** Texts and scores as tensors of the Open Inference Protocol. */

type Input = WireModelInferRequest['inputs'][number];

const lengthBytes = 4;

/**
 * The texts of the input with this name: a tensor of type BYTES and shape [B] or [B, 1], whose
 * contents are in its own field or, raw, beside the inputs.
 *
 * @throws RankError `invalid-argument` naming the input.
 */
export function readTexts(
  { inputs, rawInputContents }: Pick<WireModelInferRequest, 'inputs' | 'rawInputContents'>,
  name: string,
): readonly string[] {
  const place = inputs.findIndex((input) => input.name === name);
  const { [place]: input } = inputs;
  if (input === undefined) {
    const given = inputs.map((each) => each.name.slice(0, 100)).join(', ');
    refuse('inputs', `have no '${name}'; found: ${given}`);
  }
  const field = `inputs[${place}] '${name}'`;
  if (input.datatype !== 'BYTES') {
    refuse(field, `has the datatype '${input.datatype.slice(0, 100)}'; BYTES is needed`);
  }
  const count = countRows(input, field);
  const raw = rawInputContents[place];
  const texts =
    raw === undefined ? (input.contents?.bytesContents ?? []) : splitRaw(raw, count, field);
  if (texts.length !== count) {
    refuse(field, `has ${texts.length} texts; its shape [${input.shape.join()}] has ${count}`);
  }
  return texts.map((bytes, row) => {
    if (!isUtf8(bytes)) {
      refuse(field, `has a text at ${row} that is not UTF-8`);
    }
    return bytes.toString();
  });
}

function countRows({ shape }: Input, field: string): number {
  const [rows, columns = '1', ...more] = shape;
  if (rows === undefined || columns !== '1' || more.length > 0) {
    refuse(field, `has the shape [${shape.slice(0, 8).join()}]; [B] or [B, 1] is needed`);
  }
  return Number(rows);
}

/** Each text is behind its length, four bytes, little-endian. */
function splitRaw(raw: Buffer, count: number, field: string): readonly Buffer[] {
  const texts: Buffer[] = [];
  let place = 0;
  while (place + lengthBytes <= raw.length && texts.length <= count) {
    const end = place + lengthBytes + raw.readUInt32LE(place);
    if (end > raw.length) {
      break;
    }
    texts.push(raw.subarray(place + lengthBytes, end));
    place = end;
  }
  if (place !== raw.length) {
    refuse(field, `has raw contents that are not ${count} texts behind their lengths`);
  }
  return texts;
}

/** Values as raw contents, little-endian. */
export function writeFloats(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeFloatLE(value, 4 * i));
  return bytes;
}

export function writeIntegers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeInt32LE(value, 4 * i));
  return bytes;
}

function refuse(field: string, description: string): never {
  throw invalidRequest([{ field, description }]);
}
