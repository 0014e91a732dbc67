import { RankError } from '../../base/errors.ts';

/**
 * A request may name the score fingerprint of the only model that may rank it (its pin), in its own
 * field, in the metadata of its call, or in both.
 */
export interface PinnedBy {
  readonly field: string | undefined;
  readonly metadata: string | undefined;
}

const fieldName = 'score_fingerprint';
const metadataName = 'slmrank-score-fingerprint';
/** One spelling only, because proxies that route by it compare texts. */
const form = /^[0-9a-f]{64}$/;

/**
 * Throws unless the model with the fingerprint `served` may answer. Cheap, so that it can be asked
 * before anything else: the request then moves on to another server.
 *
 * @throws RankError `unavailable` (WRONG_FINGERPRINT) for another fingerprint, `invalid-argument`
 *   for a pin that no model can have.
 */
export function assertPin({ field = '', metadata = '' }: PinnedBy, served: string): void {
  if (field !== '' && metadata !== '' && field !== metadata) {
    const description =
      `is '${clip(field)}' in the request and '${clip(metadata)}' in the metadata ` +
      `${metadataName}; one of them, or the same in both, is needed`;
    throw invalidPin(fieldName, description);
  }
  const wanted = field === '' ? metadata : field;
  if (wanted === '' || wanted === served) {
    return;
  }
  if (!form.test(wanted)) {
    const description =
      `is '${clip(wanted)}' (${wanted.length} characters); 64 hexadecimal digits (0-9, a-f) are ` +
      'needed, as score_fingerprint of a reply has them';
    throw invalidPin(field === '' ? metadataName : fieldName, description);
  }
  throw new RankError(
    'unavailable',
    `this server's model has the score fingerprint ${short(served)}, and the request wants ` +
      `${short(wanted)}: retry on another server. If none has it any more, rank the whole list ` +
      'again without score_fingerprint',
    { reason: 'WRONG_FINGERPRINT', facts: { wanted, served }, retryAfterMs: 0 },
  );
}

function invalidPin(field: string, description: string): RankError {
  return new RankError('invalid-argument', `${field} ${description}`, {
    violations: [{ field, description }],
  });
}

/** As much as the log and the metrics show. */
function short(fingerprint: string): string {
  return fingerprint.slice(0, 12);
}

function clip(text: string): string {
  return text.slice(0, 80);
}
