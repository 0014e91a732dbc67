import type { IncomingHttpHeaders, ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Access, Proven } from '../../desk/access/access.ts';
import { toClientName } from '../../desk/caller.ts';
import { networkOf } from '../connections/network-of.ts';
import { credentialKey } from '../wire/metadata.ts';
import { type CallKind, type CallOrigin, kindOf } from './call-room.ts';

/** Health probes have no keys. */
const openPaths = /^\/grpc\.health\.v1\.Health\//;
const bearer = /^Bearer +([!-~]+)$/i;

/** Identifies the caller of each call, by API key or client certificate where one is required. */
export class Identifier {
  readonly #access: Pick<Access, 'needsKey' | 'proveByKey' | 'proveByCertificate'>;
  readonly #needsCertificate: boolean;
  /** The name in the client certificate of each connection that needed one. */
  readonly #certified = new Map<ServerHttp2Session, string>();

  constructor(access: Access, needsCertificate: boolean) {
    this.#access = access;
    this.#needsCertificate = needsCertificate;
  }

  /**
   * Returns the origin of the call. In the headers, replaces the name that the caller claims by its
   * proven name, adds its credential for `takeCredential`, and removes the key so that it is never
   * logged.
   *
   * @throws RankError `unauthenticated`
   */
  identify(session: ServerHttp2Session | undefined, headers: IncomingHttpHeaders): CallOrigin {
    const { ':path': path = '' } = headers;
    const proven = this.#prove(path, headers, session);
    Reflect.deleteProperty(headers, credentialKey);
    delete headers.authorization;
    if (proven !== undefined) {
      headers[credentialKey] = proven.credential;
      headers['x-client-id'] = toClientName(proven.client);
    }
    const { remoteAddress, remotePort = 0 } = session?.destroyed === false ? session.socket : {};
    const name = proven?.client ?? '';
    return originOf(kindOf(path), name, { remoteAddress, remotePort });
  }

  /**
   * The proven caller of a plain HTTP request, by its key or the certificate of its connection;
   * undefined for callers that name themselves. Clients of other servers' APIs send the key with
   * 'Bearer' or bare.
   *
   * @throws RankError `unauthenticated`
   */
  identifyHttp(socket: Socket, authorization: string | undefined): Proven | undefined {
    if (this.#access.needsKey) {
      const [, key = ''] = /^(?:Bearer +)?([!-~]+)$/i.exec(authorization ?? '') ?? [];
      return this.#access.proveByKey(key);
    }
    return this.#needsCertificate
      ? this.#access.proveByCertificate(socket instanceof TLSSocket ? nameIn(socket) : '')
      : undefined;
  }

  /**
   * Ends the connections that a client certificate opened, because its authority is no longer
   * trusted. Calls on them are finished; for new ones the client connects again.
   */
  endCertified(): void {
    for (const session of this.#certified.keys()) {
      session.close();
    }
  }

  /** Undefined for callers that name themselves. */
  #prove(
    path: string,
    headers: IncomingHttpHeaders,
    session: ServerHttp2Session | undefined,
  ): Proven | undefined {
    if (this.#access.needsKey && !openPaths.test(path)) {
      const [, key = ''] = bearer.exec(headers.authorization ?? '') ?? [];
      return this.#access.proveByKey(key);
    }
    return this.#needsCertificate && session !== undefined
      ? this.#access.proveByCertificate(this.#certifiedName(session))
      : undefined;
  }

  #certifiedName(session: ServerHttp2Session): string {
    const known = this.#certified.get(session);
    if (known !== undefined) {
      return known;
    }
    const name = session.socket instanceof TLSSocket ? nameIn(session.socket) : '';
    this.#certified.set(session, name);
    session.once('close', () => this.#certified.delete(session));
    return name;
  }
}

/** Where a call comes from: its proven caller's name, or the network of its connection. */
export function originOf(
  kind: CallKind,
  name: string,
  { remoteAddress, remotePort = 0 }: Pick<Socket, 'remoteAddress' | 'remotePort'>,
): CallOrigin {
  return {
    kind,
    isNamed: name !== '',
    holder: name === '' ? `network ${networkOf(remoteAddress)}` : `client ${name}`,
    connection: `${remoteAddress ?? ''} ${remotePort}`,
  };
}

function nameIn(socket: TLSSocket): string {
  const { subject, subjectaltname } = socket.getPeerCertificate();
  const common: string | string[] | undefined = subject.CN;
  return nameInCertificate(subjectaltname, String(common ?? ''));
}

/** A kind and a name as Node writes them; a name with a comma or a quotation mark is quoted. */
const alternativeName = /([^:,]+):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/gy;

/**
 * The first URI (SPIFFE) or DNS name among a certificate's alternative names, else its subject's
 * common name. Entries are matched whole, because the name in an email entry can contain "DNS:".
 */
export function nameInCertificate(alternatives: string | undefined, common: string): string {
  for (const [, kind, name = ''] of (alternatives ?? '').matchAll(alternativeName)) {
    if ((kind === 'URI' || kind === 'DNS') && !name.startsWith('"')) {
      return name.trim();
    }
  }
  return common.trim();
}
