import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { experimental, ServerCredentials } from '@grpc/grpc-js';
import { type Config, typedName } from '../config/config.ts';
import type { Log } from '../observe/log.ts';
import { readRegularSync } from '../base/files/regular-file.ts';
import { watchFiles } from '../base/files/file-watch.ts';
import { messageOf } from '../base/errors.ts';

/** What an address is served with; made once, fit for several addresses. */
export interface ListenCredentials {
  readonly credentials: ServerCredentials;
  /** Reads the files again. What is unusable is logged, and what was served before stays. */
  reload(): void;
  /** Calls back after the authority of client certificates has become another. */
  onAuthority(changed: () => void): void;
  /** Stops watching the files. */
  close(): void;
}

type TlsSettings = Partial<Pick<Config, 'tlsCert' | 'tlsKey' | 'tlsClientCa' | 'given'>>;

interface TlsMaterial {
  readonly certificate: Buffer;
  readonly privateKey: Buffer;
  readonly clientCa: Buffer | undefined;
}

/** Every authority that systems trust comes to a quarter of a megabyte. */
const mostFileBytes = 4_194_304;
/** A certificate this close to its end is worth a warning. */
const expiryWarningMs = 14 * 86_400_000;

/**
 * TLS when the configuration names a certificate, client certificates required when it names their authority, plain
 * text otherwise.
 *
 * @throws Error naming the setting whose file cannot be used.
 */
export function openCredentials(config: TlsSettings, log: Log, pollMs?: number): ListenCredentials {
  const { tlsCert: cert, tlsKey: key, tlsClientCa: clientCa } = config;
  if (cert === undefined || key === undefined) {
    return plainText();
  }
  const provider = new ReloadedCertificates(openTls(config, log));
  let onAuthority = (): void => undefined;
  const reload = () => {
    try {
      const material = openTls(config, log);
      const isOther = !provider.hasAuthority(material.clientCa);
      provider.set(material);
      if (isOther) {
        onAuthority();
      }
      log.info({ cert }, 'TLS certificate reloaded');
    } catch (error) {
      log.error({ err: error }, 'TLS certificate not reloaded; the one before stays in use');
    }
  };
  const paths = [cert, key, ...(clientCa === undefined ? [] : [clientCa])];
  return {
    credentials: experimental.createCertificateProviderServerCredentials(
      // Named the other way round in the library, and in its types (1.14.7): the identity comes first.
      provider,
      clientCa === undefined ? null : provider,
      clientCa !== undefined,
    ),
    reload,
    onAuthority: (changed) => {
      onAuthority = changed;
    },
    close: watchFiles(paths, reload, pollMs),
  };
}

function plainText(): ListenCredentials {
  const nothing = () => undefined;
  const credentials = ServerCredentials.createInsecure();
  return { credentials, reload: nothing, onAuthority: nothing, close: nothing };
}

/** One warning for an address that others can reach in plain text. */
export function warnOfPlainText(address: string, { tlsCert }: TlsSettings, log: Log): void {
  const host = address.slice(0, address.lastIndexOf(':'));
  if (tlsCert === undefined && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(host)) {
    log.warn(
      { address },
      'plain text on an address that others may reach: set SLMRANK_TLS_CERT and SLMRANK_TLS_KEY, or put TLS in front',
    );
  }
}

/** What keeps TLS from being served, each with its setting as it was typed. */
export function findTlsProblems(config: TlsSettings): readonly string[] {
  return readTls(config).problems;
}

/** @throws Error when a file is missing, unusable, or the key is not the certificate's. */
function openTls(config: TlsSettings, log: Log): TlsMaterial {
  const { material, problems, validTo } = readTls(config);
  if (material === undefined) {
    throw new Error(problems.join('; '));
  }
  if (Date.parse(validTo) - Date.now() < expiryWarningMs) {
    const fields = { file: config.tlsCert, validTo };
    log.warn(fields, 'the TLS certificate has expired or expires within 14 days');
  }
  return material;
}

