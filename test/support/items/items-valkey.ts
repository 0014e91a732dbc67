import { claimScript, pushScript, recordsScript } from '../../../src/items/shared/scripts.ts';
import { isNews } from '../../../src/items/shared/stamp.ts';
import { at } from '../../../src/base/at.ts';
import type { Reply } from '../../../src/valkey/valkey.ts';

type Arg = string | number | Buffer;

/** What Valkey does for the items, in memory: the scripts written once more, and a few commands. */
export class ItemsValkey {
  readonly hash = new Map<string, Buffer>();
  readonly stream: { readonly entry: number; readonly fields: readonly Buffer[] }[] = [];
  readonly claims = new Map<string, string>();
  /** Commands by name, and scripts by their number of replies. */
  readonly calls: string[] = [];
  /** Most entries of the stream. */
  mostEntries = 100_000;
  /** No call is answered. */
  isDown = false;
  /** Changes a reply before it is sent. */
  lie: (reply: Reply, name: string) => Reply = (reply) => reply;
  readonly #waiting: (() => void)[] = [];
  #entries = 0;

  async run(name: string, args: readonly Arg[]): Promise<Reply | undefined> {
    this.calls.push(name);
    await new Promise((resolve) => setImmediate(resolve));
    return this.isDown ? undefined : await this.#serve(name, args);
  }

  /** As after a restart of the server without a saved file. */
  empty(): void {
    this.hash.clear();
    this.stream.length = 0;
    this.claims.clear();
  }

  async #serve(name: string, args: readonly Arg[]): Promise<Reply | undefined> {
    let reply = this.#answer(name, args);
    if (reply === null && name === 'XREAD') {
      await this.#nextPush(Number(args[3]));
      reply = this.#answer(name, args);
    }
    return this.isDown ? undefined : this.lie(reply, name);
  }

  #answer(name: string, args: readonly Arg[]): Reply {
    switch (name) {
      case 'EVAL':
        return this.#script(args);
      case 'HGET':
        return this.hash.get(String(args[1])) ?? null;
      case 'HMGET':
        return args.slice(1).map((field) => this.hash.get(String(field)) ?? null);
      case 'HSCAN':
        return this.#scan(Number(args[1]));
      case 'XREVRANGE':
        return this.stream.slice(-1).map(toEntry);
      case 'XRANGE':
        return this.stream.filter(({ entry }) => `${entry}-0` === args[1]).map(toEntry);
      case 'XREAD': {
        const after = Number(String(args.at(-1)).split('-')[0]);
        const found = this.stream.filter(({ entry }) => entry > after).slice(0, Number(args[1]));
        return found.length === 0 ? null : [[Buffer.from('stream'), found.map(toEntry)]];
      }
      default:
        throw new Error(`unknown command ${name}`);
    }
  }

  async #nextPush(waitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  #script([script = '', keys, ...rest]: readonly Arg[]): Reply {
    const args = rest.slice(Number(keys));
    switch (script) {
      case pushScript:
        return this.#push(args);
      case recordsScript:
        return args.slice(1).map((id) => this.hash.get(`r${String(id)}`) ?? null);
      case claimScript:
        return this.#claim(String(rest[1]), args);
      default:
        throw new Error('unknown script');
    }
  }

  #push([, wanted, , ...records]: readonly Arg[]): number {
    let stored = 0;
    for (let i = 0; i < records.length; i += 3) {
      const [id, stamp] = [String(records[i]), String(records[i + 1])];
      if (isNews(stamp, this.hash.get(`s${id}`)?.toString(), String(wanted))) {
        this.hash.set(`s${id}`, Buffer.from(stamp));
        this.hash.set(`r${id}`, at(records, i + 2) as Buffer);
        const changes = Number(this.hash.get('n') ?? 0) + 1;
        this.hash.set('n', Buffer.from(String(changes)));
        this.#entries += 1;
        const fields = ['n', String(changes), 'i', id, 's', stamp].map((each) => Buffer.from(each));
        this.stream.push({ entry: this.#entries, fields });
        this.stream.splice(0, this.stream.length - this.mostEntries);
        stored += 1;
      }
    }
    this.#waiting.splice(0).forEach((go) => go());
    return stored;
  }

  #claim(key: string, [id, finished, server]: readonly Arg[]): number {
    if (this.hash.get(`s${String(id)}`)?.toString() === finished) {
      return 2;
    }
    const owner = this.claims.get(key) ?? String(server);
    this.claims.set(key, owner);
    return owner === server ? 1 : 0;
  }

  #scan(cursor: number): Reply {
    const stamps = [...this.hash].filter(([field]) => field.startsWith('s'));
    const page = stamps.slice(cursor, cursor + 10);
    const next = cursor + 10 < stamps.length ? cursor + 10 : 0;
    return [
      Buffer.from(String(next)),
      page.flatMap(([field, stamp]) => [Buffer.from(field), stamp]),
    ];
  }
}

function toEntry({ entry, fields }: ItemsValkey['stream'][number]): Reply {
  return [Buffer.from(`${entry}-0`), fields];
}
