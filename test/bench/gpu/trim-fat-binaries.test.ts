import { expect, test } from '@jest/globals';
import { trimFatBinaries } from '../../../bench/gpu/pack/trim-fat-binaries.ts';

const ptx = 1;
const machineCode = 2;
type Entry = readonly [kind: number, architecture: number, code: string];

/** A container of device code: a header of 16 bytes, and entries with headers of 64 bytes. */
function container(entries: readonly Entry[]): Buffer {
  const bodies = entries.map(([kind, architecture, code]) => {
    const header = Buffer.alloc(64);
    header.writeUInt16LE(kind, 0);
    header.writeUInt32LE(64, 4);
    header.writeBigUInt64LE(BigInt(code.length), 8);
    header.writeUInt32LE(architecture, 28);
    return Buffer.concat([header, Buffer.from(code)]);
  });
  const body = Buffer.concat(bodies);
  const header = Buffer.alloc(16);
  header.writeUInt32LE(0xba55ed50, 0);
  header.writeUInt16LE(16, 6);
  header.writeBigUInt64LE(BigInt(body.length), 8);
  const padding = Buffer.alloc((8 - (body.length % 8)) % 8);
  return Buffer.concat([header, body, padding]);
}

/** An ELF file with the sections of the names, and one of the sections' names behind them. */
function library(sections: Readonly<Record<string, Buffer>>): Buffer {
  const names = Buffer.from(`\0${Object.keys(sections).join('\0')}\0`);
  const all = [...Object.entries(sections), ['', names] as const];
  const headers = Buffer.alloc(64 * all.length);
  let offset = 64;
  all.forEach(([name, data], place) => {
    headers.writeUInt32LE(name === '' ? 0 : names.indexOf(`${name}\0`), 64 * place);
    headers.writeBigUInt64LE(BigInt(offset), 64 * place + 24);
    headers.writeBigUInt64LE(BigInt(data.length), 64 * place + 32);
    offset += data.length;
  });
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01', 'latin1');
  header.writeBigUInt64LE(BigInt(offset), 0x28);
  header.writeUInt16LE(64, 0x3a);
  header.writeUInt16LE(all.length, 0x3c);
  header.writeUInt16LE(all.length - 1, 0x3e);
  return Buffer.concat([header, ...all.map(([, data]) => data), headers]);
}

test('machine code of other architectures is zeroed, and the length stays', () => {
  const file = library({
    '.nv_fatbin': container([
      [machineCode, 80, 'eighty'],
      [machineCode, 90, 'ninety'],
      [ptx, 90, 'portable'],
    ]),
  });
  const { length } = file;
  expect(trimFatBinaries(file, 90)).toEqual({ containers: 1, keptBytes: 6, zeroedBytes: 14 });
  expect(file).toHaveLength(length);
  expect(['eighty', 'ninety', 'portable'].map((code) => file.includes(code))).toEqual([
    false,
    true,
    false,
  ]);
});

test('without own machine code the latest PTX that the GPU can compile is kept', () => {
  const file = library({
    '.nv_fatbin': container([
      [ptx, 75, 'old-ptx'],
      [ptx, 80, 'new-ptx'],
      [ptx, 120, 'too-new-ptx'],
      [machineCode, 80, 'machine'],
    ]),
  });
  trimFatBinaries(file, 90);
  expect(
    ['old-ptx', 'new-ptx', 'too-new-ptx', 'machine'].filter((code) => file.includes(code)),
  ).toEqual(['new-ptx']);
});

test('every container of every section with device code is trimmed, and no other section', () => {
  const own = container([[machineCode, 80, 'remove']]);
  const file = library({
    '.text': Buffer.from(own),
    '.nv_fatbin': Buffer.concat([own, Buffer.alloc(16), own]),
    __nv_relfatbin: Buffer.from(own),
  });
  expect(trimFatBinaries(file, 90)).toEqual({ containers: 3, keptBytes: 0, zeroedBytes: 18 });
  expect(file.indexOf('remove')).toBe(64 + 16 + 64);
  expect(file.lastIndexOf('remove')).toBe(64 + 16 + 64);
});

test('what is not a library is refused', () => {
  expect(() => trimFatBinaries(Buffer.alloc(64), 90)).toThrow(/not a 64-bit ELF file/);
});

test('a container whose entries do not fill it is refused', () => {
  const broken = container([[ptx, 80, 'text']]);
  broken.writeBigUInt64LE(70n, 8);
  expect(() => trimFatBinaries(library({ '.nv_fatbin': broken }), 90)).toThrow(/but its entries/);
});
