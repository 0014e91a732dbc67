import type { CompressMessage, CompressReply } from '../../../src/pool/compress/messages.ts';

/** A compression thread that ends at the text 'die', and never answers a search. */
export default function answer(message: CompressMessage): Promise<CompressReply> {
  if (message.kind === 'search') {
    return new Promise(() => undefined);
  }
  if (message.kind === 'encode' && message.source.text === 'die') {
    process.exit(1);
  }
  return Promise.resolve({ kind: 'encoded', ids: Int32Array.of(7) });
}
