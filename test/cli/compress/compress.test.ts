import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { run as runBackground } from '../../../src/cli/compress/background.ts';
import { run } from '../../../src/cli/compress/compress.ts';
import { captureOutput } from '../../support/captured-output.ts';
import { buildHfTiny } from '../../support/checkpoints/hf-tiny.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const output = captureOutput();

const postings = [
  {
    _id: 'a',
    title: 'Nurse',
    text: 'Reads the charts of the ward at night, and orders drugs; orders beds for the ward.',
  },
  {
    _id: 'b',
    title: '',
    text: 'Welds frames of boats. Repairs engines and frames, keeps the tools of the shop in order.',
  },
  { _id: 'c', title: 'Cook', text: 'Bakes.' },
];
const toLines = (all: readonly object[]) => all.map((each) => JSON.stringify(each)).join('\n');

interface OutputLine {
  readonly _id: string;
  readonly title: string;
  readonly text: string;
  readonly metadata: {
    readonly kept: readonly (readonly [number, number])[];
    readonly tokens: number;
    readonly raw_tokens: number;
    readonly method: string;
    readonly version: string;
  };
}

function parseLines(text: string): readonly OutputLine[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as OutputLine);
}

async function setUp(order: 'query-first' | 'candidate-first' = 'query-first') {
  const model = temporaryFolder();
  await buildHfTiny('llama', model, order);
  const folder = temporaryFolder({ 'in.jsonl': toLines(postings) });
  const table = join(folder, 'table.json.gz');
  await runBackground(['--in', join(folder, 'in.jsonl'), '--out', table, '--least', '1']);
  const given = ['--in', join(folder, 'in.jsonl'), '--model', model, '--background', table];
  return { folder, out: join(folder, 'out.jsonl'), given };
}

describe('slmrank compress', () => {
  test('writes shortened texts with the places of their parts, plain or gzip', async () => {
    const { out, given } = await setUp();
    const sizes = ['--tokens', '20', '--titled-tokens', '24', '--method', 'phrases'];
    expect(await run([...given, '--out', out, ...sizes])).toBe(0);
    const lines = parseLines(readFileSync(out, 'utf8'));
    expect(lines.map(({ _id, title }) => [_id, title])).toEqual([
      ['a', 'Nurse'],
      ['b', ''],
      ['c', 'Cook'],
    ]);
    lines.forEach(({ text, metadata }, i) => {
      const original = postings[i]?.text ?? '';
      const parts = metadata.kept.map(([start, end]) => original.slice(start, end));
      expect(parts.join(', ')).toBe(text);
      expect(metadata.tokens).toBeLessThanOrEqual(i === 1 ? 20 : 24);
      expect(metadata).toMatchObject({ method: 'phrases', version: lines[0]?.metadata.version });
    });
    expect(lines[0]?.metadata.raw_tokens).toBeGreaterThan(30);
    expect(output.stderr).toContain('3 of 3 texts, 100 %');
    expect(output.stderr).toMatch(/3 texts in .* s, .*\/s: [\d.]+ tokens became [\d.]+ on average/);
    expect(await run([...given, '--out', `${out}.gz`, ...sizes])).toBe(0);
    expect(parseLines(gunzipSync(readFileSync(`${out}.gz`)).toString())).toEqual(lines);
  }, 60_000);

  test('without titles all texts have the budget of untitled ones', async () => {
    const { out, given } = await setUp();
    await run([
      ...given,
      '--out',
      out,
      '--method',
      'head',
      '--tokens',
      '30',
      '--titled-tokens',
      '1',
      '--drop-titles',
    ]);
    const [first] = parseLines(readFileSync(out, 'utf8'));
    expect(first?.title).toBe('');
    expect(first?.metadata.tokens).toBeGreaterThan(20);
  }, 60_000);

  test('goes on with an unfinished file, and refuses one of other options or texts', async () => {
    const { folder, out, given } = await setUp();
    const args = [...given, '--method', 'head', '--out', out];
    await run(args);
    const whole = readFileSync(out, 'utf8');
    const [first, second] = whole.split('\n');
    const again = join(folder, 'again.jsonl');
    const resumed = [...args.slice(0, -1), again];
    writeFileSync(`${again}.part`, `${first}\n${second?.slice(0, 9)}`);
    await run(resumed);
    expect(readFileSync(again, 'utf8')).toBe(whole);
    expect(output.stderr).toContain(`Going on after 1 texts of ${again}.part`);
    expect(output.stderr).toContain('2 of 2 texts');
    await expect(run(args)).rejects.toThrow(`${out} is finished already`);

    const other = join(folder, 'other.jsonl');
    writeFileSync(`${other}.part`, `${first}\n`);
    await expect(run([...args.slice(0, -1), other, '--tokens', '5'])).rejects.toThrow(
      /other\.jsonl\.part:1: found version \w{16}; expected \w{16}, of the present options; remove it/,
    );
    writeFileSync(`${other}.part`, `${second}\n`);
    await expect(run([...args.slice(0, -1), other])).rejects.toThrow(
      'other.jsonl.part:1: found _id "b"; expected "a", as in the input; remove it',
    );
    writeFileSync(`${other}.part`, `${whole}${first}\n`);
    await expect(run([...args.slice(0, -1), other])).rejects.toThrow(
      'has 1 texts more than the input',
    );
  }, 60_000);

  test('names bad lines before anything is written', async () => {
    const { folder, out, given } = await setUp();
    writeFileSync(join(folder, 'in.jsonl'), `${toLines(postings)}\n{"_id": "d"}\n`);
    await expect(run([...given, '--out', out])).rejects.toThrow(/in\.jsonl:4: 'text' is/);
    expect(existsSync(`${out}.part`)).toBe(false);
  }, 60_000);
});

