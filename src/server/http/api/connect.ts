import type { ServiceDefinition } from '@grpc/grpc-js';
import type { ProtoRoot } from '../../../proto/proto-root.ts';
import type { guardService, rankingMethods } from '../../grpc/ranking-service.ts';
import type { UnaryMethod } from '../../grpc/unary.ts';
import { type DescribedType, readJsonMessage } from '../../wire/json-message.ts';
import { WrittenReply } from '../../wire/tokens.ts';

/**
 * Our own service in JSON, by the Connect protocol's unary calls
 * (https://connectrpc.com/docs/protocol): POST /slmrank.v1.RankingService/Rank with the request in
 * protobuf's JSON form. Nothing that gRPC can say is lost.
 */
export interface JsonMethod {
  readonly path: string;
  readonly method: UnaryMethod<unknown, unknown>;
  /** @throws RankError `invalid-argument` naming the field. */
  readonly read: (body: unknown) => unknown;
  readonly write: (reply: unknown) => string;
}

type Definition = ServiceDefinition[string] & { readonly requestType: DescribedType };

const typePrefix = 'slmrank.v1.';

/** `definition` is that of `guardService`, so that messages pass the checks of gRPC's. */
export function jsonMethods(
  definition: ReturnType<typeof guardService>,
  methods: ReturnType<typeof rankingMethods>,
  { reflected }: Pick<ProtoRoot, 'reflected'>,
): readonly JsonMethod[] {
  const types = Object.fromEntries(
    Object.entries(reflected).flatMap(([name, one]) =>
      name.startsWith(typePrefix) && 'type' in one ? [[name.slice(typePrefix.length), one]] : [],
    ),
  ) as Readonly<Record<string, DescribedType>>;
  return Object.entries(methods).map(([name, method]) => {
    const { [name]: defined } = definition;
    const { path, requestType, ...codec } = defined as Definition;
    return {
      path,
      method: method as UnaryMethod<unknown, unknown>,
      read: (body) =>
        codec.requestDeserialize(
          codec.requestSerialize(readJsonMessage(body, requestType, types)),
        ) as unknown,
      write: (reply) => {
        const bytes = reply instanceof WrittenReply ? reply.bytes : codec.responseSerialize(reply);
        return JSON.stringify(codec.responseDeserialize(bytes), dropChoices);
      },
    };
  });
}

/** The loader adds the name of each optional field that is set, under `_` and its name. */
function dropChoices(key: string, value: unknown): unknown {
  return key.startsWith('_') ? undefined : value;
}
