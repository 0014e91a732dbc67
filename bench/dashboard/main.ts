import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Stand, startStand } from '../suite/server/stand.ts';
import { parseOptions } from '../../src/cli/shared/usage.ts';
import { defaultRecipe, ensureModel } from '../../src/toolchain/build/ensure-model.ts';
import { projectFolder } from '../../src/toolchain/build/project-folder.ts';
import { sharing } from '../shared/servers.ts';
import { startValkeyProcess } from '../shared/valkey-process.ts';
import { queriesOf, type Query } from './queries.ts';
import { makeQuietTraffic, makeTraffic } from './traffic.ts';

const usage = `Usage: npm run check:dashboard -- [OPTIONS]

Starts a server with the bundled model, a real Prometheus that scrapes it, and traffic of every kind, and
then asks Prometheus every query of the Grafana board and of the alert rules. A query of the board
that gives no data fails, unless it shows only faults. Needs prometheus and promtool on the PATH
(Debian: apt-get install prometheus), and a Valkey server (valkey-server or redis-server).

  --seconds N  length of the traffic (default: 40)
  --port N     Prometheus' port on 127.0.0.1 (default: 9490)
`;

const { values } = parseOptions(process.argv.slice(2), usage, {
  seconds: { type: 'string', default: '40' },
  port: { type: 'string', default: '9490' },
});
/** Longer than the window of the board's rates. */
const quietMs = 20_000;
const prometheus = `127.0.0.1:${values.port}`;

async function main(): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'slmrank-dashboard-'));
  const valkey = await startValkeyProcess();
  const stand = await startStand({
    SLMRANK_MODEL: await ensureModel(defaultRecipe, 'cpu'),
    SLMRANK_DEVICES: 'cpu:2',
    SLMRANK_ITEMS: join(folder, 'items'),
    SLMRANK_SHADOW_SHARE: '1',
    SLMRANK_STATES_MB: '64',
    SLMRANK_QUEUED_CANDIDATES: '150',
    SLMRANK_CANDIDATES: '150',
    ...sharing(folder, valkey.proxy.port),
  });
  const stop = await startPrometheus(folder, await metricsOf(stand));
  try {
    await makeTraffic(stand.address, Number(values.seconds) * 1000);
    let empty = await askAll(await queriesOf(projectFolder('deploy')));
    if (empty.length > 0) {
      // Summaries are compared with whole texts only when the server has capacity to spare.
      console.log('those again, after traffic that leaves most of the server idle:');
      await makeQuietTraffic(stand.address, quietMs);
      empty = await askAll(empty);
    }
    return empty.length === 0 ? 0 : 1;
  } finally {
    stop();
    await stand.stop();
    await valkey.close();
    await rm(folder, { recursive: true });
  }
}

/** The server logs the address just after it says that it is ready. */
async function metricsOf(stand: Stand): Promise<string> {
  for (;;) {
    const address = stand.metricsAddress();
    if (address !== undefined) {
      return address;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Resolves to the function that ends it. @throws Error when it is not installed. */
async function startPrometheus(folder: string, target: string): Promise<() => void> {
  const rules = projectFolder('deploy/prometheus/rules.yml');
  const checked = spawnSync('promtool', ['check', 'rules', rules], { encoding: 'utf8' });
  if (checked.error !== undefined || checked.status !== 0) {
    throw new Error(`promtool: ${checked.error?.message ?? checked.stdout + checked.stderr}`);
  }
  console.log(checked.stdout.trim());
  const config = join(folder, 'prometheus.yml');
  const job = { job_name: 'slmrank', static_configs: [{ targets: [target] }] };
  const global = { scrape_interval: '1s', evaluation_interval: '1s' };
  // JSON is YAML too.
  await writeFile(config, JSON.stringify({ global, rule_files: [rules], scrape_configs: [job] }));
  const child = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${prometheus}`,
      '--log.level=error',
    ],
    { stdio: 'inherit' },
  );
  return () => child.kill();
}

/** Prints each query's number of series. Resolves to those that must have some and have none. */
async function askAll(queries: readonly Query[]): Promise<readonly Query[]> {
  const empty: Query[] = [];
  for (const query of queries) {
    const series = await countSeries(query.expression);
    const verdict = series > 0 ? 'ok' : query.mayBeEmpty ? 'no fault' : 'EMPTY';
    if (verdict === 'EMPTY') {
      empty.push(query);
    }
    console.log(`${verdict.padEnd(9)}${String(series).padStart(4)} series  ${query.place}`);
  }
  console.log(
    `${queries.length} queries, ${empty.length} empty that must not be` +
      empty.map(({ place, expression }) => `\n  ${place}: ${expression}`).join(''),
  );
  return empty;
}

/** @throws Error when Prometheus refuses the query. */
async function countSeries(expression: string): Promise<number> {
  const asked = new URLSearchParams({ query: expression });
  const response = await fetch(`http://${prometheus}/api/v1/query?${asked.toString()}`);
  const { status, error, data } = (await response.json()) as {
    readonly status: string;
    readonly error?: string;
    readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
  };
  if (status !== 'success') {
    throw new Error(`${expression}: ${error ?? status}`);
  }
  return data.result.filter(({ value: [, text] }) => text !== 'NaN').length;
}

process.exitCode = await main();
