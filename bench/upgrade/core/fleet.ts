import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../../../src/base/at.ts';
import { type ServerProcess, startServerProcess } from '../../../src/cli/shared/server-process.ts';
import { findFreeAddress } from '../../free-address.ts';

/** The name of the new model's folder, beside each server. */
export const nextFolder = 'next';

export interface Place {
  readonly data: string;
  readonly admin: string;
  readonly http: string;
  /** Its working directory. */
  readonly folder: string;
}

const startTimeoutMs = 120_000;

/** Server processes of this machine, each with its addresses and a working directory. */
export class Fleet {
  readonly places: readonly Place[];
  readonly #servers: (ServerProcess | undefined)[];

  private constructor(places: readonly Place[]) {
    this.places = places;
    this.#servers = places.map(() => undefined);
  }

  /** `next` is the new model; its copy of one server may be damaged. */
  static async open(count: number, out: string, next: string, damaged?: number): Promise<Fleet> {
    const places: Place[] = [];
    for (let i = 0; i < count; i += 1) {
      const folder = join(out, `server-${i}`);
      await mkdir(folder, { recursive: true });
      const copy = join(folder, nextFolder);
      await (i === damaged ? damage(next, copy) : symlink(next, copy));
      const [data, admin, http] = [
        await findFreeAddress(),
        await findFreeAddress(),
        await findFreeAddress(),
      ];
      places.push({ data, admin, http, folder });
    }
    return new Fleet(places);
  }

  /** @throws ServerStartError */
  async start(i: number, model: string): Promise<void> {
    const { data, admin, http, folder } = at(this.places, i);
    this.#servers[i] = await startServerProcess({
      settings: {
        SLMRANK_ADDRESS: data,
        SLMRANK_ADMIN_ADDRESS: admin,
        SLMRANK_HTTP_ADDRESS: http,
        SLMRANK_MODEL: model,
        SLMRANK_DEVICES: 'cpu:1',
        SLMRANK_LOG_LEVEL: 'warn',
      },
      cwd: folder,
      timeoutMs: startTimeoutMs,
    });
  }

  /** SIGTERM, the drain, and the end. @throws Error when it did not drain in time */
  async stop(i: number): Promise<void> {
    const server = this.#servers[i];
    this.#servers[i] = undefined;
    const status = await server?.stop();
    if (status !== undefined && status !== 0) {
      throw new Error(`${at(this.places, i).data} ended with ${status} instead of 0`);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.places.map((_, i) => this.stop(i)));
  }
}

/** A copy with one other byte in its weights. */
async function damage(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true, dereference: true });
  const { weights } = JSON.parse(await readFile(join(to, 'manifest.json'), 'utf8')) as {
    readonly weights: { readonly file: string };
  };
  const file = join(to, weights.file);
  const bytes = await readFile(file);
  const middle = Math.floor(bytes.length / 2);
  bytes.writeUInt8(at(bytes, middle) ^ 0xff, middle);
  await writeFile(file, bytes);
}
