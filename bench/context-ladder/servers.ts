import { join } from 'node:path';
import { parseConfig } from '../../src/config/config.ts';
import type { Passage } from '../../src/eval/data/beir.ts';
import type { ParetoData } from '../../src/eval/report/input/data.ts';
import { type ItemServer, startItemServer } from '../items/served.ts';
import type { LadderOptions } from './options.ts';
import { overGrpc, type Server } from './serve.ts';
import type { ModelName, Step } from './steps.ts';
import { openStock } from './stock.ts';
import { putAndRead, storeFolder, type Summaries } from './summaries.ts';

/** All steps, ready to rank; the servers of steps that wait have nothing to do. */
export interface Servers {
  /** In the order of the steps. */
  readonly steps: readonly Server[];
  readonly summaries: Summaries;
  close(): Promise<void>;
}

export interface ServersOptions extends LadderOptions {
  readonly say: (line: string) => void;
}

const infoTimeoutMs = 60_000;

/** @throws ServerStartError, CallError */
export async function openServers(
  steps: readonly Step[],
  data: ParetoData,
  options: ServersOptions,
): Promise<Servers> {
  const started = new Map<ModelName, ItemServer>();
  const opened: Server[] = [];
  const close = async () => {
    await Promise.all([
      ...opened.map((server) => server.close()),
      ...[...started.values()].map((server) => server.stop()),
    ]);
  };
  try {
    for (const { model, way } of steps) {
      if (way !== 'stock' && !started.has(model)) {
        started.set(model, await start(model, options));
      }
    }
    const summaries = await readSummaries(started.get('int8'), data, options);
    for (const step of steps) {
      opened.push(await openStep(step, started.get(step.model), { ...options, summaries }));
    }
    return { steps: opened, summaries, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(model: ModelName, { models, store, state, say }: ServersOptions) {
  say(`Starting a server with ${models[model]}`);
  const folder = model === 'int8' ? await storeFolder(store, state) : undefined;
  return await startItemServer(models[model], folder);
}

async function readSummaries(
  server: ItemServer | undefined,
  { corpus }: ParetoData,
  options: ServersOptions,
): Promise<Summaries> {
  if (server === undefined) {
    return { texts: new Map(), methods: {} };
  }
  const passages = [...corpus.values()].map((each) => withTitle(each, options.variant));
  return await putAndRead(server, passages, options);
}

interface StepOptions extends ServersOptions {
  readonly summaries: Summaries;
}

async function openStep(
  { model, way }: Step,
  server: ItemServer | undefined,
  options: StepOptions,
): Promise<Server> {
  if (way === 'stock') {
    const { tokenBudget, candidateTokens } = parseConfig(process.env, []);
    const state = join(options.state, 'stock');
    const titles = options.variant === 'titles';
    const folder = options.models[model];
    return await openStock({ model: folder, state, titles, tokenBudget, candidateTokens });
  }
  if (server === undefined) {
    throw new Error(`no server of the ${model} model was started; this is a bug`);
  }
  const { replicas } = await server.ranking.getInfo(infoTimeoutMs);
  const { texts } = options.summaries;
  // The others have no ids, so that nothing is looked up.
  const whole = (each: Passage) => {
    const { title, text } = withTitle(each, options.variant);
    return { title, text };
  };
  const toCandidate: (each: Passage) => { id?: string; title?: string; text?: string } = {
    text: whole,
    summary: (each: Passage) => ({ ...whole(each), text: texts.get(each.id) ?? each.text }),
    id: ({ id }: Passage) => ({ id }),
  }[way];
  return overGrpc(server, replicas.length + 1, (candidates) => candidates.map(toCandidate));
}

function withTitle(passage: Passage, variant: LadderOptions['variant']): Passage {
  return variant === 'titles' ? passage : { ...passage, title: '' };
}
