import { at } from '../../base/at.ts';
import { formatTable } from '../../base/format-table.ts';
import type { FleetPlan } from '../../simulate/plan-fleet.ts';
import type { SimulationReport } from '../../simulate/summarize.ts';
import type { SimulateOptions } from './simulate-options.ts';

export function toJson(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

const share = (value: number) => `${(100 * value).toFixed(1)} %`;
const ms = (value: number) => (Number.isNaN(value) ? '-' : `${Math.round(value)} ms`);

export function formatReport(report: SimulationReport): string {
  const { latencyMs, outcomes, reasons, busyShare } = report;
  const counts = (of: Readonly<Record<string, number>>) =>
    Object.entries(of)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ') || 'none';
  const lines = [
    `${report.requests} requests in ${(report.wallMs / 1000).toFixed(1)} s: ${counts(outcomes)}`,
    `not scored, by reason: ${counts(reasons)}`,
    `latency of scored requests: p50 ${ms(latencyMs.p50)}, p95 ${ms(latencyMs.p95)}, p99 ${ms(latencyMs.p99)}`,
    `goodput ${report.goodput.toFixed(1)} candidates/s; padding waste ${share(report.waste)}; ` +
      `${report.batches} batches of ${Math.round(report.tokensPerBatch)} tokens; prediction error ${share(report.predictionError)}`,
    `busiest over least busy replica: ${report.busySpread.toFixed(2)}`,
  ];
  return `${lines.join('\n')}\n${formatBusy(busyShare)}\n`;
}

/** More replicas are summed up. */
const mostRows = 40;

function formatBusy(busyShare: SimulationReport['busyShare']): string {
  if (busyShare.length <= mostRows) {
    const rows = busyShare.map(({ server, replica, share: busy }) => [
      String(server),
      replica,
      share(busy),
    ]);
    return formatTable([['server', 'replica', 'busy'], ...rows]);
  }
  const sorted = busyShare.map((one) => one.share).sort((a, b) => a - b);
  const quantile = (part: number) => share(at(sorted, Math.floor(part * (sorted.length - 1))));
  return (
    `busy share of ${sorted.length} replicas: least ${quantile(0)}, ` +
    `median ${quantile(0.5)}, most ${quantile(1)}`
  );
}

export function formatPlan(plan: FleetPlan, { targetP99Ms }: SimulateOptions): string {
  const { replicas, trials, obstacle } = plan;
  if (obstacle !== undefined) {
    return `no number of replicas keeps p99 <= ${targetP99Ms} ms: ${describeObstacle(obstacle)}\n`;
  }
  const table = formatTable([
    ['replicas', 'p99', 'scored', 'busy', 'enough'],
    ...trials.map(({ replicas: tried, report, isEnough }) => [
      String(tried),
      ms(report.latencyMs.p99),
      share((report.outcomes.scored ?? 0) / report.requests),
      share(report.busyShare.reduce((sum, one) => sum + one.share, 0) / report.busyShare.length),
      isEnough ? 'yes' : 'no',
    ]),
  ]);
  const answer =
    replicas === undefined
      ? `no number of replicas that was tried keeps p99 <= ${targetP99Ms} ms with 99 % scored, although one request ` +
        'alone is fast enough: there is too much traffic for these servers; try more of them (--servers)'
      : `${replicas} replicas per server keep p99 <= ${targetP99Ms} ms with 99 % scored`;
  return `${table}\n${answer}\n`;
}

export function formatByText(plan: FleetPlan | undefined): string {
  return plan === undefined
    ? ''
    : `the same traffic by text alone: ${plan.replicas ?? 'no number of'} replicas per server\n`;
}

/** Why no plan is possible, and what would help. */
function describeObstacle({
  aloneMs,
  limitMs,
  candidates,
  tokens,
  fitting,
}: NonNullable<FleetPlan['obstacle']>): string {
  const fits =
    fitting.candidates === 0
      ? 'not even one candidate would be in time'
      : `${fitting.candidates} candidates with ${fitting.tokens} tokens would be in time`;
  const faster = (aloneMs / limitMs).toFixed(1);
  return (
    `one request alone (${candidates} candidates, ${tokens} tokens) takes ${Math.round(aloneMs)} ms, over the target ` +
    `of ${limitMs} ms.\nWhat would help: fewer candidates or tokens per request (${fits}), a model or device that is ` +
    `${faster} times as fast, or a target and deadline of at least ${Math.ceil(aloneMs)} ms`
  );
}
