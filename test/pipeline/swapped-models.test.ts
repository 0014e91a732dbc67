import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { at } from '../../src/base/at.ts';
import { systemClock } from '../../src/base/clock.ts';
import { RankError } from '../../src/base/errors.ts';
import { parseConfig } from '../../src/config/config.ts';
import { RankNotes } from '../../src/desk/ended-event.ts';
import { Lifecycle } from '../../src/desk/lifecycle.ts';
import { Ranker, type Ranked } from '../../src/desk/ranker.ts';
import type { RankRequest } from '../../src/domain/rank.ts';
import { verifierFor } from '../../src/cli/serve/verify-served.ts';
import { createPipeline } from '../../src/pipeline/create-pipeline.ts';
import { ModelSet } from '../../src/pipeline/model-set.ts';
import { buildModel } from '../../src/toolchain/build/build-model.ts';
import { tinyBuildOptions } from '../support/checkpoints/hf-tiny.ts';
import { noDeadline } from '../support/models/tiny-pipeline.ts';
import { rankForm } from '../support/rank-form.ts';

/** One checkpoint with its labels exchanged: what one model answers, the other one denies. */
const root = mkdtempSync(join(tmpdir(), 'slmrank-swapped-'));
const folders = { yes: join(root, 'yes'), no: join(root, 'no') };
afterAll(() => rm(root, { recursive: true }));
beforeAll(async () => {
  const options = (to: string) => tinyBuildOptions('llama', to, 'candidate-first');
  await buildModel({ ...options(folders.yes), labels: ['yes', 'no'] });
  await buildModel({ ...options(folders.no), labels: ['no', 'yes'] });
});

const queries = ['night nurse', 'reads charts'];
const texts = ['the nurse on ward nine', 'reads charts and orders', 'at night', 'a welder'];
const candidates = texts.map((text, i) => ({ id: `c${i}`, text }));
/** Of logits: a last digit differs between batches. */
const tolerance = 1e-3;

/** A server's models and desk, with kept states or without. */
async function open(statesMb: number) {
  const config = parseConfig({}, ['--devices=cpu:1', `--states-mb=${statesMb}`], 2);
  const verify = verifierFor(config);
  const { manifest } = await verify(folders.yes);
  const set = new ModelSet({
    first: { folder: folders.yes, manifest, devices: config.devices },
    open: ({ folder, devices, ...source }) =>
      createPipeline({ ...source, config: { ...config, model: folder, devices } }),
    clock: systemClock,
    verify,
  });
  await set.warm();
  const lifecycle = new Lifecycle();
  lifecycle.beginServing();
  const ranker = new Ranker({
    current: () => set.current(),
    lifecycle,
    limits: config,
    access: {
      capPriority: (request: RankRequest) => request,
      charge: (_client, _price, work) => work(),
    },
  });
  const other = (await verify(folders.no)).manifest.fingerprint;
  return { set, ranker, fingerprints: { yes: manifest.fingerprint, no: other } };
}

type Opened = Awaited<ReturnType<typeof open>>;

function rank(
  { ranker }: Opened,
  query: string,
  scoreFingerprint?: string,
  useCache = true,
): Promise<Ranked> {
  const form = rankForm({ query, candidates, scoreFingerprint, useCache, scoreKind: 'logit' });
  return ranker.rank(form, 'r', { ...noDeadline(), notes: new RankNotes() });
}

/** The logits of the candidates, in their order. */
function logitsOf({ reply }: Ranked): readonly number[] {
  return reply.results.toSorted((a, b) => a.index - b.index).map(({ logit }) => logit);
}

describe.each([0, 8])('with %p MB of kept states', (statesMb) => {
  let opened: Opened;
  const reference = new Map<string, readonly number[]>();
  const keyOf = (fingerprint: string, query: string) => `${fingerprint} ${query}`;

  beforeAll(async () => {
    opened = await open(statesMb);
    for (const folder of [folders.no, folders.yes]) {
      await opened.set.load(folder, () => undefined);
      const { fingerprint } = opened.set.current().manifest;
      for (const query of queries) {
        const fresh = await rank(opened, query, fingerprint, false);
        reference.set(keyOf(fingerprint, query), logitsOf(fresh));
      }
    }
  });
  afterAll(() => opened.set.drain());

  function expectOwn(ranked: Ranked): void {
    const { manifest, request } = ranked;
    const wanted = reference.get(keyOf(manifest.fingerprint, request.query)) ?? [];
    logitsOf(ranked).forEach((logit, i) => {
      expect(Math.abs(logit - at(wanted, i))).toBeLessThan(tolerance);
    });
  }

  test('the two models contradict each other in every score', () => {
    const { yes, no } = opened.fingerprints;
    for (const query of queries) {
      const [ones = [], others = []] = [yes, no].map((each) => reference.get(keyOf(each, query)));
      expect(ones).toHaveLength(texts.length);
      ones.forEach((logit, i) => {
        expect(Math.abs(logit)).toBeGreaterThan(2 * tolerance);
        expect(Math.abs(logit + at(others, i))).toBeLessThan(tolerance);
      });
    }
  });

  test('no score of the replaced model is served from the cache', async () => {
    const { set, fingerprints } = opened;
    const query = at(queries, 0);
    await rank(opened, query, fingerprints.yes);
    expect((await rank(opened, query)).reply.usage.cached).toBe(texts.length);
    await set.load(folders.no, () => undefined);
    const first = await rank(opened, query);
    expect([first.manifest.fingerprint, first.reply.usage.cached]).toEqual([fingerprints.no, 0]);
    expectOwn(first);
    await set.load(folders.yes, () => undefined);
    expectOwn(await rank(opened, query, fingerprints.yes));
  });

  test('under swaps every score is of the model that the reply names, and of the pin', async () => {
    const { set, fingerprints } = opened;
    const pins = [undefined, fingerprints.yes, fingerprints.no];
    const ends = { yes: 0, no: 0, cached: 0, refused: 0 };
    let isOver = false;
    const client = async (i: number) => {
      for (let sent = i; !isOver; sent += 1) {
        const pin = pins[sent % pins.length];
        const query = at(queries, sent % queries.length);
        const end = await rank(opened, query, pin).catch((error: unknown) => error);
        if (end instanceof RankError) {
          expect([end.reason, pin === undefined]).toEqual(['WRONG_FINGERPRINT', false]);
          ends.refused += 1;
          continue;
        }
        const ranked = end as Ranked;
        expectOwn(ranked);
        expect(pin ?? ranked.manifest.fingerprint).toBe(ranked.manifest.fingerprint);
        ends[ranked.manifest.fingerprint === fingerprints.yes ? 'yes' : 'no'] += 1;
        ends.cached += ranked.reply.usage.cached;
        // The event loop has turns for the swap.
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const clients = Array.from({ length: 12 }, (_, i) => client(i));
    for (const folder of [folders.no, folders.yes, folders.no, folders.yes]) {
      await set.load(folder, () => undefined);
    }
    isOver = true;
    await Promise.all(clients);
    expect(Math.min(...Object.values(ends))).toBeGreaterThan(0);
  });
});
