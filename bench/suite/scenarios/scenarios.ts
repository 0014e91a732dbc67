import { type Bench, meanPackedTokens, runPoisson } from './poisson.ts';
import { runGhzScenarios } from './ghz.ts';
import type { ScenarioName } from './options.ts';
import { play, type Planned } from '../traffic/play.ts';
import { poissonArrivals } from '../traffic/arrivals.ts';
import { runScenario, type ScenarioResult } from './run-scenario.ts';
import { searchRate } from './search.ts';
import { packMessage } from '../traffic/sender.ts';
import { runSlowReaders } from './slow-readers.ts';
import { at } from '../../../src/base/at.ts';

/** All scenarios by name. Rates are relative to the measured capacity. */
export const scenarios: Readonly<
  Record<ScenarioName, (bench: Bench) => Promise<readonly ScenarioResult[]>>
> = {
  steady: async (bench) => [
    await runPoisson(bench, {
      name: 'steady',
      note: '0.7 of capacity',
      stretches: [stretch(bench, 0.7)],
    }),
  ],
  step: async (bench) => [
    await runPoisson(bench, {
      name: 'step',
      note: '0.3, 0.6, 0.9, 1.2 and 0.6 of capacity, one after the other',
      stretches: [0.3, 0.6, 0.9, 1.2, 0.6].map((share) => stretch(bench, share, 0.2)),
    }),
  ],
  spike: async (bench) => [
    await runPoisson(bench, {
      name: 'spike',
      note: '0.4 of capacity, 4 times capacity for a tenth of the time, 0.4 again',
      stretches: [stretch(bench, 0.4, 0.3), stretch(bench, 4, 0.1), stretch(bench, 0.4, 0.6)],
    }),
  ],
  'long-tail': longTail,
  overload,
  'slow-readers': slowReaders,
  cancels,
  search: (bench) => searchRate(bench),
  ghz: runGhzScenarios,
};

function stretch({ capacity, options }: Bench, share: number, part = 1) {
  return { seconds: part * options.seconds, perSecond: share * capacity };
}

/** Few to many candidates of very different lengths, at 0.6 of the capacity in tokens. */
async function longTail(bench: Bench): Promise<readonly ScenarioResult[]> {
  const { maker, mix, messages: usual } = bench;
  const most = Math.max(4, 4 * bench.options.candidates);
  const messages = maker.messages(
    { ...mix, candidates: [Math.ceil(most / 40), most], spread: 1 },
    200,
  );
  const share = (0.6 * meanPackedTokens(usual)) / meanPackedTokens(messages);
  return [
    await runPoisson(bench, {
      name: 'long-tail',
      note:
        `${Math.ceil(most / 40)} to ${most} candidates, lengths log-normal with deviation 1, ` +
        '0.6 of capacity in tokens',
      stretches: [stretch(bench, share)],
      messages,
    }),
  ];
}

/** Overload, then normal load, which the server must answer as before. */
async function overload(bench: Bench): Promise<readonly ScenarioResult[]> {
  const partial = bench.maker.messages(bench.mix, 32, { partialOk: true });
  const during = await runPoisson(bench, {
    name: 'overload',
    note: '10 times capacity',
    stretches: [stretch(bench, 10)],
  });
  const mixed = await runPoisson(bench, {
    name: 'overload-partial',
    note: '3 times capacity, every second request accepts a partial answer (partial_ok)',
    stretches: [stretch(bench, 3, 0.4)],
    messages: partial.flatMap((message, i) => [message, at(bench.messages, i)]),
  });
  const after = await runPoisson(bench, {
    name: 'after-overload',
    note: '0.7 of capacity, right after',
    stretches: [stretch(bench, 0.7, 0.4)],
  });
  return [during, mixed, after];
}

/** Clients abandon half of the requests, most of them while queued or running. */
async function cancels(bench: Bench): Promise<readonly ScenarioResult[]> {
  const { random } = bench.maker;
  const storm = (planned: Planned, place: number): Planned => {
    switch (place % 4) {
      case 0:
        return { ...planned, cancelAfterMs: 100 * random() };
      case 1:
        return { ...planned, deadlineMs: 1 + 60 * random() };
      default:
        return planned;
    }
  };
  return [
    await runPoisson(bench, {
      name: 'cancels',
      note:
        '1.5 times capacity; a quarter is cancelled within 100 ms, ' +
        'and a quarter has deadlines below 61 ms',
      stretches: [stretch(bench, 1.5)],
      vary: storm,
    }),
  ];
}

/** A request with few tokens and a long reply, so that flow control soon stops an unread stream. */
const longAnswer = packMessage(
  {
    query: 'texts returned',
    candidates: Array.from({ length: 4 }, () => ({
      text: 'a long text to be sent back '.repeat(800),
    })),
    returnText: true,
    maxCandidateTokens: 8,
    noCache: true,
  },
  0,
);

/** Usual traffic at 0.4 of capacity, beside streams that send requests and read no replies. */
async function slowReaders(bench: Bench): Promise<readonly ScenarioResult[]> {
  const { options, stand, sender, maker, messages, capacity } = bench;
  const note =
    '0.4 of capacity, beside 8 streams of 20 requests that do not read their answers of 90 kB; ' +
    'at the end 4 of them read and 4 are cancelled';
  bench.say(`slow-readers: ${note}`);
  const { seconds, deadlineMs } = options;
  const arrivals = poissonArrivals([{ seconds, perSecond: 0.4 * capacity }], maker.random);
  const plan = arrivals.map((atMs, i): Planned => {
    return { atMs, message: at(messages, i % messages.length), deadlineMs };
  });
  const words = { name: 'slow-readers', note, generator: 'Poisson client', deadlineMs } as const;
  const result = await runScenario(stand, { ...words, seconds }, async () => {
    const startedAtMs = sender.nowMs();
    const [usual, slow] = await Promise.all([
      play(sender, 'slow-readers', plan),
      runSlowReaders(
        {
          address: stand.address,
          name: 'slow',
          messages: [longAnswer],
          streams: 8,
          requests: 20,
          seconds,
        },
        () => sender.nowMs() - startedAtMs,
      ),
    ]);
    return [...usual, ...slow];
  });
  return [result];
}
