import type { AttackKind } from '../core/kind.ts';
import { callKinds } from './call-kinds.ts';
import { connectionKinds } from './connection-kinds.ts';
import { type MessageKind, messageKinds } from './message-kinds.ts';
import type { WireClient } from './wire-client.ts';

/** Every kind of abuse of the gRPC address. */
export const grpcKinds: readonly AttackKind<WireClient>[] = [
  ...messageKinds.map(asAttackKind),
  ...callKinds.map(asAttackKind),
  ...connectionKinds,
];

function asAttackKind({ makeCall, ...kind }: MessageKind): AttackKind<WireClient> {
  return { ...kind, run: async (client, draw) => (await client.call(makeCall(draw))).ending };
}
