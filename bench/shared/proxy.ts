import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What the proxy does to the bytes that a server sends; undefined ends the connection. */
export type Lie = (bytes: Buffer) => Buffer | undefined;

/** A proxy between the servers of a fleet and their Valkey that can be slow, or lie. */
export class Proxy {
  delayMs = 0;
  lie: Lie = (bytes) => bytes;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(target: number) {
    this.#server = createServer((client) => this.#join(client, target));
  }

  static async start(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Honest and fast again. */
  mend(): void {
    this.delayMs = 0;
    this.lie = (bytes) => bytes;
  }

  close(): void {
    this.#sockets.forEach((socket) => socket.destroy());
    this.#server.close();
  }

  #join(client: Socket, target: number): void {
    const valkey = connect(target, '127.0.0.1');
    const ends = [client, valkey] as const;
    for (const socket of ends) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        ends.forEach((end) => end.destroy());
      });
    }
    client.on('data', (bytes) => valkey.write(bytes));
    valkey.on('data', (bytes) => this.#send(bytes, client));
  }

  #send(bytes: Buffer, client: Socket): void {
    const changed = this.lie(bytes);
    if (changed === undefined) {
      client.destroy();
    } else if (this.delayMs === 0) {
      client.write(changed);
    } else {
      setTimeout(() => client.write(changed), this.delayMs);
    }
  }
}

/** Where the values of a reply are: longer than any word of the protocol. */
function placesOf(bytes: Buffer): readonly { readonly start: number; readonly end: number }[] {
  return [...bytes.toString('latin1').matchAll(/\$(\d{2,9})\r\n/g)].flatMap((found) => {
    const start = found.index + found[0].length;
    const end = start + Number(found[1]);
    return end <= bytes.length ? [{ start, end }] : [];
  });
}

/** Each value of a reply is that of another key. */
export const swapped: Lie = (bytes) => {
  const places = placesOf(bytes);
  const values = places.map(({ start, end }) => Buffer.from(bytes.subarray(start, end)));
  places.forEach(({ start, end }, index) => {
    const other = values[(index + 1) % values.length];
    if (other !== undefined && other.length === end - start) {
      other.copy(bytes, start);
    }
  });
  return bytes;
};

/** One bit of each value is flipped, at another place each time. */
export const flipped: Lie = (bytes) => {
  placesOf(bytes).forEach(({ start, end }, index) => {
    const place = start + ((7 * index) % (end - start));
    bytes.writeUInt8(bytes.readUInt8(place) ^ 4, place);
  });
  return bytes;
};

const isList = (bytes: Buffer) => bytes.toString('latin1', 0, 1) === '*';

/** Values of wrong types, as many as the list has. */
export const mistyped: Lie = (bytes) => {
  const count = /^\*(\d+)/.exec(bytes.toString('latin1', 0, 12))?.[1];
  return count === undefined
    ? bytes
    : Buffer.from(`*${count}\r\n${':1\r\n'.repeat(Number(count) - 1)}*1\r\n+OK\r\n`);
};

/** A value of a gigabyte, as fast as the network takes it. */
export const huge: Lie = (bytes) =>
  isList(bytes)
    ? Buffer.concat([Buffer.from('*1\r\n$1073741824\r\n'), Buffer.alloc(4_194_304)])
    : bytes;

/** Arrays that would take the memory of the process. */
export const bomb: Lie = () => Buffer.from('*30000000\r\n'.repeat(12));

export const garbage: Lie = (bytes) => {
  for (let place = 0; place < bytes.length; place += 1) {
    bytes.writeUInt8((place * 151 + 13) % 256, place);
  }
  return bytes;
};

export const hangUp: Lie = () => undefined;
