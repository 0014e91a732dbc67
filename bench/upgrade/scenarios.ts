import { join } from 'node:path';
import { at } from '../../src/base/at.ts';
import { messageOf } from '../../src/base/errors.ts';
import { createAdminClient } from '../../src/client/admin-client.ts';
import { rollModel } from '../../src/cli/admin/roll.ts';
import { sleep } from '../chaos/wait.ts';
import { type Fleet, nextFolder } from './core/fleet.ts';

/** How a scenario reaches the servers and says what it does. */
export interface Stage {
  readonly fleet: Fleet;
  /** The folder of the model that serves at the beginning. */
  readonly former: string;
  readonly pauseMs: number;
  /** From now on the server may have another model than the one it began with. */
  readonly touch: (server: number) => void;
  /** Notes how long a step of a server took. */
  readonly step: (server: number, what: string, ms: number) => void;
}

export interface Scenario {
  readonly title: string;
  /** The server whose copy of the new model is damaged. */
  readonly damaged?: number;
  /** What all servers must have in the end. */
  readonly end: 'new' | 'former';
  readonly run: (stage: Stage) => Promise<void>;
}

const adminTimeoutMs = 120_000;

export const scenarios: Readonly<Record<string, Scenario>> = {
  restart: { title: 'restarted one after the other', end: 'new', run: restartAll },
  swap: {
    title: 'loaded in place (`slmrank admin load-model --servers`)',
    end: 'new',
    run: async (stage) => {
      await roll(stage, false);
    },
  },
  'refused-swap': {
    title: 'loaded in place, and the copy on the second server is damaged (`--undo`)',
    damaged: 1,
    end: 'former',
    run: (stage) =>
      roll(stage, true).then(
        () => Promise.reject(new Error('the damaged model was loaded')),
        (error: unknown) => assertUndone(messageOf(error)),
      ),
  },
  'refused-restart': {
    title: 'restarted, and the copy on the second server is damaged',
    damaged: 1,
    end: 'former',
    run: restartAndReturn,
  },
};

async function restartAll(stage: Stage): Promise<void> {
  for (const server of stage.fleet.places.keys()) {
    await restart(stage, server, nextOf(stage, server));
    await sleep(stage.pauseMs);
  }
}

async function restartAndReturn(stage: Stage): Promise<void> {
  await restart(stage, 0, nextOf(stage, 0));
  await sleep(stage.pauseMs);
  const refusal = await restart(stage, 1, nextOf(stage, 1)).then(() => '', messageOf);
  if (!refusal.includes('SHA-256')) {
    throw new Error(`the damaged model was not refused for its checksum: ${refusal}`);
  }
  await timed(stage, 1, 'start with the former model', () => stage.fleet.start(1, stage.former));
  await restart(stage, 0, stage.former);
}

const nextOf = ({ fleet }: Stage, server: number) =>
  join(at(fleet.places, server).folder, nextFolder);

async function restart(stage: Stage, server: number, model: string): Promise<void> {
  stage.touch(server);
  await timed(stage, server, 'drain', () => stage.fleet.stop(server));
  await timed(stage, server, 'start', () => stage.fleet.start(server, model));
}

async function timed(
  { step }: Stage,
  server: number,
  what: string,
  work: () => Promise<void>,
): Promise<void> {
  const startedAtMs = performance.now();
  await work();
  step(server, what, performance.now() - startedAtMs);
}

/** The operator's command. Each server finds the folder in its own working directory. */
async function roll(
  { fleet, former, pauseMs, touch, step }: Stage,
  undo: boolean,
): Promise<string> {
  const names = fleet.places.map(({ admin }) => admin);
  let beganAtMs = performance.now();
  const { sentence } = await rollModel({
    folder: nextFolder,
    servers: fleet.places.map(({ admin, data }) => ({ admin, data })),
    undo,
    pauseMs,
    timeoutMs: adminTimeoutMs,
    trust: {},
    signal: new AbortController().signal,
    onStep: (name, what) => {
      const server = names.indexOf(name);
      if (what === 'verifying') {
        touch(server);
        beganAtMs = performance.now();
      } else if (/^(shifted|drained|serves|putting)/.test(what)) {
        step(server, what.replace(former, 'the former model'), performance.now() - beganAtMs);
      }
    },
  });
  return sentence;
}

function assertUndone(message: string): void {
  if (!message.includes('SHA-256') || !message.includes('the former model is back on')) {
    throw new Error(`the roll ended otherwise than it should: ${message}`);
  }
}

/** The score fingerprint that each server has now. */
export async function fingerprintsOf({ places }: Fleet): Promise<readonly string[]> {
  return await Promise.all(
    places.map(async ({ admin }) => {
      const client = createAdminClient(admin, adminTimeoutMs);
      const { scoreFingerprint } = await client.poolState();
      client.close();
      return scoreFingerprint;
    }),
  );
}
