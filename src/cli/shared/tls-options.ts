import type { ClientTrust } from '../../client/client-credentials.ts';

/** Options of every command that calls a server. */
export const tlsOptions = {
  'tls-ca': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-name': { type: 'string' },
} as const;

export const tlsUsage = `  --tls-ca FILE        asks over TLS; the authority of the server's certificate (PEM)
  --tls-cert FILE      the client certificate, for servers that ask for one
  --tls-key FILE       its key
  --tls-name NAME      the name in the server's certificate, when it is not the address's`;

export function trustOf(
  values: Readonly<Partial<Record<keyof typeof tlsOptions, string | undefined>>>,
): ClientTrust {
  return {
    ca: values['tls-ca'],
    cert: values['tls-cert'],
    key: values['tls-key'],
    serverName: values['tls-name'],
  };
}
