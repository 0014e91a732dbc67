import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OpenScorer } from '../../src/eval/report/scores/scorers.ts';
import type { ParetoReport } from '../../src/eval/report/report.ts';
import type { Pair } from '../../src/eval/rank/pair-batches.ts';
import { temporaryFolder } from './temporary-folder.ts';

const jsonLines = (records: unknown[]) => records.map((each) => JSON.stringify(each)).join('\n');
const ids = ['a', 'b', 'c'];
const queryIds = ['q1', 'q2', 'q3'];
export const trec = (order: readonly string[]) =>
  queryIds
    .flatMap((query) => order.map((id, i) => `${query} Q0 ${id} ${i + 1} ${9 - i} tag`))
    .join('\n');

/**
 * A folder with data, a plan and a state. Only candidate `c` is relevant, and only its title shows
 * it. The folder `models` must have the built models `dense` and `pruned`.
 */
export function setUpPareto(models: string) {
  const folder = temporaryFolder({
    'corpus.jsonl': jsonLines(
      ids.map((_id) => ({ _id, title: _id === 'c' ? 'good' : 'bad', text: `text ${_id}` })),
    ),
    'queries.jsonl': jsonLines(
      queryIds.map((_id) => ({ _id, text: _id, metadata: { kind: _id === 'q1' ? 'x' : 'y' } })),
    ),
    'qrels/dev.tsv': queryIds.map((query) => `${query}\tc\t1`).join('\n'),
    'runs/pool.trec.gz': trec(ids),
    'embedder.24.trec': trec(['b', 'c', 'a']),
    'embedder.64.trec': trec(['c', 'b', 'a']),
    'plan.json': JSON.stringify({
      reference: 'dense',
      rows: [
        { kind: 'run', name: 'BM25', runs: { titles: 'first-stage', 'no-titles': 'first-stage' } },
        {
          kind: 'run',
          name: 'embedder',
          parameters: 100,
          bytes: 400,
          notes: '<cosine>',
          runs: { titles: 'embedder.{tokens}.trec', 'no-titles': 'embedder.{tokens}.trec' },
        },
        { kind: 'model', name: 'dense', path: 'dense' },
        { kind: 'model', name: 'pruned', path: 'pruned' },
      ],
    }),
  });
  const args = (...more: string[]) => [
    `--beir=${folder}`,
    `--plan=${join(folder, 'plan.json')}`,
    `--models=${models}`,
    `--state=${join(folder, 'state')}`,
    `--out=${join(folder, 'out')}`,
    '--rounds=2',
    '--speed-candidates=2',
    '--candidate-tokens=24',
    ...more,
  ];
  const report = () =>
    JSON.parse(readFileSync(join(folder, 'out', 'pareto.json'), 'utf8')) as ParetoReport;
  return { folder, args, report };
}

/**
 * Scorers without models, which record their calls: the dense one (llama) recognizes good titles,
 * the pruned one (qwen3) does not.
 */
export function standIn(calls: string[], failAfter = Infinity): OpenScorer {
  return ({ manifest }) =>
    Promise.resolve({
      score: (pairs, { corpus }, { candidateTokens, variant }) => {
        if (calls.length >= failAfter) {
          return Promise.reject(new Error('stopped'));
        }
        calls.push(`${manifest.name} ${pairs.length} ${candidateTokens} ${variant}`);
        const isGood = ({ candidate }: Pair) =>
          variant === 'titles' &&
          manifest.name === 'llama' &&
          corpus.get(candidate)?.title === 'good';
        return Promise.resolve(pairs.map((pair) => (isGood(pair) ? 2 : -2)));
      },
      close: () => Promise.resolve(),
    });
}
