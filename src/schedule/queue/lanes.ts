import type { PriorityClass } from '../../domain/events.ts';
import { type Queued, reorderByDeadline } from './fair-order.ts';
import { DueQueue } from './queue.ts';

interface LaneRequest extends Queued {
  readonly priority: PriorityClass;
  readonly prefixTokens: number;
  readonly waiting: readonly unknown[];
}

/** One queue for each priority class. */
export class Lanes<Request extends LaneRequest> {
  readonly interactive = new DueQueue<Request>();
  readonly deferrable = new DueQueue<Request>();

  get all(): readonly Request[] {
    return [...this.interactive.items, ...this.deferrable.items];
  }

  add(request: Request): void {
    const lane = this[request.priority];
    lane.add(request);
    const own = lane.items.filter(
      ({ client, waiting }) => client === request.client && waiting.length > 0,
    );
    const changed = reorderByDeadline(own);
    for (const one of changed.keys()) {
      lane.remove(one);
    }
    for (const [one, fairDueAtMs] of changed) {
      one.fairDueAtMs = fairDueAtMs;
      lane.add(one);
    }
  }

  /** Removes it from both queues, since it may have been promoted. */
  remove(request: Request): void {
    this.interactive.remove(request);
    this.deferrable.remove(request);
  }

  promote(request: Request): void {
    this.deferrable.remove(request);
    this.interactive.add(request);
  }

  /** Packed tokens that wait ahead of a request of this class and due time. */
  tokensAhead(priority: PriorityClass, fairDueAtMs: number): number {
    const ahead = ({ items }: DueQueue<Request>, latestAtMs: number) =>
      items.reduce((sum, one) => sum + (one.fairDueAtMs <= latestAtMs ? tokensOf(one) : 0), 0);
    return priority === 'interactive'
      ? ahead(this.interactive, fairDueAtMs)
      : ahead(this.interactive, Number.POSITIVE_INFINITY) + ahead(this.deferrable, fairDueAtMs);
  }
}

function tokensOf({ waiting, prefixTokens, waitingTokens }: LaneRequest): number {
  return waiting.length > 0 ? prefixTokens + waitingTokens : 0;
}
