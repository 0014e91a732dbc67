import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ServerProcess, startServerProcess } from '../../src/cli/shared/server-process.ts';
import { createRankingClient, type RankingClient } from '../../src/client/client.ts';
import { findFreePort } from '../free-address.ts';

/** A server in a process of its own, with its figures. */
export interface FleetServer {
  readonly ranking: RankingClient;
  /** The value of a series, such as `slmrank_valkey_breaker_open`; 0 if there is none. */
  figure(series: string): Promise<number>;
  residentMb(): number;
  stop(): Promise<void>;
}

export interface FleetSettings {
  readonly model: string;
  readonly state: string;
  /** Undefined: it shares nothing. */
  readonly valkeyPort: number | undefined;
  /** Fewer than the pairs of the load, so that a server's own cache finds nothing. */
  readonly cacheEntries: number;
  readonly more?: Readonly<Record<string, string>>;
}

/** @throws ServerStartError */
export async function startFleetServer(settings: FleetSettings): Promise<FleetServer> {
  const metricsPort = await findFreePort();
  const server = await startServerProcess({
    settings: {
      SLMRANK_MODEL: settings.model,
      SLMRANK_DEVICES: 'cpu:1',
      SLMRANK_CACHE_ENTRIES: String(settings.cacheEntries),
      SLMRANK_METRICS_ADDRESS: `127.0.0.1:${metricsPort}`,
      SLMRANK_LOG_LEVEL: 'warn',
      ...(settings.valkeyPort === undefined ? {} : sharing(settings.state, settings.valkeyPort)),
      ...settings.more,
    },
    timeoutMs: 120_000,
  });
  const ranking = createRankingClient(server.address);
  return {
    ranking,
    figure: (series) => readFigure(metricsPort, series),
    residentMb: () => residentMb(server),
    stop: async () => {
      ranking.close();
      await server.stop();
    },
  };
}

/** Settings of a server that shares with others; `folder` gets the file of their secret. */
export function sharing(folder: string, valkeyPort: number): Record<string, string> {
  const secret = join(folder, 'secret');
  writeFileSync(secret, 'a secret of benches only, long enough');
  return {
    SLMRANK_VALKEY_URL: `valkey://127.0.0.1:${valkeyPort}`,
    SLMRANK_VALKEY_SECRET_FILE: secret,
  };
}

async function readFigure(port: number, series: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}

function residentMb({ pid }: ServerProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [, kilobytes = 'NaN'] = /^VmRSS:\s+(\d+) kB/m.exec(status) ?? [];
  return Number(kilobytes) / 1024;
}
