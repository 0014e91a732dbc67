import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { PriorityClass } from '../../domain/events.ts';
import { JsonRecord } from '../../base/files/json-record.ts';

/** What a client may do; several keys may share it, by sharing the name. */
export interface Grant {
  /** Becomes the request's client. */
  readonly client: string;
  /** Undefined for no quota. */
  readonly quota: QuotaRate | undefined;
  /** The best class that its requests are served as. */
  readonly priority: PriorityClass;
}

export interface QuotaRate {
  readonly candidatesPerSecond: number;
  /** Candidates that may come at once after a rest. */
  readonly burst: number;
}

export interface ApiKey extends Grant {
  /** SHA-256 of the key, 32 bytes. */
  readonly hash: Buffer;
}

const mostKeys = 10_000;
/** So that names are fit for logs, metrics' labels and headers. */
const clientPattern = /^[A-Za-z0-9._-]{1,64}$/;
/** Longer ones are wrong without being hashed. */
const mostKeyLength = 256;

/**
 * A fresh key: 256 random bits behind a mark that scanners for leaked secrets can look for. One SHA-256 is enough at
 * rest: slow hashes are there to make guessing dear, and 2^256 keys are beyond guessing at any price.
 */
export function createKey(): string {
  return `slmrank_${randomBytes(32).toString('base64url')}`;
}

export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** A key's line for the file. */
export function formatKeyLine({ client, hash, quota, priority }: ApiKey): string {
  return JSON.stringify({ name: client, sha256: hash.toString('hex'), ...quota, priority });
}

/**
 * One JSON object a line; empty lines and lines that begin with # are skipped. Lines of one name are that client's keys,
 * all good at the same time, so that a key can be changed without a gap.
 *
 * @throws RankError naming the line.
 */
export function parseApiKeys(text: string, where: string): readonly ApiKey[] {
  const keys: ApiKey[] = [];
  const grants = new Map<string, string>();
  const hashes = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.trimStart().startsWith('#')) {
      continue;
    }
    const record = JsonRecord.parse(line, `${where}, line ${index + 1}`);
    const key = parseKey(record);
    const terms = JSON.stringify([key.quota, key.priority]);
    if ((grants.get(key.client) ?? terms) !== terms) {
      record.refuse(`another key of '${key.client}' has a different quota or priority`);
    }
    if (hashes.has(key.hash.toString('hex')) || keys.length === mostKeys) {
      record.refuse(
        keys.length === mostKeys ? `more than ${mostKeys} keys` : 'the key is there twice',
      );
    }
    grants.set(key.client, terms);
    hashes.add(key.hash.toString('hex'));
    keys.push(key);
  }
  return keys;
}

const keyFields = ['name', 'sha256', 'candidatesPerSecond', 'burst', 'priority'];
/** What `sha256sum` makes of a variable that is not set: it would let in whoever has no key. */
const hashOfNothing = hashKey('');

function parseKey(record: JsonRecord): ApiKey {
  record.only(keyFields);
  const rate = record.has('candidatesPerSecond') ? record.amount('candidatesPerSecond') : undefined;
  if (rate === undefined && record.has('burst')) {
    record.refuse("'burst' without 'candidatesPerSecond' means nothing");
  }
  const burst = record.has('burst') ? record.amount('burst') : rate;
  const client = record.text(
    'name',
    clientPattern,
    '1 to 64 letters, digits, dots, dashes or underscores',
  );
  const hash = Buffer.from(record.text('sha256', /^[0-9a-f]{64}$/, '64 hexadecimal digits'), 'hex');
  if (hash.equals(hashOfNothing)) {
    record.refuse("'sha256' is the hash of an empty text; that of a key is needed");
  }
  return {
    client,
    hash,
    quota:
      rate === undefined || burst === undefined ? undefined : { candidatesPerSecond: rate, burst },
    priority: record.has('priority')
      ? record.oneOf('priority', ['interactive', 'deferrable'])
      : 'interactive',
  };
}

/**
 * The key that was presented; undefined when there is none such. Compares with every key and leaves no loop early, so
 * that the time it takes tells nothing of which keys there are.
 */
export function findKey(keys: readonly ApiKey[], presented: string): ApiKey | undefined {
  if (presented === '') {
    return undefined;
  }
  const hash = hashKey(presented.slice(0, mostKeyLength + 1));
  let found: ApiKey | undefined;
  for (const key of keys) {
    found = timingSafeEqual(key.hash, hash) ? key : found;
  }
  return found;
}
