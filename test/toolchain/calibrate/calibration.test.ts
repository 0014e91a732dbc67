import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import {
  batchRows,
  type CalibrationOptions,
  firstRows,
  readCalibration as readCalibrationOf,
  rowEnds,
} from '../../../src/toolchain/calibrate/calibration.ts';
import { loadTokenizer } from '../../../src/text/tokenizer/tokenizer.ts';
import { tinyPath } from '../../support/checkpoints/hf-tiny.ts';
import { tinyTemplate, writeLines } from '../../support/checkpoints/prune-set-up.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const tokenizerPath = join(tinyPath('llama'), 'tokenizer.json');

function given(changes: Partial<CalibrationOptions> = {}): CalibrationOptions {
  return {
    file: writeLines(temporaryFolder(), 40),
    templates: [tinyTemplate()],
    tokens: 100_000,
    rowTokens: 128,
    seed: 1,
    ...changes,
  };
}

const readCalibration = (options: CalibrationOptions) =>
  readCalibrationOf(options, { tokenizerPath, rowTokens: 2048 });
const texts = (rows: readonly Int32Array[]) => rows.map((row) => row.join());

describe('calibration rows', () => {
  it('are all lines, one in eight held out', async () => {
    const { rows, heldOut } = await readCalibration(given());
    expect([rows.length, heldOut.length]).toEqual([35, 5]);
    expect(new Set(texts([...rows, ...heldOut])).size).toBe(40);
  });

  it('end with the template suffix and are cut within the text', async () => {
    const suffix = loadTokenizer(tokenizerPath).encodeTemplate(tinyTemplate().suffix);
    const { rows } = await readCalibration(given({ rowTokens: 70 }));
    expect(Math.max(...rows.map(({ length }) => length))).toBe(70);
    expect(rows.every((row) => row.slice(-suffix.length).join() === suffix.join())).toBe(true);
  });

  it('stop before they exceed the tokens', async () => {
    const all = (await readCalibration(given())).rows;
    const tokens = all.slice(0, 3).reduce((sum, row) => sum + row.length, 0);
    expect(texts((await readCalibration(given({ tokens }))).rows)).toEqual(texts(all.slice(0, 3)));
    expect((await readCalibration(given({ tokens: tokens - 1 }))).rows).toHaveLength(2);
  });

  it('are other lines with another seed', async () => {
    const first = texts((await readCalibration(given())).heldOut);
    expect(texts((await readCalibration(given())).heldOut)).toEqual(first);
    expect(texts((await readCalibration(given({ seed: 2 }))).heldOut)).not.toEqual(first);
  });

  it('are normalized as the recipe or model of a template does', async () => {
    const write = (text: string) =>
      join(temporaryFolder({ 'l.jsonl': JSON.stringify({ query: 'q', text }) }), 'l.jsonl');
    const templates = [{ ...tinyTemplate(), normalize: ['html'] as const }];
    const { rows } = await readCalibration(given({ file: write('<b>R&amp;D</b>'), templates }));
    expect(texts(rows)).toEqual(texts((await readCalibration(given({ file: write('R&D') }))).rows));
  });

  it('take several templates in turn', async () => {
    const other = { ...tinyTemplate(), suffix: 'x' };
    const end = loadTokenizer(tokenizerPath).encodeTemplate('x').at(-1);
    const { rows } = await readCalibration(given({ templates: [tinyTemplate(), other] }));
    expect(rows.slice(0, 4).map((row) => row.at(-1) === end)).toEqual([false, true, false, true]);
  });

  it.each([
    ['{"query": "a"', 'lines.jsonl:2: not JSON: '],
    ['{"query": "a"}', "lines.jsonl:2: 'text' is missing; text is needed"],
    ['{"query": "a", "text": "b", "title": 3}', "lines.jsonl:2: 'title' is 3; text is needed"],
    ['null', 'lines.jsonl:2: is null; an object is needed'],
  ])('refuse the line %s', async (line, message) => {
    const folder = temporaryFolder({ 'lines.jsonl': `{"query": "a", "text": "b"}\n${line}` });
    await expect(readCalibration(given({ file: join(folder, 'lines.jsonl') }))).rejects.toThrow(
      message,
    );
  });
});

describe('batches of rows', () => {
  const row = (length: number) => new Int32Array(length).fill(length);

  it('hold each row once, of like length side by side, within their tokens', () => {
    const batches = batchRows([row(400), row(5), row(600), row(2000), row(3), row(300)]);
    const ids = batches.map((batch) => [...new Set(batch.ids)]);
    expect(ids).toEqual([[3, 5, 300, 400], [600], [2000]]);
    expect(batches.map((batch) => batch.ids.length)).toEqual([708, 600, 2000]);
  });

  it('are of the first rows up to some tokens, of one at least', () => {
    const rows = [row(400), row(5), row(600)];
    const lengths = [1, 400, 401, 405, 406, 2000].map((tokens) => firstRows(rows, tokens).length);
    expect(lengths).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('tell where rows end', () => {
    const [batch] = batchRows([row(4), row(2), row(1)]);
    expect(batch && rowEnds(batch)).toEqual([0, 2, 6]);
  });
});
