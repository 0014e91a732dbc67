import { writeFile } from 'node:fs/promises';
import { at } from '../../src/base/at.ts';
import { messageOf } from '../../src/base/errors.ts';
import { formatTable } from '../../src/base/format-table.ts';
import { chooseModel } from '../../src/cli/shared/choose-model.ts';
import { parseNumber } from '../../src/cli/shared/option-values.ts';
import { parseOnlyOptions, UsageError } from '../../src/cli/shared/usage.ts';
import { parseConfig } from '../../src/config/config.ts';
import { type DemoData, readDemoData } from '../../src/eval/data/demo-data.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { orderOf, type RatioFigures, type Round, summarize } from './figures.ts';
import { readMemory } from './memory.ts';
import { loneRequest, type Shape, shapes } from './requests.ts';
import { openPipeline, openServer, type Way } from './ways.ts';

const usage = `Usage: npm run bench:replicas -- [OPTIONS]

What a second replica gives to a lone request, and what it costs in memory. The same requests run
one after the other with one and with two replicas of one thread, in turns, in this process
(pipeline) and over gRPC (server). The ratio is the time with two over half of the time with one.

  --model DIR   a built model (default: the bundled one)
  --rounds N    of every shape (default: 15)
  --out FILE    writes the report as JSON`;

const definitions = {
  model: { type: 'string' },
  rounds: { type: 'string', default: '15' },
  out: { type: 'string' },
} as const;

/** Rounds before the measured ones: costs are learnt, code is compiled. */
const warmUpRounds = 2;

interface Pair {
  readonly one: Way;
  readonly two: Way;
}

interface Row extends RatioFigures {
  readonly way: 'pipeline' | 'server';
  readonly shape: Shape;
}

async function main(args: readonly string[]): Promise<void> {
  const values = parseOnlyOptions(args, usage, definitions);
  const rounds = parseNumber('rounds', values.rounds, { min: 1, max: 10_000, whole: true });
  const model = values.model ?? (await chooseModel(parseConfig(process.env, [])));
  const data = await readDemoData(projectFolder('models/demo'));
  const rows: Row[] = [];
  const pipelines = await openPair(openPipeline, model);
  rows.push(...(await measurePair('pipeline', pipelines, data, rounds)));
  await closePair(pipelines);
  const servers = await openPair(openServer, model);
  rows.push(...(await measurePair('server', servers, data, rounds)));
  const memory = { one: readMemory(servers.one.pid), two: readMemory(servers.two.pid) };
  await closePair(servers);
  const report = { machine: describeMachine(), rounds, rows, memory };
  process.stdout.write(`\n${formatTable([head, ...rows.map(formatRow)])}\n${formatMemory(memory)}`);
  if (values.out !== undefined) {
    await writeFile(values.out, `${JSON.stringify(report, undefined, 1)}\n`);
    say(`Saved ${values.out}`);
  }
}

async function openPair(
  open: (model: string, replicas: number) => Promise<Way>,
  model: string,
): Promise<Pair> {
  const one = await open(model, 1);
  try {
    return { one, two: await open(model, 2) };
  } catch (error) {
    await one.close();
    throw error;
  }
}

async function closePair({ one, two }: Pair): Promise<void> {
  await Promise.all([one.close(), two.close()]);
}

async function measurePair(
  way: Row['way'],
  pair: Pair,
  data: DemoData,
  count: number,
): Promise<readonly Row[]> {
  const byShape = shapes.map((): Round[] => []);
  for (let round = 0; round < warmUpRounds + count; round += 1) {
    for (const [place, shape] of shapes.entries()) {
      const measured = await measureRound(pair, loneRequest(data, shape, round), round);
      if (round >= warmUpRounds) {
        at(byShape, place).push(measured);
      }
    }
    say(`${way}, round ${round + 1} of ${warmUpRounds + count}`);
  }
  return byShape.map((rounds, place) => ({ way, shape: at(shapes, place), ...summarize(rounds) }));
}

async function measureRound(
  pair: Pair,
  request: ReturnType<typeof loneRequest>,
  round: number,
): Promise<Round> {
  const [first, second] = orderOf(round);
  const earlier = await pair[first].rank(request);
  const later = await pair[second].rank(request);
  return first === 'one' ? { one: earlier, two: later } : { one: later, two: earlier };
}

const head = ['lone request', 'one, ms', 'two, ms', 'encode', 'run', 'ratio', 'quartiles'];

function formatRow({ way, shape, one, two, ratio }: Row): readonly string[] {
  return [
    `${way} ${shape.candidates} x ${shape.tokens}`,
    one.wallMs.toFixed(1),
    two.wallMs.toFixed(1),
    two.encodeMs.toFixed(1),
    two.runMs.toFixed(1),
    ratio.median.toFixed(3),
    `${ratio.low.toFixed(3)}..${ratio.high.toFixed(3)}`,
  ];
}

function formatMemory({ one, two }: Record<'one' | 'two', ReturnType<typeof readMemory>>): string {
  if (one === undefined || two === undefined) {
    return 'memory: this machine has no /proc/PID/smaps_rollup\n';
  }
  const row = (name: string, of: keyof typeof one) => [
    name,
    one[of].toFixed(0),
    two[of].toFixed(0),
    (two[of] - one[of]).toFixed(0),
  ];
  return formatTable([
    ['server memory, MB', 'one', 'two', 'second replica'],
    row('no file behind it', 'anonymousMb'),
    row('resident, shared pages in part', 'proportionalMb'),
  ]);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:replicas: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
