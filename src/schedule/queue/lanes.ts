import type { PriorityClass } from '../../domain/events.ts';
import { settleTurns, type Turn } from './fair-order.ts';
import { TurnQueue } from './queue.ts';

interface Waiting extends Turn {
  readonly priority: PriorityClass;
  readonly prefixTokens: number;
  readonly waiting: readonly unknown[];
}

/** One queue for each priority class. */
export class Lanes<Request extends Waiting> {
  readonly interactive = new TurnQueue<Request>();
  readonly deferrable = new TurnQueue<Request>();

  get all(): readonly Request[] {
    return [...this.interactive.items, ...this.deferrable.items];
  }

  add(request: Request): void {
    const lane = this[request.priority];
    lane.add(request);
    const own = lane.items.filter(
      ({ client, waiting }) => client === request.client && waiting.length > 0,
    );
    const changed = settleTurns(own);
    for (const one of changed.keys()) {
      lane.remove(one);
    }
    for (const [one, orderMs] of changed) {
      one.orderMs = orderMs;
      lane.add(one);
    }
  }

  /** It may have been promoted: it is in one of the two. */
  remove(request: Request): void {
    this.interactive.remove(request);
    this.deferrable.remove(request);
  }

  promote(request: Request): void {
    this.deferrable.remove(request);
    this.interactive.add(request);
  }

  /** Packed tokens that wait and go before a request of this class and turn. */
  tokensAhead(priority: PriorityClass, orderMs: number): number {
    const before = ({ items }: TurnQueue<Request>, mostMs: number) =>
      items.reduce((sum, one) => sum + (one.orderMs <= mostMs ? tokensOf(one) : 0), 0);
    return priority === 'interactive'
      ? before(this.interactive, orderMs)
      : before(this.interactive, Number.POSITIVE_INFINITY) + before(this.deferrable, orderMs);
  }
}

function tokensOf({ waiting, prefixTokens, waitingTokens }: Waiting): number {
  return waiting.length > 0 ? prefixTokens + waitingTokens : 0;
}
