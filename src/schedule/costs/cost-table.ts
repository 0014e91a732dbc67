import { JsonRecord } from '../../base/files/json-record.ts';
import type { CostTable, KindCost, ReplicaCost } from './cost.ts';

/**
 * Reads a table of costs, as `CostModel.table` returns it or `slmrank admin costs --json` prints
 * it.
 *
 * @throws RankError naming the field.
 */
export function parseCostTable(text: string, where: string): CostTable {
  const json = JsonRecord.parse(text, where);
  const kinds = json.records('kinds').map(parseKind);
  if (kinds.length === 0) {
    json.fail('kinds', 'a list of at least one');
  }
  const replicas = json.has('replicas') ? json.records('replicas').map(parseReplica) : [];
  return { format: 1, kinds, replicas, encodeMs: parseTimes(json, 'encodeMs') };
}

function parseKind(json: JsonRecord): KindCost {
  return {
    kind: json.text('kind', /^[a-z]+$/, 'lower-case letters'),
    runs: json.count('runs', { min: 0, max: Number.MAX_SAFE_INTEGER }),
    fixedMs: parseNonNegative(json, 'fixedMs'),
    tokenMs: parseNonNegative(json, 'tokenMs'),
    slotMs: parseNonNegative(json, 'slotMs'),
    slotsPerToken: parseNonNegative(json, 'slotsPerToken'),
    runRatios: parseTimes(json, 'runRatios'),
    handoverMs: parseTimes(json, 'handoverMs'),
  };
}

function parseReplica(json: JsonRecord): ReplicaCost {
  return {
    replica: json.text(json.has('slot') ? 'slot' : 'replica', /./, 'a device slot'),
    factor: json.amount('factor'),
    runs: json.count('runs', { min: 0, max: Number.MAX_SAFE_INTEGER }),
    error: parseNonNegative(json, 'error'),
  };
}

function parseNonNegative(json: JsonRecord, name: string): number {
  const value = json.number(name);
  return value >= 0 ? value : json.fail(name, 'a number of at least 0');
}

/** Empty if the table does not have the field. */
function parseTimes(json: JsonRecord, name: string): readonly number[] {
  const values = json.has(name) ? json.numbers(name) : [];
  return values.every((value) => value >= 0)
    ? values
    : json.fail(name, 'a list of numbers of at least 0');
}
