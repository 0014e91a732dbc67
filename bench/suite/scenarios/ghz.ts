import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { JsonRecord } from '../../../src/base/files/json-record.ts';
import { findGhz, runGhz } from '../../load/ghz.ts';
import { packMessages } from '../../load/recorded-requests.ts';
import { messageOf } from '../../../src/base/errors.ts';
import { outcomeOf, type Sent } from '../account/ends.ts';
import type { Bench } from './poisson.ts';
import { runScenario, type ScenarioResult } from './run-scenario.ts';

/**
 * Repeats the constant rates with ghz, an independent client in another language. ghz has no
 * Poisson schedule, so its gaps are equal. It counts latency from the actual sending time. It has
 * no request ids, so only counts can be compared with the server's.
 */
export async function runGhzScenarios(bench: Bench): Promise<readonly ScenarioResult[]> {
  const ghz = findInstalled(bench);
  if (ghz === undefined) {
    return [];
  }
  const { seconds } = bench.options;
  const rate = (share: number) => Math.max(1, Math.round(share * bench.capacity));
  const steps = { start: rate(0.3), step: rate(0.3), end: rate(1.2), each: Math.ceil(seconds / 4) };
  return [
    await runOne(bench, ghz, { name: 'ghz-steady', note: '0.7 of capacity, equal gaps', seconds }, [
      `--rps=${rate(0.7)}`,
      `--total=${Math.round(rate(0.7) * seconds)}`,
    ]),
    await runOne(
      bench,
      ghz,
      { name: 'ghz-step', note: '0.3 to 1.2 of capacity in steps', seconds: 4 * steps.each },
      [
        '--load-schedule=step',
        `--load-start=${steps.start}`,
        `--load-step=${steps.step}`,
        `--load-end=${steps.end}`,
        `--load-step-duration=${steps.each}s`,
        // The default total is 200 requests. After the last step the rate stays at its end.
        `--total=${Math.round(steps.each * rate(0.3) * (1 + 2 + 3 + 4))}`,
      ],
    ),
    await runOne(bench, ghz, { name: 'ghz-overload', note: '10 times capacity', seconds }, [
      `--rps=${rate(10)}`,
      `--total=${Math.round(rate(10) * seconds)}`,
    ]),
  ];
}

function findInstalled({ options, say }: Bench): string | undefined {
  try {
    return findGhz(options.ghz);
  } catch (error) {
    say(`the ghz scenarios are skipped: ${messageOf(error)}`);
    return undefined;
  }
}

async function runOne(
  bench: Bench,
  ghz: string,
  words: { readonly name: string; readonly note: string; readonly seconds: number },
  schedule: readonly string[],
): Promise<ScenarioResult> {
  const { options, stand, messages } = bench;
  const { out, deadlineMs, connections } = options;
  const requests = join(out, `${words.name}.bin`);
  const output = join(out, `${words.name}.json`);
  await writeFile(requests, packMessages(messages.map(({ bytes }) => bytes)));
  bench.say(`${words.name}: ${words.note}`);
  const args = [
    '--insecure',
    '--call=slmrank.v1.RankingService/Rank',
    `--binary-file=${requests}`,
    ...schedule,
    '--async',
    `--concurrency=${2 * connections}`,
    `--connections=${connections}`,
    `--timeout=${Math.round(deadlineMs)}ms`,
    '--format=json',
    `--output=${output}`,
    stand.address,
  ];
  // Without request ids, the server's log cannot be compared request by request.
  const standWithoutLog = { ...stand, log: undefined };
  return runScenario(standWithoutLog, { ...words, generator: 'ghz', deadlineMs }, async () => {
    await runGhz(ghz, args, 1000 * words.seconds + deadlineMs + 60_000);
    const ends = parseGhz(await readFile(output, 'utf8'), options.candidates);
    await Promise.all([rm(requests), rm(output)]);
    return ends;
  });
}

/**
 * Reads ghz's JSON report. `timestamp` is the end of a call, `latency` is in nanoseconds, and
 * statuses are written like `DeadlineExceeded`.
 */
export function parseGhz(text: string, candidates: number): readonly Sent[] {
  const calls = JsonRecord.parse(text, 'ghz').records('details');
  const ends = calls.map((call, i) => {
    const endedAtMs = Date.parse(call.text('timestamp'));
    const status = statusName(call.text('status'));
    const sentAtMs = endedAtMs - call.amount('latency') / 1e6;
    const outcome = outcomeOf(status, true);
    const scored = outcome === 'scored' ? candidates : 0;
    return { id: `ghz-${i}`, sentAtMs, endedAtMs, status, outcome, candidates, scored };
  });
  const firstAtMs = ends.reduce((first, { sentAtMs }) => Math.min(first, sentAtMs), Infinity);
  return ends.map((end) => ({
    ...end,
    method: 'Rank',
    deadlineMs: undefined,
    dueAtMs: end.sentAtMs - firstAtMs,
    sentAtMs: end.sentAtMs - firstAtMs,
    endedAtMs: end.endedAtMs - firstAtMs,
    ends: 1,
  }));
}

/** `DeadlineExceeded` -> `DEADLINE_EXCEEDED`. ghz spells `Canceled` with one l. */
function statusName(ghzName: string): string {
  return ghzName === 'OK' || ghzName === 'Canceled'
    ? { OK: 'OK', Canceled: 'CANCELLED' }[ghzName]
    : ghzName.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
