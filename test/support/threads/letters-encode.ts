import type { EncodeMessage, EncodeReply } from '../../../src/pool/threads/messages.ts';
import { lettersToIds, suffixIds } from './letters.ts';

/** An encoder's thread over letters instead of a tokenizer. */
export default function answer(message: EncodeMessage): EncodeReply {
  if (message.kind === 'tokenize') {
    return { kind: 'tokenized', ids: message.texts.map(lettersToIds) };
  }
  const { query, candidates } = message.task;
  if (query === '') {
    const violations = [{ field: 'query', description: 'is empty' }];
    return { kind: 'encoded', outcome: { ok: false, message: 'query is empty', violations } };
  }
  const encoded = {
    prefix: lettersToIds(query),
    candidates: candidates.map(({ text }) => ({
      ids: Int32Array.of(...lettersToIds(text), ...suffixIds),
      tokens: text.length,
      truncated: false,
    })),
  };
  return { kind: 'encoded', outcome: { ok: true, encoded } };
}
