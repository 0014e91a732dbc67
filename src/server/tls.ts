import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { experimental, ServerCredentials } from '@grpc/grpc-js';
import type { Config } from '../config.ts';
import type { Log } from '../observe/log.ts';
import { readRegularSync } from '../regular-file.ts';
import { watchFiles } from './file-watch.ts';

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

interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  readonly clientCa: string | undefined;
}

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
export function openCredentials(config: Config, log: Log, pollMs?: number): ListenCredentials {
  const { tlsCert: cert, tlsKey: key, tlsClientCa: clientCa } = config;
  if (cert === undefined || key === undefined) {
    return {
      credentials: ServerCredentials.createInsecure(),
      reload: () => undefined,
      onAuthority: () => undefined,
      close: () => undefined,
    };
  }
  const files = { cert, key, clientCa };
  const provider = new ReloadedCertificates(readTls(files, log));
  let onAuthority = (): void => undefined;
  const reload = () => {
    try {
      const material = readTls(files, log);
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

/** One warning for an address that others can reach in plain text. */
export function warnOfPlainText(
  address: string,
  { tlsCert }: Pick<Config, 'tlsCert'>,
  log: Log,
): void {
  const host = address.slice(0, address.lastIndexOf(':'));
  if (tlsCert === undefined && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(host)) {
    log.warn(
      { address },
      'plain text on an address that others may reach: set SLMRANK_TLS_CERT and SLMRANK_TLS_KEY, or put TLS in front',
    );
  }
}

/** @throws Error when a file is missing, unusable, or the key is not the certificate's. */
function readTls({ cert, key, clientCa }: TlsFiles, log: Log): TlsMaterial {
  const certificate = readNamed('SLMRANK_TLS_CERT', cert);
  const privateKey = readNamed('SLMRANK_TLS_KEY', key);
  const authority =
    clientCa === undefined ? undefined : readNamed('SLMRANK_TLS_CLIENT_CA', clientCa);
  const parsed = parseNamed('SLMRANK_TLS_CERT', cert, () => new X509Certificate(certificate));
  const parsedKey = parseNamed('SLMRANK_TLS_KEY', key, () => createPrivateKey(privateKey));
  if (!parsed.checkPrivateKey(parsedKey)) {
    throw new Error(
      `SLMRANK_TLS_KEY: '${key}' is not the key of the certificate in '${cert}' (SLMRANK_TLS_CERT)`,
    );
  }
  if (authority !== undefined) {
    parseNamed('SLMRANK_TLS_CLIENT_CA', clientCa ?? '', () => new X509Certificate(authority));
  }
  // The library takes a context that OpenSSL refuses for none at all, and drops every connection from then on.
  parseNamed('SLMRANK_TLS_CERT', cert, () =>
    createSecureContext({ cert: certificate, key: privateKey, ca: authority }),
  );
  warnOfExpiry(parsed, cert, log);
  return { certificate, privateKey, clientCa: authority };
}

function warnOfExpiry({ validTo }: X509Certificate, file: string, log: Log): void {
  if (Date.parse(validTo) - Date.now() < expiryWarningMs) {
    log.warn({ file, validTo }, 'the TLS certificate has expired or expires within 14 days');
  }
}

function readNamed(setting: string, path: string): Buffer {
  return parseNamed(setting, path, () => readRegularSync(path, mostFileBytes));
}

function parseNamed<T>(setting: string, path: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${setting}: '${path}' cannot be used: ${reason}`, { cause });
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
