import type { IncomingHttpHeaders, ServerHttp2Session } from 'node:http2';
import { TLSSocket } from 'node:tls';
import type { Metadata } from '@grpc/grpc-js';
import type { Clock } from '../../base/clock.ts';
import { type Config, typedName } from '../../config/config.ts';
import { messageOf, RankError } from '../../base/errors.ts';
import type { Log } from '../../observe/log.ts';
import type { RankRequest } from '../../domain/rank.ts';
import { readRegularSync } from '../../base/files/regular-file.ts';
import { type ApiKey, findKey, type Grant, parseApiKeys } from './api-keys.ts';
import { watchFiles } from '../../base/files/file-watch.ts';
import { Quotas } from './quota.ts';

export interface AccessParts {
  readonly config: KeySettings & Pick<Config, 'tlsClientCa'>;
  readonly log: Log;
  readonly clock: Clock;
  readonly pollMs?: number;
}

type KeySettings = Partial<Pick<Config, 'apiKeys' | 'given'>>;

/** Probes of health hold no keys. */
const openPaths = /^\/grpc\.health\.v1\.Health\//;
const bearer = /^Bearer +([!-~]+)$/i;
/** Several times what 10,000 keys with long names and all their fields take. */
const mostFileBytes = 16_777_216;
/** Ties a call to what let it in; what a caller says of it is thrown away. */
const credentialKey = 'x-slmrank-credential';

interface FollowedCall {
  readonly credential: string;
  readonly end: (error: RankError) => void;
}

/**
 * Who calls and what they may: by API key where there is a key file, else by client certificate where one is asked for,
 * else by the call's own word (`x-client-id`).
 */
export class Access {
  readonly #settings: KeySettings;
  readonly #asksCertificate: boolean;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #quotas = new Quotas();
  readonly #named = new WeakMap<ServerHttp2Session, string>();
  /** Calls that last, and end when what let them in counts no more. */
  readonly #followed = new Set<FollowedCall>();
  /** Connections that a client certificate opened. */
  readonly #certified = new Set<ServerHttp2Session>();
  #keys: readonly ApiKey[] = [];
  /** Of the authority of client certificates. */
  #generation = 0;
  #grants: ReadonlyMap<string, Grant> = new Map();
  readonly #unwatch: () => void = () => undefined;

  /** @throws RankError naming the setting and line when the key file is unusable. */
  constructor({ config, log, clock, pollMs }: AccessParts) {
    const { apiKeys, tlsClientCa } = config;
    this.#settings = config;
    this.#asksCertificate = tlsClientCa !== undefined;
    this.#log = log;
    this.#clock = clock;
    if (apiKeys !== undefined) {
      this.#take();
      this.#unwatch = watchFiles([apiKeys], () => this.reload(), pollMs);
    }
  }

