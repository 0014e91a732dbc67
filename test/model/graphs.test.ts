import { describe, expect, test } from '@jest/globals';
import { JsonRecord } from '../../src/base/files/json-record.ts';
import { sha256 } from '../../src/base/files/sha256.ts';
import { graphFiles, type ModelGraphs, parseGraphs, scoreGraph } from '../../src/model/graphs.ts';
import { scoreFingerprint } from '../../src/model/manifest.ts';

const graph = (file: string, attentionGroups: number) =>
  ({ layout: 'masked', attentionGroups, file, bytes: 1, sha256: sha256(file) }) as const;
const cpu = { score: graph('a.onnx', 4) };
const cuda = { score: graph('b.onnx', 2) };
const model = { name: 'tiny', precision: 'fp32' };

const parse = (graphs: unknown) => parseGraphs(new JsonRecord({ graphs }, 'manifest.json'));

describe('the graphs of a manifest', () => {
  test.each<ModelGraphs>([{ cpu }, { cpu, cuda }])('are read as they were written', (graphs) => {
    expect(parse(graphs)).toEqual(graphs);
  });

  test('of an earlier version are refused with the way out', () => {
    expect(() => parseGraphs(new JsonRecord({ graph: {} }, 'manifest.json'))).toThrow(
      "manifest.json: 'graphs' is missing: the model was built by an earlier version of slmrank; " +
        'build it again (slmrank model build)',
    );
  });

  test.each([
    [{}, "'graphs.cpu' is missing; an object is needed"],
    [{ cpu, cuda: {} }, "'graphs.cuda.score' is missing; an object is needed"],
    [
      { cpu: { score: { ...cpu.score, layout: 'paged' } } },
      '\'graphs.cpu.score.layout\' is "paged"; one of "masked", "lengths" is needed',
    ],
    [
      { cpu: { score: { ...cpu.score, attentionGroups: 0 } } },
      "'graphs.cpu.score.attentionGroups' is 0; a whole number from 1 to 16 is needed",
    ],
    [
      { cpu: { score: { ...cpu.score, file: '../a.onnx' } } },
      '\'graphs.cpu.score.file\' is "../a.onnx"; a plain file name is needed',
    ],
  ])('%j are refused, saying what is allowed', (graphs, message) => {
    expect(() => parse(graphs)).toThrow(message);
  });

  test('give each provider its own, or refuse CUDA', () => {
    expect(scoreGraph({ ...model, graphs: { cpu, cuda } }, 'cuda')).toBe(cuda.score);
    expect(scoreGraph({ ...model, graphs: { cpu, cuda } }, 'cpu')).toBe(cpu.score);
    expect(() => scoreGraph({ ...model, graphs: { cpu } }, 'cuda')).toThrow(
      'tiny is built in fp32, for CPUs; slmrank model build --precision fp16 builds it for CUDA',
    );
  });

  test('list a file that two providers share once', () => {
    expect(graphFiles({ cpu, cuda })).toEqual([cpu.score, cuda.score]);
    expect(graphFiles({ cpu, cuda: cpu })).toEqual([cpu.score]);
  });
});

test('the score fingerprint covers each graph file once', () => {
  const file = graph('x', 1);
  const labels = { yes: { text: 'y', id: 1 }, no: { text: 'n', id: 2 } };
  const identity = { weights: file, tokenizer: file, templateHash: '', labels, precision: 'fp32' };
  const fingerprints = [{ cpu }, { cpu, cuda: cpu }, { cpu, cuda }, { cpu: cuda }].map((graphs) =>
    scoreFingerprint({ ...identity, precision: 'fp32', graphs }),
  );
  expect(fingerprints[1]).toBe(fingerprints[0]);
  expect(new Set(fingerprints).size).toBe(3);
});
