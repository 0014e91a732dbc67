import { at } from '../../src/base/at.ts';
import { createRandom } from '../../src/base/random.ts';
import type { WireGetInfoResponse } from '../../src/client/client.ts';
import { readPassages } from '../../src/eval/data/beir.ts';
import { type DemoData, readDemoData } from '../../src/eval/data/demo-data.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { recordRequests } from '../load/recorded-requests.ts';
import { poissonArrivals } from '../suite/traffic/arrivals.ts';
import { awaitSummaries, findChanged, listAll, spread } from './check.ts';
import { describeWindow, findLost, rateOf, type Sent, toleranceOf } from './figures.ts';
import { type Load, sendClosedLoop, startOpenLoop } from './open-loop.ts';
import type { ItemsOptions } from './options.ts';
import { type FirstHalf, type PutPlan, putRest, putUntilKilled } from './put-under-load.ts';
import { makeItems, Putter } from './putter.ts';
import { rankStored } from './rank-stored.ts';
import type { ItemsReport } from './report.ts';
import { type ItemServer, startItemServer } from './served.ts';

export interface RunParts {
  readonly options: ItemsOptions;
  readonly model: string;
  /** A folder that does not exist yet. */
  readonly store: string;
  readonly say: (line: string) => void;
}

type Measured = Omit<ItemsReport, 'faults'>;
type LoadOf = (server: ItemServer) => Load;

const callTimeoutMs = 300_000;
/** Of the measurement of the rate, for each request in flight. */
const ratedRequests = 8;
/** Ranked after the restart and not counted, so that both windows find a server that has ranked. */
const warmRequests = 4;
const comparedItems = 100;
/** The schedule's length in windows: enough for puts that take longer than a window. */
const longestWindows = 20;

/** Everything but the verdict. */
export async function runItems(parts: RunParts): Promise<Measured> {
  const { options, model, store, say } = parts;
  const data = await readData(options);
  const requests = recordRequests(data, { ...options, maxCandidateTokens: undefined });
  const putter = new Putter(makeItems(data.postings, options.items), options.messageItems);
  const loadOf: LoadOf = ({ ranking }) => ({
    client: ranking,
    requests,
    timeoutMs: callTimeoutMs,
  });
  say(`Starting a server with ${model}`);
  const first = await startItemServer(model, store);
  const base = await measureBase(first, loadOf, parts);
  const plan: PutPlan = {
    putter,
    rate: options.putRate,
    startLoad: (server, fromMs) => startOpenLoop(loadOf(server), base.arrivals, fromMs),
    leastMs: 1000 * options.seconds,
  };
  const before = await putUntilKilled(first, plan);
  say(`Killed after ${before.acknowledged.length} acknowledged items`);
  const second = await startItemServer(model, store);
  const restartMs = performance.now() - before.killedAtMs;
  say(`Ready again after ${(restartMs / 1000).toFixed(1)} s`);
  try {
    const afterRestart = findLost(before.acknowledged, await listAll(second.items));
    await sendClosedLoop(loadOf(second), { count: warmRequests, inFlight: 1 });
    const after = await putRest(second, plan, before.loadMs);
    say('All items are put');
    const { lostAtEnd, ...checked } = await checkStored(
      second,
      putter,
      at(requests, 0).query ?? '',
      parts,
    );
    const windows = {
      without: describeWindow(base.sent),
      with: describeWindow([...before.sent, ...after.sent]),
    };
    return {
      machine: describeMachine(),
      options,
      rate: base.rate,
      windows,
      cutOff: before.cutOff,
      puts: describePuts(putter, before, after.putMs),
      restartMs,
      ...checked,
      lost: { afterRestart, atEnd: lostAtEnd },
    };
  } finally {
    await second.stop();
  }
}

async function readData({ postings: file }: ItemsOptions): Promise<DemoData> {
  if (file === undefined) {
    return await readDemoData(projectFolder('models/demo'));
  }
  // Their titles are the queries.
  return { queries: [], postings: [...(await readPassages(file)).values()] };
}

interface Base {
  readonly rate: ItemsReport['rate'];
  /** Of the whole schedule; the base window is its beginning. */
  readonly arrivals: readonly number[];
  readonly sent: readonly Sent[];
}

/** What the server can take, and how it answers a share of that without puts. */
async function measureBase(
  server: ItemServer,
  loadOf: LoadOf,
  { options, say }: RunParts,
): Promise<Base> {
  const { seconds } = options;
  const { replicas } = await server.ranking.getInfo(callTimeoutMs);
  const load = loadOf(server);
  const inFlight = replicas.length + 1;
  const count = inFlight * ratedRequests;
  const most = rateOf(await sendClosedLoop(load, { count, inFlight }), inFlight);
  const sent = options.load * most;
  say(`It takes ${most.toFixed(2)} requests/s; ${sent.toFixed(2)}/s are sent from now on`);
  const arrivals = poissonArrivals(
    [{ seconds: longestWindows * seconds, perSecond: sent }],
    createRandom(1),
  );
  const window = arrivals.filter((dueMs) => dueMs < 1000 * seconds);
  const loop = startOpenLoop(load, window, 0);
  await loop.isOver;
  return { rate: { most, sent }, arrivals, sent: await loop.stop() };
}

function describePuts(putter: Putter, before: FirstHalf, restMs: number): ItemsReport['puts'] {
  const items = putter.acknowledged.length;
  return {
    acknowledgedBeforeKill: before.acknowledged.length,
    items,
    perSecond: (1000 * items) / (before.loadMs + restMs),
  };
}

/** What is stored in the end, and how it ranks. */
async function checkStored(
  server: ItemServer,
  { acknowledged }: Putter,
  query: string,
  { options, say }: RunParts,
) {
  const recompression = await awaitSummaries(server.items, options.waitMs, say);
  const lostAtEnd = findLost(acknowledged, await listAll(server.items));
  const changed = await findChanged(server.items, spread(acknowledged, comparedItems));
  const stored = await rankStored(server, {
    query,
    ids: spread(acknowledged, options.byId).map(({ id }) => id),
    rounds: options.rounds,
    timeoutMs: callTimeoutMs,
  });
  const info = await server.ranking.getInfo(callTimeoutMs);
  return {
    server: describeServer(info),
    recompression,
    lostAtEnd,
    changed,
    stored,
    match: stored.match,
    tolerance: toleranceOf(info.precision),
  };
}

function describeServer({ items, replicas, ...info }: WireGetInfoResponse): ItemsReport['server'] {
  return {
    model: info.model,
    precision: info.precision,
    fingerprint: info.scoreFingerprint,
    replicas: replicas.map(({ deviceSlot }) => deviceSlot).join(', '),
    compressor: items?.compressor ?? '',
    fallbackCompressor: items?.fallbackCompressor ?? '',
  };
}
