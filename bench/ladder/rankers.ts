import { join } from 'node:path';
import type { InferenceSession } from 'onnxruntime-node';
import type { WireGetInfoResponse, WireRankRequestInput } from '../../src/client/client.ts';
import { parseConfig } from '../../src/config/config.ts';
import { countCores } from '../../src/config/count-cores.ts';
import { candidateText, type Passage } from '../../src/eval/data/beir.ts';
import { type ItemServer, startItemServer } from '../items/served.ts';
import { putAndRead, type Summaries } from '../items/summaries.ts';
import { type BenchModel, type LadderGraphs, openBuiltModel, writeLadderGraphs } from './model.ts';
import type { LadderOptions } from './options.ts';
import type { LadderReport } from './report.ts';
import type { Answer, Request } from './requests.ts';
import { headTokens, type ModelName, type Reads, type Served, type Step } from './steps.ts';
import { graphOf, open, planVariant, runPlan, type VariantName } from './variants.ts';

/** Ranks as one step does. */
export interface Ranker {
  /** Requests in flight at once: enough of them leave no core idle. */
  readonly lanes: number;
  /** @throws CallError, or Error when a score is missing. */
  rank(request: Request): Promise<Answer>;
}

export interface RankersOptions extends Pick<LadderOptions, 'state' | 'titles'> {
  readonly models: Readonly<Record<ModelName, string>>;
  /** All requests, whose candidates go into the item store. */
  readonly requests: readonly Request[];
  readonly say: (line: string) => void;
}

const infoTimeoutMs = 60_000;
const callTimeoutMs = 600_000;
/** Most time to wait for the summaries of all candidates. */
const waitMs = 1_800_000;

/** Opens the steps, in the order of the ladder. What one has opened serves further ones too. */
export class Rankers {
  readonly #options: RankersOptions;
  readonly #servers = new Map<string, ItemServer>();
  readonly #sessions = new Map<string, InferenceSession>();
  readonly #infos = new Map<string, WireGetInfoResponse>();
  #dense: { readonly model: BenchModel; readonly graphs: LadderGraphs } | undefined;
  #summaries: Summaries = { texts: new Map(), methods: {} };

  constructor(options: RankersOptions) {
    this.#options = options;
  }

  /** The served models, and how many summaries were made by which method. */
  get facts(): Pick<LadderReport, 'models' | 'summaries'> {
    const models = [...this.#infos.values()].map(({ model, parameters, precision, ...info }) => ({
      name: model,
      parameters,
      precision,
      fingerprint: info.scoreFingerprint,
    }));
    return { models, summaries: this.#summaries.methods };
  }

  /** @throws ServerStartError, CallError */
  open({ model, by }: Step): Promise<Ranker> {
    return 'graph' in by ? this.#openGraph(by.graph, model) : this.#openServed(by, model);
  }

  async close(): Promise<void> {
    await Promise.all([
      ...[...this.#sessions.values()].map((session) => session.release()),
      ...[...this.#servers.values()].map((server) => server.stop()),
    ]);
  }

  async #openGraph(name: VariantName, modelName: ModelName): Promise<Ranker> {
    const { models, state } = this.#options;
    if (this.#dense === undefined) {
      const model = await openBuiltModel(models[modelName]);
      this.#dense = { model, graphs: await writeLadderGraphs(model, join(state, 'graphs')) };
    }
    const { model, graphs } = this.#dense;
    const path = graphOf(name, model, graphs);
    const session = this.#sessions.get(path) ?? (await open(path, countCores().cores));
    this.#sessions.set(path, session);
    const { tokenBudget, candidateTokens } = parseConfig(process.env, []);
    const rank = async (request: Request) => {
      const { prefix, candidates } = encode(model, request, candidateTokens);
      const part = { prefix, suffixes: candidates.map(({ ids }) => ids) };
      const margins = await runPlan(session, planVariant(name, part, { model, tokenBudget }));
      return { margins, tokens: candidates.map(({ tokens }) => tokens) };
    };
    return { lanes: 1, rank };
  }

  async #openServed({ reads, settings = {} }: Served, model: ModelName): Promise<Ranker> {
    const server = await this.#findServer(model, settings);
    const info = await server.ranking.getInfo(infoTimeoutMs);
    this.#infos.set(info.scoreFingerprint, info);
    if (reads === 'summary' && this.#summaries.texts.size === 0) {
      const passages = this.#options.requests.flatMap(({ candidates }) => candidates);
      const distinct = [...new Map(passages.map((each) => [each.id, each])).values()];
      this.#summaries = await putAndRead(server, distinct, { ...this.#options, waitMs });
    }
    return overGrpc(server, reads, {
      lanes: info.replicas.length + 1,
      summaries: this.#summaries.texts,
    });
  }

  async #findServer(model: ModelName, settings: NonNullable<Served['settings']>) {
    const { models, say, state, titles } = this.#options;
    const key = [model, ...Object.keys(settings)].join(' ');
    const running = this.#servers.get(key);
    if (running !== undefined) {
      return running;
    }
    say(`Starting a server: ${key}`);
    const store = join(state, titles ? 'items' : 'items-without-titles');
    // One server writes to the store.
    const server = await startItemServer(
      models[model],
      key === 'int8' ? store : undefined,
      settings,
    );
    this.#servers.set(key, server);
    return server;
  }
}

function encode({ encoder, dir }: BenchModel, { query, candidates }: Request, tokens: number) {
  const outcome = encoder?.encode({
    query,
    instruction: undefined,
    context: undefined,
    candidates: candidates.map((each) => candidateText(each, true)),
    truncation: 'end',
    maxCandidateTokens: tokens,
  });
  if (outcome?.ok !== true) {
    throw new Error(outcome?.message ?? `${dir} has no tokenizer`);
  }
  return outcome.encoded;
}

function overGrpc(
  { ranking }: Pick<ItemServer, 'ranking'>,
  reads: Reads,
  { lanes, summaries }: { readonly lanes: number; readonly summaries: Summaries['texts'] },
): Ranker {
  // Those with texts have no ids, so that nothing is looked up.
  const toCandidate = ({ id, title, text }: Passage) => {
    switch (reads) {
      case 'texts':
      case 'head':
        return { title, text };
      case 'summary':
        return { title, text: summaries.get(id) ?? text };
      case 'id':
        return { id };
    }
  };
  const rank = async ({ query, candidates }: Request) => {
    const request: WireRankRequestInput = {
      query,
      candidates: candidates.map(toCandidate),
      noCache: true,
      ...(reads === 'head' ? { maxCandidateTokens: headTokens } : {}),
    };
    const { results } = await ranking.rank(request, callTimeoutMs);
    const inOrder = results.toSorted((a, b) => a.index - b.index);
    if (inOrder.length !== candidates.length || !inOrder.every(({ scored }) => scored)) {
      throw new Error(`${candidates.length} candidates were sent, but not all have scores`);
    }
    return {
      margins: inOrder.map(({ logit }) => logit),
      tokens: inOrder.map(({ tokens }) => tokens),
    };
  };
  return { lanes, rank };
}
