/** What was kept and zeroed, in bytes of device code. */
export interface Trimmed {
  readonly containers: number;
  readonly keptBytes: number;
  readonly zeroedBytes: number;
}

interface Entry {
  readonly kind: number;
  readonly architecture: number;
  readonly start: number;
  readonly bytes: number;
}

const containerMagic = 0xba55ed50;
/** Kinds of an entry: PTX, which the driver can compile for later GPUs, and machine code. */
const ptx = 1;
const machineCode = 2;

/**
 * Zeroes the device code in a shared library (ELF, 64 bit) that a GPU of one architecture, such as
 * 90, does not load. Headers and sizes stay, so the library still loads; it compresses to a
 * fraction. Of a container without code for the architecture, the latest PTX that suits it stays.
 * For measurements only: other GPUs cannot use the result.
 *
 * The layout of containers is that of the header fatbinary_section.h of the CUDA toolkit, and of
 * entries as `cuobjdump` lists them.
 *
 * @throws Error when the file is no such library.
 */
export function trimFatBinaries(library: Buffer, architecture: number): Trimmed {
  if (library.readUInt32BE(0) !== 0x7f454c46 || library[4] !== 2) {
    throw new Error('the library is not a 64-bit ELF file');
  }
  const sum = { containers: 0, keptBytes: 0, zeroedBytes: 0 };
  for (const { start, end } of fatSections(library)) {
    for (const entries of containersIn(library, start, end)) {
      sum.containers += 1;
      const kept = entriesToKeep(entries, architecture);
      for (const entry of entries) {
        if (kept.includes(entry)) {
          sum.keptBytes += entry.bytes;
        } else {
          sum.zeroedBytes += entry.bytes;
          library.fill(0, entry.start, entry.start + entry.bytes);
        }
      }
    }
  }
  return sum;
}

function entriesToKeep(entries: readonly Entry[], architecture: number): readonly Entry[] {
  const own = entries.filter(
    (entry) => entry.kind === machineCode && entry.architecture === architecture,
  );
  const usable = entries
    .filter((entry) => entry.kind === ptx && entry.architecture <= architecture)
    .toSorted((a, b) => b.architecture - a.architecture);
  return own.length > 0 ? own : usable.slice(0, 1);
}

/** The sections of an ELF file that contain device code. */
function fatSections(library: Buffer): { readonly start: number; readonly end: number }[] {
  const headers = number64(library, 0x28);
  const size = library.readUInt16LE(0x3a);
  const count = library.readUInt16LE(0x3c);
  const header = (place: number) => headers + place * size;
  const offsetOf = (place: number) => number64(library, header(place) + 24);
  const names = offsetOf(library.readUInt16LE(0x3e));
  const sections = [];
  for (let place = 0; place < count; place++) {
    const name = names + library.readUInt32LE(header(place));
    const text = library.toString('latin1', name, library.indexOf(0, name));
    if (text.startsWith('.nv_fatbin') || text.startsWith('__nv_relfatbin')) {
      const start = offsetOf(place);
      sections.push({ start, end: start + number64(library, header(place) + 32) });
    }
  }
  return sections;
}

/** A container is a header of 16 bytes or more and its entries; containers are aligned to 8. */
function* containersIn(library: Buffer, start: number, end: number): Generator<readonly Entry[]> {
  let place = start;
  while (place + 16 <= end) {
    if (library.readUInt32LE(place) !== containerMagic) {
      place += 8;
      continue;
    }
    const first = place + library.readUInt16LE(place + 6);
    const last = first + number64(library, place + 8);
    yield entriesIn(library, first, last);
    place = Math.ceil(last / 8) * 8;
  }
}

function entriesIn(library: Buffer, first: number, last: number): readonly Entry[] {
  const entries: Entry[] = [];
  let place = first;
  while (place < last) {
    const headerBytes = library.readUInt32LE(place + 4);
    const bytes = number64(library, place + 8);
    entries.push({
      kind: library.readUInt16LE(place),
      architecture: library.readUInt32LE(place + 28),
      start: place + headerBytes,
      bytes,
    });
    place += headerBytes + bytes;
  }
  if (place !== last) {
    throw new Error(`a container of device code ends at ${last}, but its entries at ${place}`);
  }
  return entries;
}

/** Offsets and sizes are far below 2^53. */
function number64(library: Buffer, place: number): number {
  return Number(library.readBigUInt64LE(place));
}
