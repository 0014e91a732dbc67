import { expect, test } from '@jest/globals';
import { parseProtoRoot } from '../../../src/proto/proto-root.ts';
import { shapeOf } from '../../../src/server/wire/message-shape.ts';

const { service, messages } = parseProtoRoot();

test('fields have the names of the proto file and the wire types of their encoding', () => {
  const shape = shapeOf(service.Rank.requestType, messages);
  const fieldOf = (name: string) => [...shape.values()].find((field) => field.name === name);
  expect(fieldOf('query')).toEqual({
    name: 'query',
    isRepeated: false,
    wireType: 2,
    isText: true,
    isLong: false,
    message: undefined,
  });
  expect(fieldOf('max_candidate_tokens')).toMatchObject({ wireType: 0, isText: false });
  expect(fieldOf('partial_ok')).toMatchObject({ wireType: 0, isText: false });
  expect(fieldOf('min_score')?.wireType).toBe(1);
});

test('fields of the encoder are found under their numbers', () => {
  const shape = shapeOf(service.Rank.requestType, messages);
  const bytes = service.Rank.requestSerialize({ query: 'q', candidates: [] });
  const [tag = 0] = bytes;
  expect(shape.get(tag >> 3)?.name).toBe('query');
});

test('a message inside has its own shape if its type is given', () => {
  const shape = shapeOf(service.Rank.requestType, messages);
  const candidates = [...shape.values()].find(({ name }) => name === 'candidates');
  expect(candidates).toMatchObject({ isRepeated: true, isText: false, wireType: 2 });
  const names = [...(candidates?.message?.values() ?? [])].map(({ name }) => name);
  expect(names.sort()).toEqual(['id', 'text', 'title', 'version']);
  const alone = shapeOf(service.Rank.requestType);
  const unknown = [...alone.values()].find(({ name }) => name === 'candidates');
  expect(unknown).toMatchObject({ message: undefined });
});
