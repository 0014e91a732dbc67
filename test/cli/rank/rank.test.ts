import { afterEach, describe, expect, test } from '@jest/globals';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { run } from '../../../src/cli/rank/rank.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { readManifest } from '../../../src/model/manifest.ts';
import { createPipeline } from '../../../src/pipeline/create-pipeline.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { noDeadline, testRequest } from '../../support/models/tiny-pipeline.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const output = captureOutput();

afterEach(() => {
  process.stdout.removeAllListeners('error');
});

const words = 'the nurse on ward nine reads charts and orders at night'.split(' ');
/** Three of them have no title, some are longer than a candidate may be. */
const candidates = Array.from({ length: 9 }, (_, i) => ({
  id: `c${i}`,
  ...(i % 3 === 0 ? {} : { title: words.slice(i, i + 2).join(' ') }),
  text: Array.from({ length: 7 * i + 1 }, (__, j) => words[(i + 3 * j) % words.length]).join(' '),
}));
const lines = candidates.map((each) => JSON.stringify(each)).join('\n');

interface JsonLine {
  readonly query: string;
  readonly rank: number;
  readonly id: string;
  readonly score: number;
  readonly tokens: number;
  readonly truncated: boolean;
}
const jsonLines = () =>
  output.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JsonLine);

/** What the server's pipeline answers to the same request. */
async function serve(model: string, query: string): Promise<readonly Omit<JsonLine, 'query'>[]> {
  const config = { ...parseConfig({ SLMRANK_DEVICES: 'cpu:1' }, []), model };
  const pipeline = createPipeline({ config, manifest: await readManifest(model) });
  try {
    await pipeline.warm();
    const request = testRequest(query, [], {
      candidates: candidates.map((each) => ({ title: undefined, version: undefined, ...each })),
      context: 'at home',
      instruction: 'nurses only',
      maxCandidateTokens: 40,
      scoreKind: 'probability',
    });
    const { results } = await pipeline.rank(request, noDeadline());
    return results.map(({ index, score, tokens, truncated }, i) => ({
      rank: i + 1,
      id: `c${index}`,
      score,
      tokens,
      truncated,
    }));
  } finally {
    await pipeline.drain();
  }
}

