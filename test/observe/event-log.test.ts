import { describe, expect, test } from '@jest/globals';
import type { ServingEvent } from '../../src/domain/events.ts';
import { logEvents } from '../../src/observe/event-log.ts';
import { findTraceParent } from '../../src/observe/traces/traceparent.ts';
import { batchRun, ended } from '../support/serving/events.ts';

interface Line {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string | undefined;
}

function observe() {
  const lines: Line[] = [];
  const time = { nowMs: 0 };
  const at = (level: string) => (fields: unknown, message?: string) => {
    lines.push({ level, fields: fields as Line['fields'], message });
  };
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  const tell = logEvents({ log, clock: { nowMs: () => time.nowMs } });
  return { lines, time, tell };
}

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

describe('logEvents', () => {
  test('a refused request has one line with its client, reason and trace', () => {
    const { lines, tell } = observe();
    tell(ended({ outcome: 'rejected', reason: 'QUEUE_FULL', scored: 0, traceparent }));
    expect(lines).toEqual([
      {
        level: 'info',
        message: 'request refused',
        fields: {
          requestId: 'r-1',
          method: 'Rank',
          client: 'search',
          priority: 'interactive',
          outcome: 'rejected',
          reason: 'QUEUE_FULL',
          candidates: 10,
          ms: 100,
          traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        },
      },
    ]);
  });

  test.each([
    ['failed', 'warn', 'request lost'],
    ['expired', 'info', 'request expired'],
  ] as const)('a request that %s is told at %s', (outcome, level, message) => {
    const { lines, tell } = observe();
    tell(ended({ outcome, reason: 'INTERNAL' }));
    expect(lines).toMatchObject([{ level, message }]);
    expect(lines[0]?.fields).not.toHaveProperty('traceId');
  });

  test('answers, cancellations, batches and phases have no line', () => {
    const { lines, tell } = observe();
    const quiet: ServingEvent[] = [
      ended(),
      ended({ outcome: 'partial' }),
      ended({ outcome: 'cancelled' }),
      batchRun(),
      { kind: 'replica', replica: 'cpu#0', phase: 'ready', reason: undefined },
    ];
    quiet.forEach(tell);
    expect(lines).toEqual([]);
  });

  test('many events of one reason give one line per second, with the number of suppressed lines', () => {
    const { lines, time, tell } = observe();
    const refuse = (reason: 'QUEUE_FULL' | 'DRAINING') =>
      tell(ended({ outcome: 'rejected', reason }));
    for (let count = 0; count < 1000; count += 1) {
      refuse('QUEUE_FULL');
    }
    refuse('DRAINING');
    time.nowMs = 1000;
    refuse('QUEUE_FULL');
    expect(lines.map(({ fields }) => [fields['reason'], fields['suppressed']])).toEqual([
      ['QUEUE_FULL', undefined],
      ['DRAINING', undefined],
      ['QUEUE_FULL', 999],
    ]);
  });

  test('failed batches and retried candidates are warnings', () => {
    const { lines, tell } = observe();
    tell({ kind: 'batch-failed', replica: 'cpu#0', reason: 'gone' });
    tell({ kind: 'retried', candidates: 3 });
    expect(lines).toEqual([
      { level: 'warn', fields: { replica: 'cpu#0', reason: 'gone' }, message: 'batch lost' },
      { level: 'warn', fields: { candidates: 3 }, message: 'candidates queued again' },
    ]);
  });
});

describe('findTraceParent', () => {
  test('reads version 00, and the known fields of later versions', () => {
    const found = {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      flags: 1,
    };
    expect(findTraceParent(traceparent)).toEqual(found);
    expect(findTraceParent(traceparent.replace(/^00/, '01'))).toEqual(found);
    expect(findTraceParent(`${traceparent.replace(/^00/, '01')}-more`)).toEqual(found);
  });

  test.each([
    undefined,
    '',
    'nonsense',
    `${traceparent}-more`,
    traceparent.replace(/^00/, 'ff'),
    traceparent.toUpperCase(),
    traceparent.replace('4bf92f3577b34da6a3ce929d0e0e4736', '0'.repeat(32)),
    traceparent.replace('00f067aa0ba902b7', '0'.repeat(16)),
    traceparent.slice(0, -1),
  ])('takes %p for no parent', (header) => {
    expect(findTraceParent(header)).toBeUndefined();
  });
});
