import { describe, expect, it } from '@jest/globals';
import { at } from '../../../src/base/at.ts';
import { makePostings, PreparedRequest, prepareRequests } from '../../../bench/front/requests.ts';
import { parseProtoRoot } from '../../../src/proto/proto-root.ts';

const { service } = parseProtoRoot();
const some = [
  { id: 'a', title: 'Nurse', text: 'Night shifts.' },
  { id: 'b', title: 'Baker', text: 'Größe '.repeat(300) },
];

describe('PreparedRequest', () => {
  it('writes its number into the query and the id, and nothing else', () => {
    const candidates = [{ id: '0000000000', text: 'ends with 0000000000' }];
    const request = new PreparedRequest({ query: 'nurse', candidates });
    const read = service.Rank.requestDeserialize(request.write(42));
    expect(read.query).toBe('nurse 0000000042');
    expect(read.requestId).toBe('0000000042');
    expect(read.candidates).toMatchObject(candidates);
  });
});

describe('prepareRequests', () => {
  it('sends candidates by text or as ids alone', () => {
    const postings = makePostings(some, 20);
    const first = (input: 'text' | 'id') => {
      const [request] = prepareRequests(postings, { input, call: 'unary', candidates: 3 });
      return service.Rank.requestDeserialize(request?.write(1) ?? Buffer.alloc(0)).candidates;
    };
    expect(first('text').map(({ id }) => id)).toEqual(first('id').map(({ id }) => id));
    expect(first('text').every(({ text }) => Buffer.byteLength(text) > 900)).toBe(true);
    expect(first('id').every(({ text, title = '' }) => text === '' && title === '')).toBe(true);
  });
});

describe('makePostings', () => {
  it('gives all texts about 1,000 bytes, and no two the same', () => {
    const postings = makePostings(some, 20);
    const bytes = postings.map(({ text }) => Buffer.byteLength(text));
    expect(Math.min(...bytes)).toBeGreaterThanOrEqual(998);
    expect(Math.max(...bytes)).toBeLessThanOrEqual(1000);
    expect(new Set(postings.map(({ text }) => text)).size).toBe(20);
    expect(at(postings, 1).title).toBe('Baker');
  });
});
