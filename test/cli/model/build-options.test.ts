import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  findFloats,
  findTemplate,
  parseBuckets,
  parseFloats,
  parseLabels,
  parseName,
  parseNormalizeList,
  parsePrecision,
} from '../../../src/cli/model/build-options.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

test('parses the values of options', async () => {
  expect(parseLabels(' yes, no')).toEqual([' yes', ' no']);
  expect(parseBuckets('16,32,48')).toEqual([16, 32, 48]);
  expect(parseFloats('0.down, 3.down')).toHaveLength(2);
  expect(parseFloats(undefined)).toEqual([]);
  expect(findFloats(undefined, 'fp32')).toEqual([]);
  expect(parseName('slmrank-55m_v1.0')).toBe('slmrank-55m_v1.0');
  expect(parseNormalizeList('html,nfkc')).toEqual(['html', 'nfkc']);
  expect((await findTemplate('chatml')).normalize).toBeUndefined();
});

test.each([
  [() => parseName('a b'), "--name is 'a b'; letters, digits, dot, dash and underscore"],
  [() => parsePrecision('int4'), "--precision is 'int4'; one of fp32, "],
  [() => findFloats('0.down', 'fp16'), '--float needs --precision int8; the precision is fp16'],
  [() => parseFloats('0.up,x'), "--float has '"],
  [() => parseLabels('yes'), "--labels is 'yes'; two words separated by a comma are needed"],
  [() => parseLabels('a,b,c'), "--labels is 'a,b,c'"],
  [() => parseBuckets('32,16'), "--buckets is '32,16'; ascending whole numbers are needed"],
  [() => parseBuckets('0'), "--buckets is '0'"],
])('refuses a wrong value (%#)', (parse, message) => {
  expect(parse).toThrow(message);
});

test('refuses a template that is neither built in nor a file of JSON', async () => {
  await expect(findTemplate('chatlm')).rejects.toThrow(
    /^--template is 'chatlm'; one of chatml, .* or a \.json file is needed$/,
  );
  const file = join(temporaryFolder({ 'template.json': '{}' }), 'template.json');
  await expect(findTemplate(file)).rejects.toThrow(file);
});