describe('slmrank rank', () => {
  test('refuses a model of another score fingerprint than the one that is wanted', async () => {
    const model = temporaryFolder();
    const { fingerprint } = await buildHfTiny('llama', model);
    const folder = temporaryFolder({ 'jobs.jsonl': lines });
    const args = ['--query', 'q', join(folder, 'jobs.jsonl'), '--model', model, '--devices=cpu:1'];
    expect(await run([...args, '--score-fingerprint', fingerprint])).toBe(0);
    await expect(run([...args, '--score-fingerprint', 'abc'])).rejects.toThrow(
      `--score-fingerprint is 'abc', and llama (${model}) has ${fingerprint}; name the folder of ` +
        'the other model by --model, or leave the option out',
    );
  });

  test.each(['query-first', 'candidate-first'] as const)(
    'gives the scores that a %s model is served with',
    async (order) => {
      const model = temporaryFolder();
      const { name } = await buildHfTiny('llama', model, order);
      const folder = temporaryFolder({ 'jobs.jsonl': lines });
      const asked = ['night nurse', 'reads charts'];
      const status = await run([
        ...asked.flatMap((query) => ['--query', query]),
        join(folder, 'jobs.jsonl'),
        '--json',
        '--model',
        model,
        '--devices',
        'cpu:1',
        '--candidate-tokens',
        '40',
        '--context',
        'at home',
        '--instruction',
        'nurses only',
      ]);
      expect(status).toBe(0);
      const found = jsonLines();
      for (const query of asked) {
        const own = found.filter((line) => line.query === query);
        const served = await serve(model, query);
        const withoutScore = ({ rank, id, tokens, truncated }: (typeof served)[number]) => ({
          rank,
          id,
          tokens,
          truncated,
        });
        expect(own.map(withoutScore)).toEqual(served.map(withoutScore));
        own.forEach(({ score }, i) => expect(score).toBeCloseTo(served[i]?.score ?? NaN, 5));
      }
      expect(found).toHaveLength(18);
      expect(new Set(found.map(({ truncated }) => truncated))).toEqual(new Set([true, false]));
      expect(output.stderr).toContain(`Loading ${name} on 1 device slots\n`);
      expect(output.stderr).toMatch(/^18 of 18 candidates, 100 %/m);
      expect(output.stderr).toMatch(
        /^18 candidates in .* candidates\/s; \d+ of them cut to the context/m,
      );
    },
    240_000,
  );

  test('prints a table for each query; the model is that of SLMRANK_MODEL, the input a pipe', async () => {
    const model = temporaryFolder();
    await buildHfTiny('llama', model);
    const before = process.env['SLMRANK_MODEL'];
    process.env['SLMRANK_MODEL'] = model;
    try {
      const given = ['--query', 'nurse', '--query', 'cook', '--top', '2', '--devices', 'cpu:1'];
      const input = Readable.from([gzipSync(lines)]);
      expect(await run([...given, '-'], input)).toBe(0);
    } finally {
      if (before === undefined) {
        delete process.env['SLMRANK_MODEL'];
      } else {
        process.env['SLMRANK_MODEL'] = before;
      }
    }
    const table = ' of 9 candidates\n {2}place {2}before .*\n {6}1 .*\n {6}2 .*\n';
    expect(output.stdout).toMatch(new RegExp(`^"nurse", 2${table}\n"cook", 2${table}$`));
  }, 120_000);

  test('skips and lists bad lines with --skip-bad, which the error recommends without it', async () => {
    const model = temporaryFolder();
    await buildHfTiny('llama', model);
    const bad = ['{"id": "e", "text": ""}', ...Array<string>(6).fill('nonsense')];
    const folder = temporaryFolder({ 'jobs.jsonl': [...bad, lines].join('\n') });
    const file = join(folder, 'jobs.jsonl');
    const given = ['--query', 'nurse', '--model', model, '--devices', 'cpu:1', '--json', file];
    await expect(run(given)).rejects.toThrow(
      `${file}:1: 'text' is ""; text with something to read in it, or a title beside it, is needed. --skip-bad ranks the other lines`,
    );
    expect(output.stderr).not.toContain('Loading');
    expect(await run([...given, '--skip-bad'])).toBe(0);
    expect(jsonLines()).toHaveLength(9);
    expect(output.stderr).toContain(`Skipped ${file}:1: 'text' is ""; text with`);
    expect(output.stderr).toContain(`Skipped ${file}:5: not JSON`);
    expect(output.stderr).not.toContain(`${file}:6:`);
    expect(output.stderr).toContain('Skipped 2 more lines\n');
  }, 120_000);

  test('ends at Control-C with status 130 and without a ranking, also while it waits for input', async () => {
    const model = temporaryFolder();
    await buildHfTiny('llama', model);
    const input = new PassThrough();
    input.write(`${lines}\n`);
    const before = process.listenerCount('SIGINT');
    const given = ['--query', 'nurse', '--model', model, '--devices', 'cpu:1', '-'];
    const ended = run(given, input);
    while (process.listenerCount('SIGINT') === before) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    process.emit('SIGINT');
    expect(await ended).toBe(130);
    expect(output.stderr).toContain(
      'Interrupted before all candidates were scored: no ranking is shown\n',
    );
    expect([output.stdout, process.listenerCount('SIGINT')]).toEqual(['', before]);
  }, 120_000);

  test.each([
    ['a file that is not there', 'none.jsonl', /none\.jsonl: cannot be read: .*ENOENT/],
    ['a folder', '.', /: cannot be read: .*EISDIR/],
    ['an empty file', 'empty.jsonl', /empty\.jsonl: has no candidates; at least one line \{"text"/],
    ['a line without text', 'broken.jsonl', /broken\.jsonl:2: 'text' is missing; text is needed/],
  ])('refuses %s before it loads the model', async (_, file, message) => {
    const folder = temporaryFolder({
      'empty.jsonl': '\n\n',
      'broken.jsonl': '{"text": "a"}\n{"id": "b"}\n',
    });
    const given = ['--query', 'nurse', '--model', '/nowhere', join(folder, file)];
    await expect(run(given)).rejects.toThrow(message);
    expect(output.stderr).toBe('');
  });

  test('refuses empty standard input, which can be read only once', async () => {
    const model = temporaryFolder();
    await buildHfTiny('llama', model);
    const given = ['--query', 'nurse', '--model', model, '--devices', 'cpu:1', '-'];
    await expect(run(given, Readable.from([]))).rejects.toThrow(
      'standard input: has no candidates; at least one line {"text": "..."} is needed',
    );
  }, 120_000);
});
