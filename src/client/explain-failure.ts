import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { CallError } from './call.ts';

const probeMs = 2000;
const mayBeTls = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED']);

/**
 * Adds the likely cause to the failure's message. A client that speaks plain text to a TLS port, or
 * TLS to a plain port, is not told why it gets no answer, so a TLS handshake is tried here.
 */
export async function explainFailure(
  error: unknown,
  address: string,
  isTls: boolean,
): Promise<unknown> {
  if (!(error instanceof CallError) || !mayBeTls.has(error.code)) {
    return error;
  }
  const speaksTls = await answersTls(address);
  if (speaksTls === undefined || speaksTls === isTls) {
    return error;
  }
  error.message += isTls
    ? `; ${address} does not speak TLS: leave the --tls options out`
    : `; ${address} speaks TLS: give --tls-ca FILE, the authority of its certificate`;
  return error;
}

/** Whether the address answers a TLS handshake in TLS; undefined when it does not answer at all. */
export async function answersTls(address: string): Promise<boolean | undefined> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const raw = connect({ host, port: Number(address.slice(colon + 1)) });
  try {
    return await greet(raw);
  } finally {
    raw.destroy();
  }
}

function greet(raw: Socket): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    let isConnected = false;
    const timer = setTimeout(() => resolve(isConnected ? false : undefined), probeMs);
    const settle = (answer: boolean | undefined) => {
      clearTimeout(timer);
      resolve(answer);
    };
    raw.once('error', () => settle(undefined));
    raw.once('connect', () => {
      isConnected = true;
      // Nothing is sent over this connection, so any certificate will do.
      const socket = connectTls({ socket: raw, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
      socket.once('secureConnect', () => settle(true));
      // An alert, for example about a missing client certificate, is TLS too.
      socket.once('error', (error: Error) => settle(/alert/i.test(error.message)));
      socket.once('close', () => settle(false));
    });
  });
}