  /**
   * The caller's name; undefined when it is the call's to say.
   *
   * @throws RankError `unauthenticated`; the same for no key, a malformed and a wrong one.
   */
  nameOf(path: string, headers: IncomingHttpHeaders, session: ServerHttp2Session | undefined) {
    Reflect.deleteProperty(headers, credentialKey);
    if (this.#settings.apiKeys !== undefined && !openPaths.test(path)) {
      const presented = bearer.exec(headers.authorization ?? '')?.[1] ?? '';
      const key = findKey(this.#keys, presented);
      if (key === undefined) {
        throw new RankError(
          'unauthenticated',
          "a valid API key is needed, as metadata 'authorization: Bearer KEY'",
        );
      }
      headers[credentialKey] = nameOfKey(key);
      return key.client;
    }
    if (this.#asksCertificate && session !== undefined) {
      headers[credentialKey] = this.#nameOfAuthority();
      return this.#certifiedName(session);
    }
    return undefined;
  }

  /**
   * Ends a call that lasts once what let it in counts no more: its key is taken out of the file, or the authority of
   * client certificates is another. Returns the way to say that the call is over.
   */
  follow(metadata: Metadata, end: (error: RankError) => void): () => void {
    const [credential] = metadata.get(credentialKey);
    metadata.remove(credentialKey);
    if (credential === undefined) {
      return () => undefined;
    }
    const call = { credential: credential.toString(), end };
    this.#followed.add(call);
    this.#endRevoked();
    return () => this.#followed.delete(call);
  }

  /** Client certificates have another authority: those that the one before vouched for must be shown again. */
  renewAuthority(): void {
    this.#generation += 1;
    this.#endRevoked();
    for (const session of this.#certified) {
      // What it has begun may end; the client connects again for the rest.
      session.close();
    }
  }

  /** The request as its client may have it: one that may not be served as interactive is served as deferrable. */
  limit(request: RankRequest, client: string): RankRequest {
    return this.#grants.get(client)?.priority === 'deferrable'
      ? { ...request, priority: 'deferrable' }
      : request;
  }

  /** Charges candidates (see `prices`) to the client's quota while the work is under way; what we refuse is not charged. */
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

  /** Reads the key file again. What is unusable is logged, and the keys before stay. */
  reload(): void {
    if (this.#settings.apiKeys !== undefined) {
      try {
        this.#take();
        this.#log.info({ keys: this.#keys.length }, 'API keys reloaded');
      } catch (error) {
        this.#log.error({ err: error }, 'API keys not reloaded; those before stay in use');
      }
    }
  }

  /** Stops watching the key file. */
  close(): void {
    this.#unwatch();
  }

  #take(): void {
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

  #nameOfAuthority(): string {
    return `authority ${this.#generation}`;
  }

  #endRevoked(): void {
    const valid = new Set([...this.#keys.map(nameOfKey), this.#nameOfAuthority()]);
    for (const call of [...this.#followed]) {
      if (!valid.has(call.credential)) {
        this.#followed.delete(call);
        call.end(revoked(call.credential));
      }
    }
  }

  #certifiedName(session: ServerHttp2Session): string {
    const known = this.#named.get(session);
    if (known !== undefined) {
      return known;
    }
    const name = session.socket instanceof TLSSocket ? nameIn(session.socket) : '';
    this.#named.set(session, name);
    this.#certified.add(session);
    session.once('close', () => this.#certified.delete(session));
    return name;
  }
}

function nameOfKey({ hash }: ApiKey): string {
  return `key ${hash.toString('hex')}`;
}

function revoked(credential: string): RankError {
  return credential.startsWith('key ')
    ? new RankError('unauthenticated', 'the API key that opened this stream was taken back')
    : new RankError(
        'unavailable',
        'the authority of client certificates has changed; connect again',
        { reason: 'AUTHORITY_CHANGED' },
      );
}

function nameIn(socket: TLSSocket): string {
  const { subject, subjectaltname } = socket.getPeerCertificate();
  const common: string | string[] | undefined = subject.CN;
  return nameInCertificate(subjectaltname, String(common ?? ''));
}

/** A kind and a name, which is in quotation marks when it holds a comma or one of those: as Node writes them. */
const alternativeName = /([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy;

/**
 * The first URI (SPIFFE) or DNS name of a certificate's alternative names, else its subject's common name. Kinds are read
 * from where a name begins: an address of mail may spell one.
 */
export function nameInCertificate(alternatives: string | undefined, common: string): string {
  for (const [, kind, name = ''] of (alternatives ?? '').matchAll(alternativeName)) {
    if ((kind === 'URI' || kind === 'DNS') && !name.startsWith('"')) {
      return name.trim();
    }
  }
  return common.trim();
}

/** The keys of the file that the configuration names. @throws RankError naming the setting, file and line. */
export function readApiKeys(config: KeySettings): readonly ApiKey[] {
  const { apiKeys: file } = config;
  const setting = typedName(config, 'apiKeys');
  return file === undefined ? [] : parseApiKeys(readKeys(file, setting), `${setting} '${file}'`);
}

function readKeys(file: string, setting: string): string {
  try {
    return readRegularSync(file, mostFileBytes).toString('utf8');
  } catch (cause) {
    const reason = messageOf(cause);
    throw new RankError('invalid-argument', `${setting}: '${file}' cannot be read: ${reason}`, {
      cause,
    });
  }
}
