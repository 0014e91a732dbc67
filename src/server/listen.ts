import type { Server, ServerCredentials } from '@grpc/grpc-js';

/**
 * Binds the server to HOST:PORT. Resolves to the address with the actual port, which differs for
 * port 0. `hint` is added to the error's message.
 *
 * @throws Error when the address cannot be listened on.
 */
export async function listen(
  server: Server,
  address: string,
  credentials: ServerCredentials,
  hint = '',
): Promise<string> {
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (error === null) {
        resolve(bound);
      } else {
        const message = `cannot listen on ${address}${hint}: ${error.message}`;
        reject(new Error(message, { cause: error }));
      }
    });
  });
  return `${address.slice(0, address.lastIndexOf(':'))}:${port}`;
}
