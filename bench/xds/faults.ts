import { at } from '../../src/base/at.ts';
import type { CallEnd } from '../balance/play/plan.ts';

export interface Removal {
  /** HOST:PORT of the server that is taken out. */
  readonly gone: string;
  /** Calls before this are not judged by their servers: the weights are not known yet. */
  readonly warmMs: number;
  readonly removedAtMs: number;
  /** From when on the clients must know. */
  readonly knownAtMs: number;
}

/** The first server is three times as fast as the last; a share far from that is no balance. */
const leastRatio = 1.8;

/** What is wrong with calls to servers in order of their speed, one of which was taken out. */
export function findFaults(
  ends: readonly CallEnd[],
  servers: readonly string[],
  { gone, warmMs, removedAtMs, knownAtMs }: Removal,
): readonly string[] {
  const bad = ends.filter(({ status }) => status !== 'OK');
  const before = ends.filter(({ dueAtMs }) => dueAtMs >= warmMs && dueAtMs < removedAtMs);
  const countOf = (server: string) => before.filter((end) => end.server === server).length;
  const [first, last] = [countOf(at(servers, 0)), countOf(at(servers, servers.length - 1))];
  const late = ends.filter(({ server, sentAtMs }) => server === gone && sentAtMs >= knownAtMs);
  return [
    ...bad.map(({ status, dueAtMs }) => `a call due at ${dueAtMs.toFixed(0)} ms ended ${status}`),
    ...(first < leastRatio * last
      ? [`the fast server got ${first} calls and the slow one ${last}, of three times the run time`]
      : []),
    ...(countOf(gone) === 0 ? [`${gone} got no call before it was taken out`] : []),
    ...(late.length > 0 ? [`${gone} got ${late.length} calls after it was taken out`] : []),
  ];
}
