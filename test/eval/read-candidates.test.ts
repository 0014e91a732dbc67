import { Readable } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { readCandidates } from '../../src/eval/read-candidates.ts';

async function read(...lines: readonly string[]) {
  const open = () => Readable.from([Buffer.from(lines.join('\n'))]);
  const found = [];
  for await (const candidate of readCandidates({ name: 'jobs.jsonl', open })) {
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
      'jobs.jsonl:2: \'text\' is ""; text that is not empty, or a title beside it, is needed',
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
});
