import type { IncomingHttpHeaders } from 'node:http2';
import { type Metadata, ServerInterceptingCall, type ServerInterceptor } from '@grpc/grpc-js';
import { receivedBytes } from '../wire/guard-decoder.ts';
import { shareHolderOf } from './call-room.ts';
import type { OpenCall } from './open-call.ts';
import type { OpenCalls } from './open-calls.ts';
import type { StartTurns } from './start-turns.ts';

/** The metadata key for the key of a call in `OpenCalls`, removed before handlers see it. */
const callKey = 'x-slmrank-call';

export function writeCallKey(headers: IncomingHttpHeaders, key: string): void {
  headers[callKey] = key;
}

/**
 * Reports to open calls when the library has decoded and answered their messages, which their
 * streams cannot know. Starts calls with one request in turns.
 */
export function interceptCalls(openCalls: OpenCalls, turns: StartTurns): ServerInterceptor {
  return (definition, call) => {
    let open: OpenCall | undefined;
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, pass) => {
            open = takeCall(openCalls, metadata);
            if (open !== undefined) {
              open.hasManyMessages = definition.requestStream;
            }
            pass(metadata);
          },
          onReceiveMessage: (message: unknown, pass) => {
            open?.bytes.decoded(receivedBytes(message));
            pass(message);
          },
          // The library starts a call with one request when its client has sent everything.
          onReceiveHalfClose: (pass) => startInTurn(turns, open, pass),
        }),
      sendMessage: (message: unknown, next) => {
        // The library ends a stream when it cannot unpack a message; writing to it after that would
        // keep it open for ever.
        if (open?.stream.writableEnded !== true) {
          open?.bytes.answered();
          next(message);
          open?.countUnsent();
        }
      },
    });
  };
}

function takeCall(openCalls: OpenCalls, metadata: Metadata): OpenCall | undefined {
  const open = openCalls.get(String(metadata.get(callKey)[0]));
  metadata.remove(callKey);
  return open;
}

function startInTurn(turns: StartTurns, open: OpenCall | undefined, start: () => void): void {
  if (open === undefined || open.hasManyMessages) {
    start();
    return;
  }
  const { stream, origin } = open;
  const isOver = () => stream.closed || stream.destroyed;
  turns.enter(shareHolderOf(origin), { isOver, start });
}
