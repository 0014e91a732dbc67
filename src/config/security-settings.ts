import { type Given, typedName } from './given-settings.ts';
import { countSetting, optionalSetting, type Setting } from './setting.ts';

/** Settings of access control and of the limits on connections and calls. */
export interface SecuritySettings {
  /** PEM files. Certificate and key are given together or not at all. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** The authority of client certificates. Undefined: clients need no certificate. */
  readonly tlsClientCa: string | undefined;
  /** File of hashed API keys. Undefined: clients need no key. */
  readonly apiKeys: string | undefined;
  readonly connections: number;
  /** Most calls open at once, on one connection and on all. */
  readonly connectionCalls: number;
  readonly openCalls: number;
  /** Most request bytes in memory over all connections, from the first byte to the answer. */
  readonly bufferedBytes: number;
  /** Most bytes of the names and values of one call's headers. */
  readonly metadataBytes: number;
  /** Longest time for receiving or sending one message. */
  readonly messageMs: number;
}

const file = (words: { readonly bounds: string; readonly why: string }) =>
  optionalSetting({ absent: 'none', ...words });

export const securitySettings: {
  readonly [Name in keyof SecuritySettings]: Setting<SecuritySettings[Name]>;
} = {
  tlsCert: file({
    bounds: 'a PEM file',
    why: 'Serves TLS with this certificate chain. The file is read again when it changes and on SIGHUP.',
  }),
  tlsKey: file({
    bounds: 'a PEM file',
    why: "The certificate's private key.",
  }),
  tlsClientCa: file({
    bounds: 'a PEM file',
    why: 'Mutual TLS: accepts only clients with a certificate from this authority.',
  }),
  apiKeys: file({
    bounds: 'a file of JSON lines',
    why: 'Requires an API key for every call except health checks; see `slmrank key new`. Use it with TLS, because keys are sent unencrypted otherwise.',
  }),
  connections: countSetting([1, 1_000_000], {
    unit: 'connections',
    default: '2000',
    why: 'Most open connections; further ones are closed at once. One address may have at most half of them. Lowered, with a warning, if the limit on open files is too low.',
  }),
  connectionCalls: countSetting([1, 100_000], {
    unit: 'calls',
    default: '1000',
    why: 'Most open calls on one connection; clients delay further calls.',
  }),
  openCalls: countSetting([1, 1_000_000], {
    unit: 'calls',
    default: '20000',
    why: 'Most open calls on all connections; further calls are refused before they are read. One client may have about half of them; health checks and watches may have a twentieth each.',
  }),
  bufferedBytes: countSetting([1024, 68_719_476_736], {
    unit: 'bytes',
    default: '268435456',
    why: 'Most request bytes in memory, from the first byte until the answer; further requests are refused. One client may have at most half of them. They take about three times as much memory.',
  }),
  metadataBytes: countSetting([1024, 65_536], {
    unit: 'bytes',
    default: '16384',
    why: "Most bytes of the names and values of one call's headers.",
  }),
  messageMs: countSetting([100, 3_600_000], {
    unit: 'ms',
    default: '60000',
    why: 'Longest time for receiving or sending one message. Calls of clients that stall are ended.',
  }),
};

/** Security settings that contradict each other. */
export function findInsecurities(
  config: SecuritySettings & { readonly requestBytes: number; readonly given: Given },
): string[] {
  const hasCert = config.tlsCert !== undefined;
  const hasKey = config.tlsKey !== undefined;
  const name = (setting: string, like?: string) => typedName(config, setting, like);
  const checks: [boolean, string][] = [
    [
      hasCert && !hasKey,
      `${name('tlsCert')} is given without ${name('tlsKey', 'tlsCert')}; TLS needs both`,
    ],
    [
      hasKey && !hasCert,
      `${name('tlsKey')} is given without ${name('tlsCert', 'tlsKey')}; TLS needs both`,
    ],
    [
      config.tlsClientCa !== undefined && !(hasCert && hasKey),
      `${name('tlsClientCa')} is given without ${name('tlsCert', 'tlsClientCa')} and ${name('tlsKey', 'tlsClientCa')}; client certificates need TLS`,
    ],
    [
      config.bufferedBytes < config.requestBytes,
      `${name('bufferedBytes', 'requestBytes')} is ${config.bufferedBytes}, less than one request's ${name('requestBytes', 'bufferedBytes')}, ${config.requestBytes}`,
    ],
  ];
  return checks.filter(([isWrong]) => isWrong).map(([, problem]) => problem);
}
