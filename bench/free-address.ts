import { createServer } from 'node:net';

/** HOST:PORT of a TCP port of this machine's loopback that is free now. */
export async function findFreeAddress(): Promise<string> {
  return `127.0.0.1:${await findFreePort()}`;
}

/** @throws Error when the system has none. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') {
    throw new Error('the system gave no free TCP port on 127.0.0.1');
  }
  return address.port;
}