interface ReadTls {
  /** Undefined when there are problems, or no certificate. */
  readonly material: TlsMaterial | undefined;
  readonly problems: readonly string[];
  /** When the certificate expires, as it is written there. */
  readonly validTo: string;
}

function readTls(config: TlsSettings): ReadTls {
  const problems: string[] = [];
  const name = (setting: keyof TlsSettings) => typedName(config, setting);
  const read = <T>(setting: 'tlsCert' | 'tlsKey' | 'tlsClientCa', parse: (file: Buffer) => T) => {
    const path = config[setting];
    try {
      const file = path === undefined ? undefined : readRegularSync(path, mostFileBytes);
      return file && { path, file, parsed: parse(file) };
    } catch (cause) {
      problems.push(`${name(setting)}: '${path ?? ''}' cannot be used: ${messageOf(cause)}`);
      return undefined;
    }
  };
  const cert = read('tlsCert', (file) => new X509Certificate(file));
  const key = read('tlsKey', (file) => createPrivateKey(file));
  const ca = read('tlsClientCa', (file) => new X509Certificate(file));
  if (cert === undefined || key === undefined) {
    return { material: undefined, problems, validTo: '' };
  }
  const material = { certificate: cert.file, privateKey: key.file, clientCa: ca?.file };
  if (!cert.parsed.checkPrivateKey(key.parsed)) {
    problems.push(
      `${name('tlsKey')}: '${key.path ?? ''}' is not the key of the certificate in '${cert.path ?? ''}' (${name('tlsCert')})`,
    );
  } else if (problems.length === 0) {
    const reason = findRefusal(material);
    if (reason !== undefined) {
      problems.push(`${name('tlsCert')}: '${cert.path ?? ''}' cannot be used: ${reason}`);
    }
  }
  const { validTo } = cert.parsed;
  return { material: problems.length > 0 ? undefined : material, problems, validTo };
}

/** The library takes a context that OpenSSL refuses for none at all, and drops every connection from then on. */
function findRefusal({ certificate: cert, privateKey: key, clientCa: ca }: TlsMaterial) {
  try {
    createSecureContext({ cert, key, ca });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * The library's seam for credentials that change. Its own file watcher is not used: while a pair of files is half
 * renewed it tells of no certificate, and the server then drops every new connection (grpc-js 1.14.7).
 */
class ReloadedCertificates implements experimental.CertificateProvider {
  #material: TlsMaterial;
  readonly #ca = new Set<experimental.CaCertificateUpdateListener>();
  readonly #identity = new Set<experimental.IdentityCertificateUpdateListener>();

  constructor(material: TlsMaterial) {
    this.#material = material;
  }

  hasAuthority(clientCa: Buffer | undefined): boolean {
    const own = this.#material.clientCa;
    return (
      own === clientCa || (own !== undefined && clientCa !== undefined && own.equals(clientCa))
    );
  }

  set(material: TlsMaterial): void {
    this.#material = material;
    this.#ca.forEach((listener) => this.#tellCa(listener));
    this.#identity.forEach((listener) => this.#tellIdentity(listener));
  }

  // Not in the same turn: the credentials do not yet know whom to pass it on to.
  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#ca.add(listener);
    process.nextTick(() => this.#tellCa(listener));
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#ca.delete(listener);
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identity.add(listener);
    process.nextTick(() => this.#tellIdentity(listener));
  }

  removeIdentityCertificateListener(
    listener: experimental.IdentityCertificateUpdateListener,
  ): void {
    this.#identity.delete(listener);
  }

  #tellCa(listener: experimental.CaCertificateUpdateListener): void {
    const { clientCa } = this.#material;
    listener(clientCa === undefined ? null : { caCertificate: clientCa });
  }

  #tellIdentity(listener: experimental.IdentityCertificateUpdateListener): void {
    const { certificate, privateKey } = this.#material;
    listener({ certificate, privateKey });
  }
}
