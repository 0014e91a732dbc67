import { JsonRecord } from '../../base/files/json-record.ts';
import type { VirtualClock } from '../clock/virtual-clock.ts';
import type { Host } from './host.ts';

/** Which servers: a share of all, rounded up, or a number of them, from the place `first` on. */
export interface Group {
  readonly first: number;
  readonly share?: number | undefined;
  readonly servers?: number | undefined;
}

/** Something that happens to a group of servers from `atMs` until `untilMs`. */
export type Failure = Group & { readonly atMs: number; readonly untilMs: number } & (
    | /** Their processes end; clients see closed connections. */ { readonly kind: 'crash' }
    /** Their rack is gone; clients notice after `detectMs`. */
    | { readonly kind: 'rack'; readonly detectMs: number }
    /** Runs take `factor` times as long, on one replica of each or on all. */
    | { readonly kind: 'slow'; readonly factor: number; readonly replica?: number | undefined }
    /** No run begins: a model swap that hangs. */
    | { readonly kind: 'stall' }
    /**
     * A rolling restart: `atOnce` servers drain, are away for `downMs`, then the next ones, from
     * `atMs` on. `untilMs` is not used.
     */
    | { readonly kind: 'restart'; readonly atOnce: number; readonly downMs: number }
  );

const kinds = ['crash', 'rack', 'slow', 'stall', 'restart'] as const;
const common = ['kind', 'first', 'share', 'servers', 'atSeconds'];
const fieldsOf: Readonly<Record<Failure['kind'], readonly string[]>> = {
  crash: ['untilSeconds'],
  rack: ['untilSeconds', 'detectSeconds'],
  slow: ['untilSeconds', 'factor', 'replica'],
  stall: ['untilSeconds'],
  restart: ['atOnce', 'downSeconds'],
};

/**
 * Reads `{"failures": [...]}`. Times are in seconds.
 *
 * @throws RankError naming the file and the field.
 */
export function parseFailures(text: string, where: string): readonly Failure[] {
  const json = JsonRecord.parse(text, where);
  json.only(['failures']);
  return json.records('failures').map(parseFailure);
}

function parseFailure(json: JsonRecord): Failure {
  const kind = json.oneOf('kind', kinds);
  json.only([...common, ...fieldsOf[kind]]);
  const atMs = moment(json, 'atSeconds');
  const group = { ...parseGroup(json), atMs };
  if (kind === 'restart') {
    const atOnce = json.has('atOnce') ? json.count('atOnce') : 1;
    return { ...group, kind, atOnce, downMs: moment(json, 'downSeconds'), untilMs: atMs };
  }
  const untilMs = moment(json, 'untilSeconds');
  if (untilMs <= atMs) {
    json.fail('untilSeconds', `a moment after 'atSeconds' (${atMs / 1_000})`);
  }
  if (kind === 'rack') {
    return { ...group, kind, untilMs, detectMs: moment(json, 'detectSeconds') };
  }
  if (kind === 'slow') {
    const most = { min: 0, max: 1_000 };
    const replica = json.has('replica') ? json.count('replica', most) : undefined;
    return { ...group, kind, untilMs, factor: json.amount('factor'), replica };
  }
  return { ...group, kind, untilMs };
}

function parseGroup(json: JsonRecord): Group {
  if (json.has('share') === json.has('servers')) {
    json.refuse("each failure needs either 'share' (of the servers) or 'servers' (a number)");
  }
  const first = json.has('first') ? json.count('first', { min: 0, max: 1_000_000 }) : 0;
  if (json.has('servers')) {
    return { first, servers: json.count('servers') };
  }
  const share = json.amount('share');
  return share <= 1 ? { first, share } : json.fail('share', 'a number above 0 and at most 1');
}

function moment(json: JsonRecord, name: string): number {
  const seconds = json.number(name);
  return seconds >= 0 ? seconds * 1_000 : json.fail(name, 'a number of at least 0');
}

/** The members of a group, wrapping around after the last one. */
export function membersOf<One>({ first, share, servers }: Group, all: readonly One[]): One[] {
  const count = Math.min(all.length, servers ?? Math.ceil((share ?? 0) * all.length));
  return all.filter((_, i) => (i + all.length - (first % all.length)) % all.length < count);
}

/** Sets alarms for everything that the failures do. */
export function schedule(
  failures: readonly Failure[],
  hosts: readonly Host[],
  clock: VirtualClock,
) {
  for (const failure of failures) {
    const group = membersOf(failure, hosts);
    if (failure.kind === 'restart') {
      group.forEach((host, i) => {
        const turn = Math.floor(i / failure.atOnce);
        const atMs = failure.atMs + turn * failure.downMs;
        clock.at(atMs, () => host.drain());
        clock.at(atMs + failure.downMs, () => host.start());
      });
    } else {
      clock.at(failure.atMs, () => group.forEach((host) => begin(failure, host)));
      clock.at(failure.untilMs, () => group.forEach((host) => end(failure, host)));
    }
  }
}

function begin(failure: Exclude<Failure, { kind: 'restart' }>, host: Host): void {
  if (failure.kind === 'crash') {
    host.crash();
  } else if (failure.kind === 'rack') {
    host.vanish(failure.detectMs);
  } else if (failure.kind === 'slow') {
    host.server.slow(failure.factor, failure.replica);
  } else {
    host.server.stall(failure.untilMs);
  }
}

function end(failure: Exclude<Failure, { kind: 'restart' }>, host: Host): void {
  if (failure.kind === 'slow') {
    host.server.slow(1, failure.replica);
  } else if (failure.kind !== 'stall') {
    host.start();
  }
}
