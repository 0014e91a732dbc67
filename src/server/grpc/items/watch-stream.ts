import type { handleServerStreamingCall, ServerWritableStream } from '@grpc/grpc-js';
import type { ItemDesk } from '../../../desk/items.ts';
import { invalidRequest } from '../../../desk/violations.ts';
import type { WireItemsStateInput } from '../../../proto/generated/slmrank/v1/ItemsState.ts';
import type { WireWatchItemsRequest } from '../../../proto/generated/slmrank/v1/WatchItemsRequest.ts';
import { type Received, unwrap } from '../../wire/guard-decoder.ts';
import { toWireState } from '../../wire/items.ts';
import { draining, EndedStream, type EndedStreamParts } from '../ended-stream.ts';

export interface WatchStreamParts extends EndedStreamParts {
  readonly desk: Pick<ItemDesk, 'state'>;
}

type Call = ServerWritableStream<Received<WireWatchItemsRequest>, WireItemsStateInput>;

const intervals = { least: 100, most: 3_600_000, default: 1000 };

/** Sends the state at once and then in each interval, but none while the client does not read. */
export function watchStream(
  parts: WatchStreamParts,
): handleServerStreamingCall<Received<WireWatchItemsRequest>, WireItemsStateInput> {
  return (call) => {
    let cancelTimer: () => void = () => undefined;
    const stream = new EndedStream(call, parts, {
      onDraining: () => stream.fail(draining('watch another server')),
      onEnd: () => cancelTimer(),
    });
    const watch = async (intervalMs: number): Promise<void> => {
      if (!call.writableNeedDrain) {
        const state = await parts.desk.state();
        if (stream.isEnded) {
          return;
        }
        call.write(toWireState(state));
      }
      const { clock } = parts;
      cancelTimer = clock.at(clock.nowMs() + intervalMs, () => run(intervalMs));
    };
    const run = (intervalMs: number) => {
      watch(intervalMs).catch((error: unknown) => stream.fail(error));
    };
    begin(call, stream, run);
  };
}

function begin(call: Call, stream: EndedStream, run: (intervalMs: number) => void): void {
  try {
    run(checkInterval(unwrap(call.request).intervalMs));
  } catch (error) {
    stream.fail(error);
  }
}

/** @throws RankError `invalid-argument` */
function checkInterval(intervalMs: number): number {
  const { least, most } = intervals;
  if (intervalMs === 0) {
    return intervals.default;
  }
  if (intervalMs < least || intervalMs > most) {
    const description = `is ${intervalMs}; allowed ${least} to ${most}, or 0 for ${intervals.default}`;
    throw invalidRequest([{ field: 'interval_ms', description }]);
  }
  return intervalMs;
}
