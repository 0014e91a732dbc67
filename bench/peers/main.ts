import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../../src/base/at.ts';
import { messageOf } from '../../src/base/errors.ts';
import { UsageError } from '../../src/cli/shared/usage.ts';
import { describeMachine } from '../../src/eval/measures/machine.ts';
import { orderOfRound } from '../context-ladder/steps.ts';
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
  const measured = await measure(present, { options, files, work });
  const systems = describeSystems(measured, { ...work, requests });
  const report: FullReport = {
    machine: describeMachine(),
    model: options.recipe,
    data: options.beir === undefined ? 'models/demo' : 'BEIR folder with judgements',
    requests: requests.length,
    candidates: work.candidates,
    tokens: work.tokens,
    rounds: options.rounds,
    threads: options.threads,
    systems,
    ratios: findRatios(systems),
    leftOut,
  };
  process.stdout.write(`\n${formatReport(report)}`);
  if (options.out !== undefined) {
    await save(report, options.out);
  }
}

interface Setup {
  readonly options: PeersOptions;
  readonly files: ModelFiles;
  readonly work: EncodedWork;
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
      }
    }
    return running.map(({ system: { name, class: kind, isOwn }, process, rounds }) => ({
      system: { name, class: kind, isOwn },
      about: process.about,
      peakMb: process.peakMb(),
      rounds,
    }));
  } finally {
    await Promise.all(running.map(({ process }) => process.close()));
  }
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
  say(`Saved ${report.model}.json, .md and .svg in ${folder}`);
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
