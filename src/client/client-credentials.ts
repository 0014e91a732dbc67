import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';

/** How a client of ours trusts a server that serves TLS, and is trusted by it. Paths of PEM files. */
export interface ClientTrust {
  /** The authority of the server's certificate; undefined for plain text. */
  readonly ca?: string | undefined;
  /** The client's own certificate and key, for mutual TLS. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name in the server's certificate, when it is not the address's. */
  readonly serverName?: string | undefined;
}

/** @throws Error when a file cannot be read, or when TLS is asked for by halves. */
export function openTrust({ ca, cert, key, serverName }: ClientTrust): {
  readonly channel: ChannelCredentials;
  readonly options: ChannelOptions;
} {
  if ((cert === undefined) !== (key === undefined)) {
    throw new Error('a client certificate and its key are given together or not at all');
  }
  if (ca === undefined) {
    if (cert !== undefined || serverName !== undefined) {
      throw new Error("a client certificate or a server's name needs the server's authority too");
    }
    return { channel: credentials.createInsecure(), options: {} };
  }
  const read = (path: string | undefined) => (path === undefined ? null : readFileSync(path));
  return {
    channel: withoutAddressAsName(credentials.createSsl(read(ca), read(key), read(cert))),
    options: serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName },
  };
}

/**
 * TLS names a server by a name and never by an address (RFC 6066, 3): Node warns of it (DEP0123), and the library does it
 * all the same (grpc-js 1.14.7, `getConnectionOptions`). The certificate is compared with the address as before.
 */
function withoutAddressAsName(channel: ChannelCredentials): ChannelCredentials {
  const create = channel._createSecureConnector.bind(channel);
  channel._createSecureConnector = (...words) => {
    const connector = create(...words);
    const { connectionOptions } = connector as { connectionOptions?: { servername?: string } };
    if (connectionOptions?.servername !== undefined && isIP(connectionOptions.servername) !== 0) {
      connectionOptions.servername = '';
    }
    return connector;
  };
  return channel;
}
