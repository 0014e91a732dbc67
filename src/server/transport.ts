import { Server } from '@grpc/grpc-js';
import type { Clock } from '../base/clock.ts';
import type { Config } from '../config/config.ts';
import { Access } from '../desk/access/access.ts';
import type { Log } from '../observe/log.ts';
import type { ProtoRoot } from '../proto/proto-root.ts';
import { boundConnections } from './connections/descriptors.ts';
import { FrontDoor } from './door/front-door.ts';
import { listen } from './listen.ts';
import { type ListenCredentials, openCredentials, warnOfPlainText } from './tls.ts';

export interface TransportParts {
  readonly config: Config;
  /** By default opened as the configuration says. */
  readonly credentials?: ListenCredentials | undefined;
  readonly log: Log;
  readonly clock: Clock;
  readonly root: ProtoRoot;
}

/** The library's server behind our front door, not listening yet. */
export interface Transport {
  readonly server: Server;
  readonly access: Access;
  readonly door: FrontDoor;
  /** For the servers of other protocols. */
  readonly tls: ListenCredentials['tls'];
  /**
   * Resolves to HOST:PORT, with the actual port when the configuration said 0.
   *
   * @throws Error when the address cannot be listened on.
   */
  listen(): Promise<string>;
  /** Reads certificates and API keys again. */
  reload(): void;
  /** Stops watching files. Leaves connections and the door open. */
  close(): void;
}

/** @throws Error naming the setting whose file is unusable. */
export function createTransport(parts: TransportParts): Transport {
  const { config, log, clock, root } = parts;
  const { credentials, ...certificates } = parts.credentials ?? openCredentials(config, log);
  const access = new Access({ config, log, clock });
  const connections = boundConnections(config.connections, log);
  const door = new FrontDoor({
    access,
    clock,
    log,
    root,
    mostMessageBytes: mostMessageBytes(config),
    config: { ...config, connections },
  });
  certificates.onAuthority(() => {
    access.renewAuthority();
    door.endCertified();
  });
  const server = createServer(config, door);
  door.attach(server);
  return {
    server,
    access,
    door,
    tls: certificates.tls,
    listen: async () => {
      warnOfPlainText(config.address, config, log);
      return await listen(server, config.address, credentials);
    },
    reload: () => {
      certificates.reload();
      access.reload();
    },
    close: () => {
      certificates.close();
      access.close();
    },
  };
}

/**
 * Twice our limit. A request that is too large but below this gets our error with details; the
 * library aborts larger messages.
 */
function mostMessageBytes({ requestBytes }: Config): number {
  return 2 * requestBytes;
}

function createServer(config: Config, door: FrontDoor): Server {
  return new Server({
    interceptors: [door.interceptor],
    'grpc.max_receive_message_length': mostMessageBytes(config),
    'grpc.max_concurrent_streams': config.connectionCalls,
    // Costs work for every call and message, and nothing here reads its figures.
    'grpc.enable_channelz': 0,
    'grpc.max_connection_idle_ms': 300_000,
    // Lets clients behind a layer-4 balancer find new servers; open calls continue. The grace
    // period ends the streams of peers that died silently. Keepalive pings would find those sooner,
    // but a ping on a closing connection drops the calls on it (tried with grpc-js 1.14.7;
    // grpc-node#3068), so every drain would lose calls. Clients may ping as often as they like.
    'grpc.max_connection_age_ms': 1_800_000,
    'grpc.max_connection_age_grace_ms': 3_600_000,
  });
}
