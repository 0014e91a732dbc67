import { RankError } from '../base/errors.ts';
import { type Manifest, scoreFingerprint } from './manifest.ts';

/**
 * The model as it serves when the states of candidates are kept: by another graph, which rounds
 * keys and values, so that scores have a fingerprint of their own.
 *
 * @param setting the setting that asks for it, as typed
 * @throws RankError `invalid-argument` if the model cannot.
 */
export function withStates(manifest: Manifest, setting: string): Manifest {
  const { name, template, precision, graphs } = manifest;
  if (template.order !== 'candidate-first') {
    throw refuse(
      `${setting} keeps the states of candidates, but the template of ${name} is query-first: ` +
        'what the model computes for a candidate depends on the query before it. ' +
        `Set ${setting} to 0, or build the model with a candidate-first template`,
    );
  }
  const { states } = graphs.cpu;
  if (states === undefined) {
    throw refuse(
      `${setting} keeps the states of candidates, but ${name} (${precision}) was built without ` +
        `the graph for it. Set ${setting} to 0, or build it again in int8 or fp32`,
    );
  }
  const served = { ...manifest, graphs: { cpu: { score: states } } };
  return { ...served, fingerprint: scoreFingerprint(served) };
}

function refuse(message: string): RankError {
  return new RankError('invalid-argument', message);
}
