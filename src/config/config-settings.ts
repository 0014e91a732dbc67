import { clamp } from '../base/clamp.ts';
import { type DeviceSlot, parseDeviceSlots } from './device-slots.ts';
import type { Given } from './given-settings.ts';
import { type ItemSettings, itemSettings } from './item-settings.ts';
import { type LoadSettings, loadSettings } from './load-settings.ts';
import { type SecuritySettings, securitySettings } from './security-settings.ts';
import {
  choiceSetting,
  countSetting,
  type Host,
  optionalSetting,
  type Setting,
  textSetting,
} from './setting.ts';
import { type ValkeySettings, valkeySettings } from './valkey-settings.ts';

export interface Settings extends LoadSettings, SecuritySettings, ItemSettings, ValkeySettings {
  readonly address: string;
  /** The address of the HTTP APIs; undefined for none. */
  readonly httpAddress: string | undefined;
  /** The address of /metrics, /livez and /readyz; undefined for none. */
  readonly metricsAddress: string | undefined;
  /** The address of the admin service; undefined for none. */
  readonly adminAddress: string | undefined;
  /** The file to which the shape of the traffic is appended; undefined for none. */
  readonly capture: string | undefined;
  /**
   * Folder of the built model. If undefined, the bundled model in the precision for the devices.
   */
  readonly model: string | undefined;
  readonly devices: readonly DeviceSlot[];
  /** Number of threads that tokenize. */
  readonly encoders: number;
  /** Most packed tokens in one batch. */
  readonly tokenBudget: number;
  /** Longest time in milliseconds that a candidate waits for others to fill its batch. */
  readonly lingerMs: number;
  /** Limits of the queue: candidates and packed tokens that are admitted and not yet answered. */
  readonly queuedCandidates: number;
  readonly queuedTokens: number;
  /** Limits of one request. */
  readonly candidates: number;
  readonly textBytes: number;
  readonly requestBytes: number;
  readonly prefixTokens: number;
  readonly candidateTokens: number;
  readonly streamUnanswered: number;
  /** Longest time of a call, even if its deadline is later. */
  readonly maxCallMs: number;
  /** Longest time that a drain waits for admitted work. */
  readonly drainMs: number;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** The server's settings, parsed once and frozen. */
export interface Config extends Settings {
  /** The settings that were given, with the flag or variable. The others have their defaults. */
  readonly given: Given;
}

/** A configuration whose model is known, as `src/pipeline` needs it. */
export interface ServedConfig extends Config {
  readonly model: string;
}

const onlyCuda = ({ devices }: Host) => devices.every(({ provider }) => provider === 'cuda');

/** All settings. The parser, --help and the documentation are made from this table. */
export const settings: { readonly [Name in keyof Settings]: Setting<Settings[Name]> } = {
  address: textSetting(
    {
      default: '127.0.0.1:50051',
      bounds: 'HOST:PORT; port 0 picks a free port',
      why: 'Use 0.0.0.0:50051 to accept clients from other machines, with a certificate (--tls-cert) or a TLS proxy.',
    },
    parseAddress,
  ),
  httpAddress: textSetting(
    {
      default: 'off',
      bounds: "HOST:PORT, or 'off'; port 0 picks a free port",
      why: 'Serves the rerank APIs of Cohere, Jina, Text Embeddings Inference and vLLM, and our own in JSON, over HTTP with the same certificate, keys and limits. Try 127.0.0.1:8080.',
    },
    (text) => (text === 'off' ? undefined : parseAddress(text)),
  ),
  metricsAddress: textSetting(
    {
      default: '127.0.0.1:9464',
      bounds: "HOST:PORT, or 'off'",
      why: 'Plain HTTP with /metrics, /livez and /readyz. Use 0.0.0.0:9464 to let other machines scrape it, in a private network only.',
    },
    (text) => (text === 'off' ? undefined : parseAddress(text)),
  ),
  adminAddress: textSetting(
    {
      default: '127.0.0.1:50052',
      bounds: "HOST:PORT, or 'off'; port 0 picks a free port",
      why: 'The admin service (replicas, model swap, log level) has neither TLS nor keys. Keep it on loopback.',
    },
    (text) => (text === 'off' ? undefined : parseAddress(text)),
  ),
  capture: textSetting(
    {
      default: 'off',
      bounds: "a file, or 'off'",
      why: 'Appends the lengths, times and deadlines of requests (not their texts), so that the traffic can be replayed or simulated.',
    },
    (text) => (text === 'off' ? undefined : text),
  ),
  model: optionalSetting({
    absent: 'slmrank-55m: int8 on cpu, fp16 on cuda',
    bounds: 'a folder with manifest.json',
    why: 'A model built with `slmrank model build`. The default model is built at the first start.',
  }),
  devices: textSetting(
    {
      default: { text: 'cpu:N, N = cores', of: ({ cores }) => `cpu:${Math.min(cores, 256)}` },
      bounds: 'cpu:SLOTS[xTHREADS] or cuda:INDEX[*SLOTS], separated by commas',
      why: 'One replica runs on each slot. On CPU, start with one thread per slot and as many slots as cores. The server measures how many slots suit a GPU named without their number.',
    },
    parseDeviceSlots,
  ),
  encoders: countSetting([1, 64], {
    unit: 'threads',
    default: {
      text: 'cores / 8, on cuda cores * 3 / 8, at least 1',
      of: (host) => String(clamp(Math.floor((host.cores * (onlyCuda(host) ? 3 : 1)) / 8), 1, 64)),
    },
    why: 'Increase it if encode_ms grows under load while replicas are idle.',
  }),
  // CUDA's RotaryEmbedding puts the tokens on a grid axis that is limited to 65,535.
  tokenBudget: countSetting([64, 65_535], {
    unit: 'packed tokens',
    default: {
      text: '1024; measured on cuda, 8192 to 32768',
      of: (host) => (onlyCuda(host) ? '32768' : '1024'),
    },
    why: 'Most packed tokens in one batch. Larger batches run longer and use more memory; on CPU they should fit the caches.',
  }),
  lingerMs: countSetting([0, 1000], {
    unit: 'ms',
    default: '2',
    why: 'How long a batch waits to be filled. Use 0 for the lowest latency at low load; increase it to fill batches better with many small requests.',
  }),
  queuedCandidates: countSetting([1, 10_000_000], {
    unit: 'candidates',
    default: '4000',
    why: 'Most candidates that are admitted and not yet answered; further requests are refused. About the throughput times the longest useful wait.',
  }),
  queuedTokens: countSetting([1, 2_000_000_000], {
    unit: 'packed tokens',
    default: '1000000',
    why: 'The same limit in tokens, so that long candidates cannot fill the memory.',
  }),
  candidates: countSetting([1, 100_000], {
    unit: 'candidates',
    default: '1000',
    why: 'Most candidates in one request.',
  }),
  textBytes: countSetting([1, 16_777_216], {
    unit: 'UTF-8 bytes',
    default: '131072',
    why: 'Most bytes of one text (query, instruction, context, title or candidate). Longer candidate texts are cut, other longer texts are refused.',
  }),
  requestBytes: countSetting([1024, 268_435_456], {
    unit: 'bytes',
    default: '8388608',
    why: 'Most bytes of one request message.',
  }),
  prefixTokens: countSetting([16, 131_072], {
    unit: 'tokens',
    default: '1024',
    why: 'Most tokens of instruction, query and context with the template around them; longer requests are refused. Rows of the model may allow fewer.',
  }),
  candidateTokens: countSetting([8, 131_072], {
    unit: 'tokens',
    default: '512',
    why: 'The context budget: longer candidates are cut, or refused if the request says so. Fewer tokens are faster. Rows of the model may allow fewer.',
  }),
  streamUnanswered: countSetting([1, 1000], {
    unit: 'requests',
    default: '16',
    why: 'Most unanswered requests on one RankStream; the server reads no more until one is answered.',
  }),
  maxCallMs: countSetting([100, 3_600_000], {
    unit: 'ms',
    default: '120000',
    why: 'Longest time for a request, even if its deadline is later.',
  }),
  drainMs: countSetting([0, 3_600_000], {
    unit: 'ms',
    default: '30000',
    why: "Longest time that a shutdown waits for admitted requests. Must be shorter than the orchestrator's grace period.",
  }),
  ...loadSettings,
  ...itemSettings,
  ...valkeySettings,
  ...securitySettings,
  logLevel: choiceSetting(['debug', 'info', 'warn', 'error', 'silent'], {
    default: 'info',
    why: 'debug logs one line per request. Texts are never logged.',
  }),
};

function parseAddress(text: string): string {
  const port = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):(\d{1,5})$/.exec(text)?.[1];
  if (port === undefined || Number(port) > 65_535) {
    throw new Error(`'${text}' is not an address; allowed: HOST:PORT with a port of 0 to 65535`);
  }
  return text;
}
