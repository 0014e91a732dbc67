import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { type ChannelCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';

/** The PEM files by which a client and a TLS server trust each other. */
export interface ClientTrust {
  /** The authority of the server's certificate; undefined for plain text. */
  readonly ca?: string | undefined;
  /** The client's own certificate and key, for mutual TLS. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name in the server's certificate, when it differs from the address. */
  readonly serverName?: string | undefined;
}

/** @throws Error when a file cannot be read, or the options contradict each other. */
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
 * A TLS server name must not be an IP address (RFC 6066, 3), but the library sends one (grpc-js
 * 1.14.7, `getConnectionOptions`), and Node then warns (DEP0123). This removes it; the certificate
 * is still compared with the address.
 */
function withoutAddressAsName(channel: ChannelCredentials): ChannelCredentials {
  const create = channel._createSecureConnector.bind(channel);
  channel._createSecureConnector = (...args) => {
    const connector = create(...args);
    const { connectionOptions } = connector as { connectionOptions?: { servername?: string } };
    if (connectionOptions?.servername !== undefined && isIP(connectionOptions.servername) !== 0) {
      connectionOptions.servername = '';
    }
    return connector;
  };
  return channel;
}
