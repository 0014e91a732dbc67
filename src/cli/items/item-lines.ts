import { JsonRecord } from '../../base/files/json-record.ts';
import type { Line } from '../../base/files/read-lines.ts';
import type { Item, Summary } from '../../items/item/item.ts';
import type { ItemPut } from '../../items/store/item-store.ts';

/** A line of a file: an item, or a summary of one, as `slmrank compress` writes it. */
export type ItemLine =
  | { readonly kind: 'item'; readonly item: ItemPut; readonly summary: Summary | undefined }
  | { readonly kind: 'summary'; readonly id: string; readonly summary: Summary };

const number = { min: 0, max: 2 ** 32 - 1 };
/** Methods and their versions are part of the store's keys. */
const name = /^.{1,200}$/;

/**
 * `version` is for items without one.
 *
 * @throws RankError that names file, line and field.
 */
export function parseItemLine(line: Line, version: bigint): ItemLine {
  const record = JsonRecord.parse(line.text, `${line.file}:${line.line}`);
  const id = record.key(record.has('_id') ? '_id' : 'id');
  if (record.isRecord('metadata') && record.record('metadata').has('kept')) {
    const summary = parseSummary(record.record('metadata'), record.text('text'));
    return { kind: 'summary', id, summary };
  }
  const title = record.has('title') ? record.text('title') : '';
  const item = {
    id,
    version: record.has('version') ? parseVersion(record) : version,
    title: title === '' ? undefined : title,
    text: record.text('text'),
  };
  if (!record.has('summary')) {
    return { kind: 'item', item, summary: undefined };
  }
  const made = record.record('summary');
  return { kind: 'item', item, summary: parseSummary(made, made.text('text')) };
}

/** The item as a line, without the line's end; `parseItemLine` reads it. */
export function formatItemLine({ id, version, title, text, summary }: Item): string {
  return JSON.stringify({
    _id: id,
    // As text: JSON's numbers are read with 53 bits.
    version: String(version),
    ...(title === undefined ? {} : { title }),
    text,
    ...(summary === undefined ? {} : { summary: toRecord(summary) }),
  });
}

function toRecord({ text, kept, tokens, rawTokens, method, version }: Summary) {
  const places = kept.map(({ start, end }) => [start, end]);
  return { text, kept: places, tokens, raw_tokens: rawTokens, method, version };
}

/** A number, or text where it has more than 53 bits. */
function parseVersion(record: JsonRecord): bigint {
  const allowed = 'a whole number from 1 to 2^64 - 1';
  const given = record.raw('version');
  if (typeof given === 'number') {
    return BigInt(record.count('version'));
  }
  const version = BigInt(record.text('version', /^\d{1,20}$/, allowed));
  if (version < 1n || version >= 2n ** 64n) {
    record.fail('version', allowed);
  }
  return version;
}

function parseSummary(record: JsonRecord, text: string): Summary {
  return {
    text,
    kept: parseKept(record),
    tokens: record.count('tokens', number),
    rawTokens: record.count('raw_tokens', number),
    method: record.text('method', name, 'a name of 1 to 200 characters'),
    version: record.text('version', name, 'a name of 1 to 200 characters'),
  };
}

function parseKept(record: JsonRecord): Summary['kept'] {
  const spans: unknown = record.raw('kept');
  if (!Array.isArray(spans)) {
    record.fail('kept', 'a list of [start, end]');
  }
  return spans.map((span: unknown) => {
    const [start, end]: readonly unknown[] = Array.isArray(span) ? (span as unknown[]) : [];
    if (!isPlace(start) || !isPlace(end) || start > end) {
      record.fail('kept', 'a list of [start, end], whole numbers with start <= end');
    }
    return { start, end };
  });
}

function isPlace(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
