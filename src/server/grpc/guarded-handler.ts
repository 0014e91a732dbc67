import type {
  MethodDefinition,
  sendUnaryData,
  ServerDuplexStream,
  ServerUnaryCall,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import { presentError } from '../../base/errors.ts';
import type { ProtoRoot } from '../../proto/proto-root.ts';
import { shapeOf } from '../wire/message-shape.ts';
import { guardDecoder, type Received, unwrap } from '../wire/guard-decoder.ts';
import { toStatus } from '../wire/error.ts';

/** Enough for the names of services and symbols. */
const maxRequestBytes = 16_384;

type Method = MethodDefinition<unknown, unknown>;
type Message = Received<object>;

/**
 * The method with our checks in front of its decoder; its handler must be one of `guardHandler`.
 */
export function guardMethod(method: Method): Method {
  const { requestType } = method as Method & { readonly requestType: { readonly type: object } };
  const rules = { requestBytes: maxRequestBytes, shape: shapeOf(requestType) };
  return { ...method, requestDeserialize: guardDecoder(method.requestDeserialize, rules) };
}

/** Hands decoded messages on; a message that cannot be decoded ends the call: INVALID_ARGUMENT. */
export function guardHandler(handler: UntypedHandleCall, root: ProtoRoot): UntypedHandleCall {
  const handle = handler as (call: object, callback?: sendUnaryData<unknown>) => void;
  return ((call: Call, callback?: sendUnaryData<unknown>) => {
    const fail = (thrown: unknown) => {
      const failed = toStatus(presentError(thrown), '', root);
      if (callback === undefined) {
        call.emit('error', failed);
      } else {
        callback(failed);
      }
    };
    const { request } = call;
    if (request === undefined) {
      handle(readingDecoded(call, fail));
      return;
    }
    try {
      call.request = unwrap(request as Message);
    } catch (error) {
      fail(error);
      return;
    }
    handle(call, callback);
  }) as UntypedHandleCall;
}

type Call = ServerDuplexStream<unknown, unknown> &
  Pick<ServerUnaryCall<unknown, unknown>, 'request'>;

/** The stream with `data` listeners that get decoded messages, and nothing after a bad message. */
function readingDecoded(call: Call, fail: (thrown: unknown) => void): Call {
  const listen = call.on.bind(call);
  let hasFailed = false;
  const on = (event: string, listener: (...args: unknown[]) => void) => {
    const decoded = (received: unknown) => {
      if (hasFailed) {
        return;
      }
      let message: unknown;
      try {
        message = unwrap(received as Message);
      } catch (error) {
        hasFailed = true;
        fail(error);
        return;
      }
      listener(message);
    };
    const unlessFailed = (...args: unknown[]) => {
      if (!hasFailed) {
        listener(...args);
      }
    };
    listen(event, event === 'data' ? decoded : event === 'end' ? unlessFailed : listener);
    return call;
  };
  return Object.assign(call, { on });
}