describe('slmrank compress --method search', () => {
  const probes = ['ward nurse', 'welder', 'cook', 'clerk', 'boat mechanic', 'pilot'].join('\n');

  test.each(['query-first', 'candidate-first'] as const)(
    'asks a %s ranker',
    async (order) => {
      const { folder, out, given } = await setUp(order);
      writeFileSync(join(folder, 'probes'), probes);
      const search = ['--probes', join(folder, 'probes'), '--effort', 'quick', '--workers', '1'];
      expect(await run([...given, ...search, '--out', out, '--tokens', '24'])).toBe(0);
      const lines = parseLines(readFileSync(out, 'utf8'));
      expect(lines).toHaveLength(3);
      expect(lines[1]?.metadata).toMatchObject({ method: 'search', dp: expect.any(Number) });
      expect(lines[1]?.metadata.tokens).toBeLessThanOrEqual(24);
      // It fits as it is: nothing is asked about it.
      expect(lines[2]?.metadata).not.toHaveProperty('dp');
      expect(output.stderr).toMatch(/^Loading .* on 1 device slots$/m);
    },
    120_000,
  );

  test('Control-C leaves a file that the same command goes on with', async () => {
    const { folder, out, given } = await setUp();
    writeFileSync(join(folder, 'probes'), probes);
    const search = ['--probes', join(folder, 'probes'), '--effort', 'quick', '--workers', '1'];
    const args = [...given, ...search, '--out', out];
    const listenersBefore = process.listenerCount('SIGINT');
    const stopped = run(args);
    while (process.listenerCount('SIGINT') === listenersBefore) {
      await setImmediate();
    }
    process.emit('SIGINT');
    expect(await stopped).toBe(130);
    expect(output.stderr).toContain(`Interrupted; the same command goes on with ${out}.part`);
    expect(existsSync(out)).toBe(false);
    expect(await run(args)).toBe(0);
    expect(parseLines(readFileSync(out, 'utf8'))).toHaveLength(3);
  }, 120_000);
});

describe('slmrank compress background', () => {
  test('leaves out the texts of --except, and refuses missing options', async () => {
    const folder = temporaryFolder({ 'in.jsonl': toLines(postings), except: 'b\nc\n' });
    const [input, out] = [join(folder, 'in.jsonl'), join(folder, 'out')];
    const except = ['--except', join(folder, 'except')];
    expect(await runBackground(['--in', input, '--out', out, '--least', '1', ...except])).toBe(0);
    expect(gunzipSync(readFileSync(out)).toString()).not.toContain('boats');
    expect(output.stderr).toMatch(/out: words of 1 texts, \d+ bytes\n/);
    await expect(runBackground(['--out', out])).rejects.toThrow('--in is missing');
    await expect(runBackground(['--in', input])).rejects.toThrow('--out is missing');
  });
});
