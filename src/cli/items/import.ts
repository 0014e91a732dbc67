import { createReadStream } from 'node:fs';
import { DataError } from '../../base/errors.ts';
import { type Line, maxLineBytes, readLinesOf } from '../../base/files/read-lines.ts';
import { parseConfig } from '../../config/config.ts';
import { checkItems } from '../../desk/items.ts';
import type { ItemPut, ItemResult } from '../../items/store/item-store.ts';
import type { LmdbItemStore } from '../../items/store/lmdb-store.ts';
import { openItemStore } from '../../items/store/open-store.ts';
import { parseNumber } from '../shared/option-values.ts';
import { openProgress } from '../shared/standard-error.ts';
import { parseOptions, UsageError } from '../shared/usage.ts';
import { fitsSource } from './fits-source.ts';
import { type ItemLine, parseItemLine } from './item-lines.ts';
import { storeFolder } from './store-option.ts';

const usage = `Usage: slmrank items import --store DIR FILE [OPTIONS]

Puts the items of a file into a store, while no server has it open. Repeating it changes nothing, so one that was
broken off is begun again.

  FILE          JSON lines {"_id", "title"?, "text", "version"?}, plain or gzip, or - for standard input: a BEIR corpus,
                or what 'slmrank items export' has written. Or what 'slmrank compress' has written: ready summaries of
                items that are stored; those that do not fit their item's text are left out
  --store DIR   the store's folder, made when it is not there (default: SLMRANK_ITEMS)
  --version N   of items without one (default: 1)

SLMRANK_ITEMS_MAX_BYTES bounds the store, SLMRANK_TEXT_BYTES its texts.`;

const definitions = { store: { type: 'string' }, version: { type: 'string' } } as const;

/** Counts of a run, in the order in which they are told. */
interface Counts {
  stored: number;
  unchanged: number;
  older: number;
  conflict: number;
  summaries: number;
  unfit: number;
}

const words: readonly (readonly [keyof Counts, string])[] = [
  ['stored', 'stored'],
  ['unchanged', 'stored already'],
  ['older', 'older than what is stored or was deleted'],
  ['conflict', 'of a stored version with other texts, left out'],
  ['summaries', 'summaries added'],
  ['unfit', 'summaries that fit no stored item, left out'],
];

interface ImportOptions {
  readonly file: string;
  readonly store: string;
  readonly version: bigint;
}

export async function run(args: readonly string[]): Promise<number> {
  const options = parseImportOptions(args);
  const { itemsMaxBytes: maxBytes, textBytes } = parseConfig(process.env, []);
  const store = await openItemStore({ folder: options.store, maxBytes });
  const counts = { stored: 0, unchanged: 0, older: 0, conflict: 0, summaries: 0, unfit: 0 };
  try {
    await importLines(options, new Importer(store, textBytes, counts));
  } finally {
    await store.close();
    process.stderr.write(describe(counts));
  }
  return 0;
}

function parseImportOptions(args: readonly string[]): ImportOptions {
  const { values, positionals } = parseOptions(args, usage, definitions);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    throw new UsageError(
      `${positionals.length} files are named; one, or - for standard input, is needed\n\n${usage}`,
    );
  }
  const version = parseNumber('version', values.version ?? '1', { min: 1, whole: true });
  return { file, store: storeFolder(values.store, usage), version: BigInt(version) };
}

/** Lines that are stored together; one such part is written while the next is read. */
const partLines = 500;

async function importLines({ file, version }: ImportOptions, importer: Importer): Promise<void> {
  const source =
    file === '-'
      ? { name: 'standard input', open: () => process.stdin }
      : { name: file, open: () => createReadStream(file) };
  const progress = openProgress('lines', undefined);
  let done = 0;
  let part: ParsedLine[] = [];
  let writing: Promise<void> = Promise.resolve();
  const write = async () => {
    await writing;
    writing = importer.add(part);
    // Its fault is thrown by the next await.
    writing.catch(() => undefined);
    part = [];
    progress.update(done);
  };
  for await (const line of readLinesOf(source, maxLineBytes)) {
    part.push({ line, parsed: parseItemLine(line, version) });
    done += 1;
    if (part.length === partLines) {
      await write();
    }
  }
  await write();
  await writing;
  progress.end();
}

interface ParsedLine {
  readonly line: Line;
  readonly parsed: ItemLine;
}

class Importer {
  readonly #store: LmdbItemStore;
  readonly #textBytes: number;
  readonly #counts: Counts;

  constructor(store: LmdbItemStore, textBytes: number, counts: Counts) {
    this.#store = store;
    this.#textBytes = textBytes;
    this.#counts = counts;
  }

  /** Stores the items first, then the summaries. @throws DataError for a faulty line. */
  async add(lines: readonly ParsedLine[]): Promise<void> {
    const puts: ItemPut[] = lines.flatMap(({ line, parsed }) =>
      parsed.kind === 'item' ? [this.#check(parsed.item, line)] : [],
    );
    for (const outcome of await this.#store.put(puts)) {
      this.#counts[outcome] += 1;
    }
    const results = lines.flatMap(({ parsed }) => this.#resultOf(parsed));
    await this.#store.settle(results);
    this.#counts.summaries += results.length;
  }

  #check(item: ItemPut, { file, line }: Line): ItemPut {
    const { puts, faults } = checkItems([item], { textBytes: this.#textBytes });
    const [fault] = faults;
    if (fault !== undefined) {
      const field = fault.field.replace('items[0].', '');
      throw new DataError(`${file}:${line}: '${field}' ${fault.description}`);
    }
    return puts[0]?.put ?? item;
  }

  #resultOf(parsed: ItemLine): readonly ItemResult[] {
    const { summary } = parsed;
    const id = parsed.kind === 'item' ? parsed.item.id : parsed.id;
    if (summary === undefined) {
      return [];
    }
    const item = this.#store.get(id);
    if (item === undefined || !fitsSource(summary, item.text)) {
      this.#counts.unfit += 1;
      return [];
    }
    const { method, version } = item.summary ?? {};
    const isThere = method === summary.method && version === summary.version;
    return isThere ? [] : [{ id, contentHash: item.contentHash, summary, encoded: undefined }];
  }
}

function describe(counts: Counts): string {
  const told = words.filter(([name]) => counts[name] > 0);
  return told.length === 0
    ? 'nothing to import\n'
    : told.map(([name, meaning]) => `${counts[name]} ${meaning}\n`).join('');
}
