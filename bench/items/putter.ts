import { at } from '../../src/base/at.ts';
import type {
  ItemClient,
  WireItemSourceInput,
  WirePutItemsResponse,
} from '../../src/client/item-client.ts';
import type { Passage } from '../../src/eval/data/beir.ts';
import { sleep } from '../chaos/wait.ts';
import type { ItemName } from './figures.ts';

export interface Source {
  readonly id: string;
  readonly version: string;
  readonly title?: string;
  readonly text: string;
}

/** So many items of the postings; repetitions get ids of their own. */
export function makeItems(postings: readonly Passage[], count: number): readonly Source[] {
  return Array.from({ length: count }, (_, n) => {
    const { id, title, text } = at(postings, n % postings.length);
    const round = Math.floor(n / postings.length);
    return {
      id: round === 0 ? id : `${id}~${round}`,
      version: '1',
      text,
      ...(title === '' ? {} : { title }),
    };
  });
}

/** Puts items message by message, and knows which messages were acknowledged. */
export class Putter {
  readonly #messages: readonly (readonly Source[])[];
  readonly #acknowledged = new Set<number>();

  constructor(items: readonly Source[], messageItems: number) {
    this.#messages = Array.from({ length: Math.ceil(items.length / messageItems) }, (_, n) =>
      items.slice(n * messageItems, (n + 1) * messageItems),
    );
  }

  /** The acknowledged items. */
  get acknowledged(): readonly (Source & ItemName)[] {
    return [...this.#acknowledged].flatMap((place) => at(this.#messages, place));
  }

  get isHalfway(): boolean {
    return this.#acknowledged.size >= this.#messages.length / 2;
  }

  /**
   * Puts all messages that are not acknowledged, at most `rate` items per second.
   *
   * @throws Error when an item was not stored; CallError when the stream breaks.
   */
  async put(
    client: Pick<ItemClient, 'put'>,
    rate: number | undefined,
    onAcknowledged: () => void,
    timeoutMs: number,
  ): Promise<void> {
    const places = this.#messages.flatMap((_, n) => (this.#acknowledged.has(n) ? [] : [n]));
    const problems: string[] = [];
    const onAnswer = (answer: WirePutItemsResponse) => {
      const problem = problemOf(answer);
      if (problem !== undefined) {
        problems.push(problem);
        return;
      }
      this.#acknowledged.add(at(places, Number(answer.sequence)));
      onAcknowledged();
    };
    await client.put(this.#paced(places, rate), onAnswer, timeoutMs);
    const [first] = problems;
    if (first !== undefined) {
      throw new Error(`${problems.length} messages were not stored, the first because: ${first}`);
    }
  }

  async *#paced(
    places: readonly number[],
    rate: number | undefined,
  ): AsyncGenerator<readonly WireItemSourceInput[]> {
    const startedAtMs = performance.now();
    let sent = 0;
    for (const place of places) {
      if (rate !== undefined) {
        await sleep(Math.max(0, startedAtMs + (1000 * sent) / rate - performance.now()));
      }
      const items = at(this.#messages, place);
      sent += items.length;
      yield items;
    }
  }
}

function problemOf({ put, error }: WirePutItemsResponse): string | undefined {
  const [fault] = put?.faults ?? [];
  return error?.message ?? (fault && `${fault.field} ${fault.description}`);
}
