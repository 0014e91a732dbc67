import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { readCandidates, type ReadOptions } from '../../../src/eval/data/read-candidates.ts';
import { createNormalizer, normalizeSteps } from '../../../src/text/normalize/normalize.ts';

async function read(...lines: readonly string[]) {
  return readWith({}, lines);
}

async function readWith(options: ReadOptions, lines: readonly (string | Buffer)[]) {
  const content = lines.flatMap((line) => [Buffer.from(line as string), Buffer.from('\n')]);
  const open = () => Readable.from([Buffer.concat(content)]);
  const found = [];
  for await (const candidate of readCandidates({ name: 'jobs.jsonl', open }, options)) {
    found.push(candidate);
  }
  return found;
}

describe('readCandidates', () => {
  test.each([
    ['{"id": "a", "title": "T", "text": "x"}', { id: 'a', title: 'T', text: 'x' }],
    ['{"_id": "b", "text": "x", "metadata": {}}', { id: 'b', title: '', text: 'x' }],
    ['{"id": "a", "_id": "b", "text": "x"}', { id: 'a', title: '', text: 'x' }],
    ['{"id": 17, "title": null, "text": "x"}', { id: '17', title: '', text: 'x' }],
    ['{"id": null, "title": "T", "text": ""}', { id: '1', title: 'T', text: '' }],
  ])('reads %s', async (line, expected) => {
    expect(await read(line)).toEqual([expected]);
  });

  test('gives a candidate without an id the number of its line', async () => {
    const found = await read('{"text": "x"}', '', '{"text": "y"}');
    expect(found.map(({ id }) => id)).toEqual(['1', '3']);
  });

  test.each([
    ['nonsense', /^jobs\.jsonl:2: not JSON: /],
    ['["a"]', 'jobs.jsonl:2: is ["a"]; an object is needed'],
    ['{"id": "b"}', "jobs.jsonl:2: 'text' is missing; text is needed"],
    ['{"text": 5}', "jobs.jsonl:2: 'text' is 5; text is needed"],
    [
      '{"title": "", "text": ""}',
      'jobs.jsonl:2: \'text\' is ""; text with something to read in it, or a title beside it, is needed',
    ],
    [
      '{"title": " ", "text": "\\u3000\\u200b"}',
      'text with something to read in it, or a title beside it, is needed',
    ],
    ['{"title": ["a"], "text": "x"}', 'jobs.jsonl:2: \'title\' is ["a"]; text is needed'],
    [
      '{"id": " ", "text": "x"}',
      'jobs.jsonl:2: \'id\' is " "; text that is not blank, or a whole number, is needed',
    ],
    [
      '{"_id": 1.5, "text": "x"}',
      "jobs.jsonl:2: '_id' is 1.5; text that is not blank, or a whole number, is needed",
    ],
    [
      '{"id": "a", "text": "y"}',
      'jobs.jsonl:2: found a second candidate with id "a"; expected each id once: line 1 has it too',
    ],
  ])('refuses %s', async (line, message) => {
    await expect(read('{"id": "a", "text": "x"}', line)).rejects.toThrow(message);
  });

  test('continues after invalid lines when onBadLine does not throw', async () => {
    const told: string[] = [];
    const lines = [
      '{"id": "a", "text": "x"}',
      'nonsense',
      Buffer.from([0x22, 0xff, 0x22]),
      '{"id": "b", "text": " "}',
      '{"id": "a", "text": "y"}',
      '{"id": "b", "text": "z"}',
    ];
    const onBadLine = ({ message }: Error) => told.push(message.slice(0, 30));
    const found = await readWith({ onBadLine: (error) => void onBadLine(error) }, lines);
    expect(found.map(({ id, text }) => [id, text])).toEqual([
      ['a', 'x'],
      ['b', 'z'],
    ]);
    expect(told.map((message) => message.slice(0, 13))).toEqual(
      [2, 3, 4, 5].map((line) => `jobs.jsonl:${line}:`),
    );
  });

  test('refuses a text that is blank after the model’s normalizer', async () => {
    const lines = ['{"text": "<br>&nbsp;"}'];
    expect(await readWith({}, lines)).toHaveLength(1);
    const normalize = createNormalizer(normalizeSteps);
    await expect(readWith({ normalize }, lines)).rejects.toThrow('something to read');
  });
});
