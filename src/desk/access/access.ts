import type { Clock } from '../../base/clock.ts';
import { RankError } from '../../base/errors.ts';
import { watchFiles } from '../../base/files/file-watch.ts';
import type { RankRequest } from '../../domain/rank.ts';
import type { Log } from '../../observe/log.ts';
import { type ApiKey, findKey, type Grant, type KeySettings, readApiKeys } from './api-keys.ts';
import { Quotas } from './quota.ts';

export interface AccessParts {
  readonly config: KeySettings;
  readonly log: Log;
  readonly clock: Clock;
  readonly pollMs?: number;
}

/** The proven name of a caller, and its proof. */
export interface Proven {
  readonly client: string;
  /** The key or the authority that let the call in, as `follow` expects it. */
  readonly credential: string;
}

interface FollowedCall {
  readonly credential: string;
  readonly end: (error: RankError) => void;
}

/**
 * Decides which callers are let in and what they may do: by API key if there is a key file, else by
 * client certificate if one is required. Otherwise callers name themselves and may do everything.
 */
export class Access {
  readonly #settings: KeySettings;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #quotas = new Quotas();
  /** Streams, each of which is ended once its credential is no longer valid. */
  readonly #followed = new Set<FollowedCall>();
  #keys: readonly ApiKey[] = [];
  /** The number of changes of the client certificates' authority. */
  #authority = 0;
  #grants: ReadonlyMap<string, Grant> = new Map();
  readonly #unwatch: () => void = () => undefined;

  /** @throws RankError naming the setting and line when the key file is unusable. */
  constructor({ config, log, clock, pollMs }: AccessParts) {
    this.#settings = config;
    this.#log = log;
    this.#clock = clock;
    if (config.apiKeys !== undefined) {
      this.#readKeys();
      this.#unwatch = watchFiles([config.apiKeys], () => this.reload(), pollMs);
    }
  }

  get needsKey(): boolean {
    return this.#settings.apiKeys !== undefined;
  }

  /** @throws RankError `unauthenticated`, the same for a missing, a malformed and a wrong key. */
  proveByKey(presented: string): Proven {
    const key = findKey(this.#keys, presented);
    if (key === undefined) {
      throw new RankError(
        'unauthenticated',
        "a valid API key is needed, as metadata 'authorization: Bearer KEY'",
      );
    }
    return { client: key.client, credential: keyCredential(key) };
  }

  /** For a name in a client certificate that the TLS layer has verified. */
  proveByCertificate(client: string): Proven {
    return { client, credential: this.#authorityCredential() };
  }

  /**
   * Calls `end` once the credential is no longer valid: its key is removed from the file, or client
   * certificates have a new authority. Returns a function that stops following the call.
   */
  follow(credential: string | undefined, end: (error: RankError) => void): () => void {
    if (credential === undefined) {
      return () => undefined;
    }
    const call = { credential, end };
    this.#followed.add(call);
    this.#endRevoked();
    return () => this.#followed.delete(call);
  }

  /** Call this when client certificates get a new authority: it has not verified open calls. */
  renewAuthority(): void {
    this.#authority += 1;
    this.#endRevoked();
  }

  /** Lowers the request's priority to the best one that its client's grant allows. */
  capPriority(request: RankRequest, client: string): RankRequest {
    return this.#grants.get(client)?.priority === 'deferrable'
      ? { ...request, priority: 'deferrable' }
      : request;
  }

  /**
   * Does the work and charges its price in candidates (see `prices`) to the client's quota, unless
   * the server refuses the work or fails at it.
   *
   * @throws RankError `overloaded` when the quota does not suffice, and the errors of the work.
   */
  async charge<T>(client: string, candidates: number, work: () => Promise<T>): Promise<T> {
    const quota = this.#grants.get(client)?.quota;
    if (quota === undefined) {
      return await work();
    }
    this.#quotas.draw(client, quota, candidates, this.#clock.nowMs());
    try {
      return await work();
    } catch (error) {
      const { kind } = RankError.from(error);
      if (kind === 'overloaded' || kind === 'unavailable' || kind === 'replica-failed') {
        this.#quotas.giveBack(client, candidates);
      }
      throw error;
    }
  }

  /** Reads the key file again. If it is unusable, that is logged and the previous keys stay. */
  reload(): void {
    if (this.needsKey) {
      try {
        this.#readKeys();
        this.#log.info({ keys: this.#keys.length }, 'API keys reloaded');
      } catch (error) {
        this.#log.error({ err: error }, 'API keys not reloaded; the previous ones stay in use');
      }
    }
  }

  /** Stops watching the key file. */
  close(): void {
    this.#unwatch();
  }

  #readKeys(): void {
    const keys = readApiKeys(this.#settings);
    if (keys.length === 0) {
      const { apiKeys: file } = this.#settings;
      this.#log.warn({ file }, 'the key file has no keys: every call but health is refused');
    }
    this.#keys = keys;
    this.#grants = new Map(keys.map((key) => [key.client, key]));
    this.#quotas.keepOnly(new Set(this.#grants.keys()));
    this.#endRevoked();
  }

  #authorityCredential(): string {
    return `authority ${this.#authority}`;
  }

  #endRevoked(): void {
    const valid = new Set([...this.#keys.map(keyCredential), this.#authorityCredential()]);
    for (const call of [...this.#followed]) {
      if (!valid.has(call.credential)) {
        this.#followed.delete(call);
        call.end(revoked(call.credential));
      }
    }
  }
}

function keyCredential({ hash }: ApiKey): string {
  return `key ${hash.toString('hex')}`;
}

function revoked(credential: string): RankError {
  return credential.startsWith('key ')
    ? new RankError('unauthenticated', 'the API key that opened this stream was revoked')
    : new RankError(
        'unavailable',
        'the authority of client certificates has changed; connect again',
        { reason: 'AUTHORITY_CHANGED' },
      );
}
