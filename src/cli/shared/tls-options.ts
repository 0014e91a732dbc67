import type { ClientTrust } from '../../client/client-credentials.ts';

/** Options of every command that calls a server. */
export const tlsOptions = {
  'tls-ca': { type: 'string' },
  'tls-cert': { type: 'string' },
  'tls-key': { type: 'string' },
  'tls-name': { type: 'string' },
} as const;

export const tlsUsage = `  --tls-ca FILE        use TLS; the certificate authority of the server's certificate (PEM)
  --tls-cert FILE      the client certificate, for servers that require one
  --tls-key FILE       its key
  --tls-name NAME      the name in the server's certificate, if it differs from the address`;

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
