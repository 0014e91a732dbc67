import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../../src/base/at.ts';
import { messageOf } from '../../src/base/errors.ts';
import { UsageError } from '../../src/cli/shared/usage.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { orderOfRound } from '../ladder/steps.ts';
import { type AdapterProcess, type Round, startAdapter } from './adapter-process.ts';
import type { AdapterTask } from './adapters/protocol.ts';
import { describeSystems, findRatios, type Measured } from './compare.ts';
import { type ModelFiles, prepareFiles } from './weights/model-files.ts';
import { parsePeersOptions, type PeersOptions } from './options.ts';
import { drawReport, formatMarkdown, formatReport, type FullReport } from './report.ts';
import { commandOf, findInstalled, lookForPackages, type System } from './systems.ts';
import { type EncodedWork, encodeRequests, readRequests } from './work.ts';

async function main(args: readonly string[]): Promise<void> {
  const options = parsePeersOptions(args);
  const has = lookForPackages(options.python);
  const { present, leftOut } = findInstalled(options.systems, has);
  leftOut.forEach(({ name, command }) =>
    say(`LEFT OUT: ${name} is not installed; install it with: ${command}`),
  );
  const python = has.python ? options.python : undefined;
  const files = await prepareFiles({ ...options, python, say });
  const requests = await readRequests(options);
  const work = await encodeRequests(files.fp32, requests);
  const frame = {
    machine: describeMachine(),
    model: options.recipe,
    data: options.beir === undefined ? 'models/demo' : 'BEIR folder with judgements',
    requests: requests.length,
    candidates: work.candidates,
    tokens: work.tokens,
    rounds: options.rounds,
    threads: options.threads,
    leftOut,
  };
  const describe = (measured: readonly Measured[]): FullReport => {
    const systems = describeSystems(measured, { ...work, requests });
    return { ...frame, systems, ratios: findRatios(systems) };
  };
  // A run that is ended early leaves what it had measured.
  const keep = async (measured: readonly Measured[]) =>
    options.out === undefined ? undefined : save(describe(measured), options.out);
  const measured = await measure(present, { options, files, work, keep });
  process.stdout.write(`\n${formatReport(describe(measured))}`);
}

interface Setup {
  readonly options: PeersOptions;
  readonly files: ModelFiles;
  readonly work: EncodedWork;
  /** Called with what is measured so far, once each system has a round. */
  readonly keep: (measured: readonly Measured[]) => Promise<void>;
}

interface Running {
  readonly system: System;
  readonly process: AdapterProcess;
  readonly rounds: Round[];
}

/** Starts one process for each system; while one works, the others wait for their turn. */
async function measure(present: readonly System[], setup: Setup): Promise<readonly Measured[]> {
  const running: Running[] = [];
  try {
    for (const system of present) {
      say(`starting ${system.name}`);
      const process = await start(system, setup);
      running.push({ system, process, rounds: [] });
      // Warms it up.
      await process.runRound(1);
    }
    for (let round = 0; round < setup.options.rounds; round += 1) {
      for (const place of orderOfRound(running.length, round)) {
        const { system, process, rounds } = at(running, place);
        const answers = await process.runRound(setup.work.requests.length);
        rounds.push(answers);
        const ms = answers.reduce((sum, each) => sum + each.ms, 0);
        say(`round ${round + 1}: ${system.name}, ${(ms / 1000).toFixed(1)} s`);
        if (running.every((each) => each.rounds.length > 0)) {
          await setup.keep(running.map(measuredOf));
        }
      }
    }
    return running.map(measuredOf);
  } finally {
    await Promise.all(running.map(({ process }) => process.close()));
  }
}

function measuredOf({ system, process, rounds }: Running): Measured {
  const { name, class: kind, isOwn } = system;
  return {
    system: { name, class: kind, isOwn },
    about: process.about,
    peakMb: process.peakMb(),
    rounds: [...rounds],
  };
}

async function start(system: System, { options, files, work }: Setup): Promise<AdapterProcess> {
  const task: AdapterTask = {
    requests: work.requests,
    labels: work.labels,
    threads: options.threads,
    model: files[system.weights],
    options: system.options,
  };
  const folder = join(options.state, 'tasks');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${system.name.replaceAll(/\W+/g, '-')}.json`);
  await writeFile(file, JSON.stringify(task));
  return startAdapter(commandOf(system, options.python), file);
}

async function save(report: FullReport, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const files = {
    json: `${JSON.stringify(report, undefined, 1)}\n`,
    md: formatMarkdown(report, `${report.model}.svg`),
    svg: drawReport(report),
  };
  for (const [extension, content] of Object.entries(files)) {
    await writeFile(join(folder, `${report.model}.${extension}`), content);
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`bench:peers: ${messageOf(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
