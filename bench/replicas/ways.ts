import { systemClock } from '../../src/base/clock.ts';
import { startServerProcess } from '../../src/cli/shared/server-process.ts';
import { createRankingClient } from '../../src/client/client.ts';
import { parseConfig } from '../../src/config/config.ts';
import { readManifest } from '../../src/model/manifest.ts';
import { createPipeline } from '../../src/pipeline/create-pipeline.ts';
import { rankRequest } from '../rank-request.ts';
import type { Timing } from './figures.ts';
import type { LoneRequest } from './requests.ts';

/** Ranks one request on a number of replicas of one thread each. */
export interface Way {
  rank(request: LoneRequest): Promise<Timing>;
  /** The process that the replicas are in. */
  readonly pid: number;
  close(): Promise<void>;
}

const timeoutMs = 600_000;

/** In this process: encoders, scheduler and replicas, without gRPC. @throws RankError */
export async function openPipeline(model: string, replicas: number): Promise<Way> {
  const config = { ...parseConfig({ SLMRANK_DEVICES: `cpu:${replicas}` }, []), model };
  const pipeline = createPipeline({ config, manifest: await readManifest(model) });
  const close = () => pipeline.drain();
  try {
    await pipeline.warm();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    pid: process.pid,
    close,
    rank: async ({ query, texts, maxCandidateTokens }) => {
      const startedAtMs = systemClock.nowMs();
      const { times } = await pipeline.rank(rankRequest(query, texts, maxCandidateTokens), {
        deadlineAtMs: startedAtMs + timeoutMs,
        signal: new AbortController().signal,
        client: '',
        traceparent: undefined,
      });
      return { ...times, wallMs: systemClock.nowMs() - startedAtMs };
    },
  };
}

/** A server in a process of its own, over gRPC. @throws ServerStartError */
export async function openServer(model: string, replicas: number): Promise<Way> {
  const server = await startServerProcess({
    settings: { SLMRANK_MODEL: model, SLMRANK_DEVICES: `cpu:${replicas}` },
    timeoutMs,
  });
  const client = createRankingClient(server.address);
  return {
    pid: server.pid,
    close: async () => {
      client.close();
      await server.stop();
    },
    rank: async ({ query, texts, maxCandidateTokens }) => {
      const startedAtMs = systemClock.nowMs();
      const candidates = texts.map((text) => ({ text }));
      const reply = await client.rank(
        { query, candidates, maxCandidateTokens, noCache: true },
        timeoutMs,
      );
      const wallMs = systemClock.nowMs() - startedAtMs;
      const { encodeMs = 0, queueMs = 0, runMs = 0 } = { ...reply.times };
      return { wallMs, encodeMs, queueMs, runMs };
    },
  };
}
