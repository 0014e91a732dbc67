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
    why: 'Serves TLS with this certificate chain. Read again when it changes, and at SIGHUP.',
  }),
  tlsKey: file({
    bounds: 'a PEM file',
    why: "The certificate's private key.",
  }),
  tlsClientCa: file({
    bounds: 'a PEM file',
    why: 'Mutual TLS: only clients with a certificate of this authority are let in.',
  }),
  apiKeys: file({
    bounds: 'a file of JSON lines',
    why: 'Asks every call but health for an API key; see `slmrank key new`. Use it with TLS: keys travel as they are.',
  }),
  connections: countSetting([1, 1_000_000], {
    unit: 'connections',
    default: '2000',
    why: 'Open at once; more are closed as they come. One address has half at most. Lowered, with a warning, where the limit of open files is too low.',
  }),
  connectionCalls: countSetting([1, 100_000], {
    unit: 'calls',
    default: '1000',
    why: 'Open at once on one connection; clients wait beyond it.',
  }),
  openCalls: countSetting([1, 1_000_000], {
    unit: 'calls',
    default: '20000',
    why: 'Open at once on all connections; more are refused before they are read. One client has about half at most; health checks and watches have a twentieth each.',
  }),
  bufferedBytes: countSetting([1024, 68_719_476_736], {
    unit: 'bytes',
    default: '268435456',
    why: 'Request bytes held at once, from the first byte to the answer; more are refused. One client has half at most. Memory for them is about three times that.',
  }),
  metadataBytes: countSetting([1024, 65_536], {
    unit: 'bytes',
    default: '16384',
    why: "Names and values of one call's headers.",
  }),
  messageMs: countSetting([100, 3_600_000], {
    unit: 'ms',
    default: '60000',
    why: 'Longest that one message may take on the wire, in or out: ends the calls of clients that stall.',
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
