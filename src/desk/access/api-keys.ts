import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { RankError } from '../../base/errors.ts';
import { JsonRecord } from '../../base/files/json-record.ts';
import { readRegularSync } from '../../base/files/regular-file.ts';
import { type Config, typedName } from '../../config/config.ts';
import type { PriorityClass } from '../../domain/events.ts';

/** What a client may do. Keys with the same name belong to the same client and share its grant. */
export interface Grant {
  /** The client's name in requests, quotas, logs and metrics. */
  readonly client: string;
  /** Undefined for no quota. */
  readonly quota: QuotaRate | undefined;
  /** The best priority that its requests may have. */
  readonly priority: PriorityClass;
}

export interface QuotaRate {
  readonly candidatesPerSecond: number;
  /** Candidates that may be sent at once after a pause. */
  readonly burst: number;
}

export interface ApiKey extends Grant {
  /** SHA-256 of the key, 32 bytes. */
  readonly hash: Buffer;
}

export type KeySettings = Partial<Pick<Config, 'apiKeys' | 'given'>>;

const maxKeys = 10_000;
/** Several times the size of 10,000 keys with long names and every field. */
const maxFileBytes = 16_777_216;
/** Safe in logs, metric labels and headers. */
const clientPattern = /^[A-Za-z0-9._-]{1,64}$/;
/** Longer keys are wrong, so only this much of them is hashed. */
const maxKeyLength = 256;

/**
 * A new key: 256 random bits behind a prefix that scanners for leaked secrets can search for.
 * Stored as one SHA-256: slow hashes make guessing expensive, and 2^256 keys cannot be guessed
 * anyway.
 */
export function createKey(): string {
  return `slmrank_${randomBytes(32).toString('base64url')}`;
}

export function hashKey(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

/** The keys of the configured file. @throws RankError naming the setting, file and line. */
export function readApiKeys(config: KeySettings): readonly ApiKey[] {
  const { apiKeys: file } = config;
  const setting = typedName(config, 'apiKeys');
  return file === undefined ? [] : parseApiKeys(readKeys(file, setting), `${setting} '${file}'`);
}

function readKeys(file: string, setting: string): string {
  try {
    return readRegularSync(file, maxFileBytes).toString('utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new RankError('invalid-argument', `${setting}: '${file}' cannot be read: ${reason}`, {
      cause,
    });
  }
}

/** The line for a key in the key file. */
export function formatKeyLine({ client, hash, quota, priority }: ApiKey): string {
  return JSON.stringify({ name: client, sha256: hash.toString('hex'), ...quota, priority });
}

/**
 * One JSON object a line; empty lines and lines that begin with # are skipped. A client may have
 * several lines, all valid at the same time, so that it can change its key without a gap.
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
    if (hashes.has(key.hash.toString('hex')) || keys.length === maxKeys) {
      record.refuse(
        keys.length === maxKeys ? `more than ${maxKeys} keys` : 'the key is there twice',
      );
    }
    grants.set(key.client, terms);
    hashes.add(key.hash.toString('hex'));
    keys.push(key);
  }
  return keys;
}

const keyFields = ['name', 'sha256', 'candidatesPerSecond', 'burst', 'priority'];
/** The result of `sha256sum` on an unset variable. It would let in callers with an empty key. */
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
    record.refuse("'sha256' is the hash of an empty text; the hash of a key is needed");
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
 * The presented key; undefined when it is unknown. Compares with every key and never leaves the
 * loop early, so that the time taken reveals nothing about the keys.
 */
export function findKey(keys: readonly ApiKey[], presented: string): ApiKey | undefined {
  if (presented === '') {
    return undefined;
  }
  const hash = hashKey(presented.slice(0, maxKeyLength + 1));
  let found: ApiKey | undefined;
  for (const key of keys) {
    found = timingSafeEqual(key.hash, hash) ? key : found;
  }
  return found;
}
