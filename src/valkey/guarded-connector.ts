import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AbstractConnector } from 'ioredis';
import { ReplyGuard } from './reply-guard.ts';

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** PEM of the authorities that TLS trusts; undefined for those of Node. */
  readonly ca?: string | undefined;
}

/** A connection with the guard of its replies. */
export interface Guarded {
  readonly socket: Socket;
  readonly guard: ReplyGuard;
}

/** A read of a socket is at most this long. */
const readBytes = 65_536;

/**
 * The connector of ioredis with a guard between socket and library: the library sees only bytes
 * that the guard has passed, and a connection with other bytes is destroyed. `onOpen` receives each
 * new connection before anything is sent on it.
 */
export function guardedConnector(
  { host, port, isTls, ca }: ServerAddress,
  onOpen: (guarded: Guarded) => void,
) {
  return class GuardedConnector extends AbstractConnector {
    constructor() {
      super(1000);
    }

    override connect(): Promise<Socket> {
      this.connecting = true;
      const guard = new ReplyGuard();
      const onread = {
        buffer: Buffer.allocUnsafe(readBytes),
        callback: (length: number, buffer: Uint8Array) => {
          pass(socket, guard, Buffer.from(buffer.subarray(0, length)));
          return true;
        },
      };
      const options = { host, port, onread };
      // TLS knows no server names that are IP addresses.
      const servername = isIP(host) === 0 ? host : '';
      const socket: Socket = isTls
        ? connectTls({ ...options, servername, ca })
        : connectPlain(options);
      socket.once('error', (error) => {
        this.firstError = error;
      });
      this.stream = socket;
      onOpen({ socket, guard });
      return Promise.resolve(socket);
    }
  };
}

function pass(socket: Socket, guard: ReplyGuard, bytes: Buffer): void {
  const fault = guard.check(bytes);
  if (fault === undefined) {
    socket.emit('data', bytes);
  } else {
    socket.destroy(new Error(`the server sent ${fault}`));
  }
}
