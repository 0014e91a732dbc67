import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { experimental, ServerCredentials } from '@grpc/grpc-js';
import { type Config, typedName } from '../config/config.ts';
import type { Log } from '../observe/log.ts';
import type { RenewedTls, TlsMaterial } from './http/api/renewed-tls.ts';
import { readRegularSync } from '../base/files/regular-file.ts';
import { watchFiles } from '../base/files/file-watch.ts';
import { messageOf } from '../base/errors.ts';

/** The credentials that addresses are served with; several addresses can share them. */
export interface ListenCredentials {
  readonly credentials: ServerCredentials;
  /** Reads the files again. If they are unusable, that is logged and the previous ones stay. */
  reload(): void;
  /** Registers a callback for when client certificates get a new authority. */
  onAuthority(changed: () => void): void;
  /** The files' contents, for servers that are not gRPC's; undefined for plain text. */
  readonly tls?: RenewedTls | undefined;
  /** Stops watching the files. */
  close(): void;
}

type TlsSettings = Partial<Pick<Config, 'tlsCert' | 'tlsKey' | 'tlsClientCa' | 'given'>>;

/** Enough: the list of all authorities that a system trusts takes a quarter of a megabyte. */
const mostFileBytes = 4_194_304;
/** A certificate that expires within this time is worth a warning. */
const expiryWarningMs = 14 * 86_400_000;

/**
 * TLS if the configuration names a certificate, with client certificates required if it names their
 * authority; otherwise plain text.
 *
 * @throws Error naming the setting whose file is unusable.
 */
export function openCredentials(config: TlsSettings, log: Log, pollMs?: number): ListenCredentials {
  const { tlsCert: cert, tlsKey: key, tlsClientCa: clientCa } = config;
  if (cert === undefined || key === undefined) {
    return plainText();
  }
  const provider = new ReloadedCertificates(openTls(config, log));
  let onAuthority = (): void => undefined;
  let onRenewed: Parameters<RenewedTls['onRenewed']>[0] = () => undefined;
  const reload = () => {
    try {
      const material = openTls(config, log);
      const isNewAuthority = !provider.hasAuthority(material.clientCa);
      provider.set(material);
      onRenewed(material);
      if (isNewAuthority) {
        onAuthority();
      }
      log.info({ cert }, 'TLS certificate reloaded');
    } catch (error) {
      log.error({ err: error }, 'TLS certificate not reloaded; the previous one stays in use');
    }
  };
  const paths = [cert, key, ...(clientCa === undefined ? [] : [clientCa])];
  return {
    credentials: experimental.createCertificateProviderServerCredentials(
      // The identity is the first argument, although the library's types name it second (1.14.7).
      provider,
      clientCa === undefined ? null : provider,
      clientCa !== undefined,
    ),
    reload,
    onAuthority: (changed) => (onAuthority = changed),
    tls: {
      material: () => provider.material,
      onRenewed: (renewed) => (onRenewed = renewed),
    },
    close: watchFiles(paths, reload, pollMs),
  };
}

function plainText(): ListenCredentials {
  const nothing = () => undefined;
  const credentials = ServerCredentials.createInsecure();
  return { credentials, reload: nothing, onAuthority: nothing, close: nothing };
}

/** Warns once about an address that other machines can reach in plain text. */
export function warnOfPlainText(address: string, { tlsCert }: TlsSettings, log: Log): void {
  const host = address.slice(0, address.lastIndexOf(':'));
  if (tlsCert === undefined && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(host)) {
    log.warn(
      { address },
      'plain text on an address that others may reach: ' +
        'set SLMRANK_TLS_CERT and SLMRANK_TLS_KEY, or put TLS in front',
    );
  }
}

/** The reasons why TLS cannot be served, each with its setting as the user typed it. */
export function findTlsProblems(config: TlsSettings): readonly string[] {
  return readTls(config).problems;
}

/** @throws Error when a file is missing or unusable, or the key does not fit the certificate. */
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
  /** The certificate's expiry as written in it. */
  readonly validTo: string;
}

function readTls(config: TlsSettings): ReadTls {
  const problems: string[] = [];
  const name = (setting: keyof TlsSettings) => typedName(config, setting);
  const read = <T>(setting: 'tlsCert' | 'tlsKey' | 'tlsClientCa', parse: (file: Buffer) => T) => {
    const path = config[setting];
    try {
      if (path === undefined) {
        return undefined;
      }
      const file = readRegularSync(path, mostFileBytes);
      return { path, file, parsed: parse(file) };
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
      `${name('tlsKey')}: '${key.path}' is not the key of the certificate in ` +
        `'${cert.path}' (${name('tlsCert')})`,
    );
  } else if (problems.length === 0) {
    const reason = findRefusal(material);
    if (reason !== undefined) {
      problems.push(`${name('tlsCert')}: '${cert.path}' cannot be used: ${reason}`);
    }
  }
  const { validTo } = cert.parsed;
  return { material: problems.length > 0 ? undefined : material, problems, validTo };
}

/**
 * The reason why OpenSSL refuses the files, if it does. The library treats a context that OpenSSL
 * refuses as absent, and then drops every connection.
 */
function findRefusal({ certificate: cert, privateKey: key, clientCa: ca }: TlsMaterial) {
  try {
    createSecureContext({ cert, key, ca });
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * The library's interface for credentials that change. Its own file watcher cannot be used: while
 * only one of a pair of files has been renewed, it reports no certificate, and the server then
 * drops every new connection (grpc-js 1.14.7).
 */
class ReloadedCertificates implements experimental.CertificateProvider {
  #material: TlsMaterial;
  readonly #ca = new Set<experimental.CaCertificateUpdateListener>();
  readonly #identity = new Set<experimental.IdentityCertificateUpdateListener>();

  constructor(material: TlsMaterial) {
    this.#material = material;
  }

  get material(): TlsMaterial {
    return this.#material;
  }

  hasAuthority(clientCa: Buffer | undefined): boolean {
    const own = this.#material.clientCa;
    return (
      own === clientCa || (own !== undefined && clientCa !== undefined && own.equals(clientCa))
    );
  }

  set(material: TlsMaterial): void {
    this.#material = material;
    this.#ca.forEach((listener) => this.#sendCa(listener));
    this.#identity.forEach((listener) => this.#sendIdentity(listener));
  }

  // Deferred, because the credentials have not registered their own listeners yet.
  addCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#ca.add(listener);
    process.nextTick(() => this.#sendCa(listener));
  }

  removeCaCertificateListener(listener: experimental.CaCertificateUpdateListener): void {
    this.#ca.delete(listener);
  }

  addIdentityCertificateListener(listener: experimental.IdentityCertificateUpdateListener): void {
    this.#identity.add(listener);
    process.nextTick(() => this.#sendIdentity(listener));
  }

  removeIdentityCertificateListener(
    listener: experimental.IdentityCertificateUpdateListener,
  ): void {
    this.#identity.delete(listener);
  }

  #sendCa(listener: experimental.CaCertificateUpdateListener): void {
    const { clientCa } = this.#material;
    listener(clientCa === undefined ? null : { caCertificate: clientCa });
  }

  #sendIdentity(listener: experimental.IdentityCertificateUpdateListener): void {
    const { certificate, privateKey } = this.#material;
    listener({ certificate, privateKey });
  }
}
