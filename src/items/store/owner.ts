import { rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { DataError, messageOf } from '../../base/errors.ts';

/** Linux takes socket paths of 107 bytes. */
const mostPathBytes = 107;

/**
 * Makes this process the one that writes to the folder until the returned function is called or the
 * process ends, in whatever way. A listening socket is the sign, because the system takes it away
 * from a dead process, also one of another container; the file that is left is replaced.
 *
 * @throws DataError when another process owns the folder.
 */
export async function ownFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'owner.sock');
  if (Buffer.byteLength(path) > mostPathBytes) {
    throw new DataError(
      `${folder}: the path of an item store may have ${mostPathBytes - '/owner.sock'.length} bytes`,
    );
  }
  for (const isLast of [false, true]) {
    try {
      const server = await listen(path);
      return async () => await new Promise((resolve) => server.close(() => resolve()));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
        throw new DataError(`${folder}: cannot be written: ${messageOf(error)}`, { cause: error });
      }
    }
    if (isLast || (await answers(path))) {
      break;
    }
    rmSync(path, { force: true });
  }
  throw new DataError(
    `${folder}: another process writes to this item store, and only one may. ` +
      'Stop it, or send it the items (PutItems)',
  );
}

async function listen(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  server.unref();
  return server;
}

async function answers(path: string): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
