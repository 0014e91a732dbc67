import { html, useEffect, useRef, useState } from './library/preact.js';
import uPlot from './library/uplot.js';
import { ask, readMetrics } from './ask.js';

const keptPoints = 120;
const everyMs = 1000;

/** What the server does, once a second. It can only be looked at here. */
export function Pool() {
  const [state, setState] = useState({ points: [], problem: '' });
  useEffect(() => {
    let timer;
    let last;
    const look = async () => {
      try {
        const [info, series] = await Promise.all([ask('GetInfo', {}), readMetrics()]);
        const now = { atMs: performance.now(), series };
        const point = last === undefined ? undefined : pointOf(last, now);
        last = now;
        setState(({ points }) => ({
          info,
          refusals: refusalsOf(series),
          points: point === undefined ? points : [...points, point].slice(-keptPoints),
          problem: '',
        }));
      } catch (error) {
        setState((before) => ({ ...before, problem: error.message }));
      }
      timer = setTimeout(look, everyMs);
    };
    void look();
    return () => clearTimeout(timer);
  }, []);
  const { info, points, refusals, problem } = state;
  return html`<main>
    ${problem === '' ? '' : html`<p class="problem" role="alert">${problem}</p>`}
    ${info === undefined ? html`<p class="hint">asking the server…</p>` : html`<${Replicas} replicas=${info.replicas} />`}
    <div class="charts">
      <${Chart} title="Candidates scored in time, a second" points=${points} name="goodput" />
      <${Chart} title="Cost that waits, in seconds" points=${points} name="queuedSeconds" />
      <${Chart} title="Requests refused, a second" points=${points} name="refused" />
    </div>
    ${
      refusals === undefined || refusals.length === 0
        ? html`<p class="hint">No request was refused since the start.</p>`
        : html`<${Refusals} refusals=${refusals} />`
    }
  </main>`;
}

function Replicas({ replicas }) {
  return html`<table>
    <caption>Replicas</caption>
    <thead>
      <tr><th>slot</th><th>phase</th><th>batches run</th><th>queued, ms</th><th>reason</th></tr>
    </thead>
    <tbody>
      ${replicas.map(
        ({ deviceSlot, phase, batches, queuedMs, reason }) =>
          html`<tr>
            <td>${deviceSlot}</td>
            <td><span class=${`phase ${phase}`}>${phase}</span></td>
            <td>${batches}</td>
            <td>${Number(queuedMs ?? 0).toFixed(0)}</td>
            <td>${reason ?? ''}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function Refusals({ refusals }) {
  return html`<table>
    <caption>Requests refused since the start</caption>
    <thead><tr><th>reason</th><th>requests</th></tr></thead>
    <tbody>
      ${refusals.map(([reason, count]) => html`<tr><td>${reason}</td><td>${count}</td></tr>`)}
    </tbody>
  </table>`;
}

function Chart({ title, points, name }) {
  const place = useRef();
  const chart = useRef();
  const data = [points.map(({ seconds }) => seconds), points.map((point) => point[name])];
  useEffect(() => {
    const ink = getComputedStyle(document.body).color;
    const axis = { stroke: ink, grid: { stroke: '#8884', width: 1 }, ticks: { show: false } };
    chart.current = new uPlot(
      {
        title,
        width: place.current.clientWidth,
        height: 180,
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false }, y: { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
        axes: [
          { ...axis, show: false },
          { ...axis, size: 56 },
        ],
        series: [{}, { stroke: '#3b82f6', width: 2, fill: '#3b82f622' }],
      },
      data,
      place.current,
    );
    const fit = () => chart.current.setSize({ width: place.current.clientWidth, height: 180 });
    addEventListener('resize', fit);
    return () => {
      removeEventListener('resize', fit);
      chart.current.destroy();
    };
  }, []);
  useEffect(() => chart.current?.setData(data), [points]);
  return html`<div class="chart" ref=${place} role="img" aria-label=${`${title}: ${(points.at(-1)?.[name] ?? 0).toFixed(1)}`}></div>`;
}

const sumOf = (series, name) =>
  [...series].reduce((sum, [key, value]) => sum + (key.split('{')[0] === name ? value : 0), 0);

function pointOf(before, now) {
  const seconds = (now.atMs - before.atMs) / 1000;
  const rate = (name) => (sumOf(now.series, name) - sumOf(before.series, name)) / seconds;
  return {
    seconds: now.atMs / 1000,
    goodput: rate('slmrank_candidates_in_time_total'),
    refused: rate('slmrank_rejects_total') + rate('slmrank_calls_refused_total'),
    queuedSeconds: sumOf(now.series, 'slmrank_queued_cost_seconds'),
  };
}

/** Reasons with their numbers, the most frequent first. */
function refusalsOf(series) {
  const counts = new Map();
  for (const [name, value] of series) {
    const found = /^slmrank_(?:rejects|calls_refused)_total\{.*reason="([^"]+)"/.exec(name);
    if (found !== null && value > 0) {
      counts.set(found[1], (counts.get(found[1]) ?? 0) + value);
    }
  }
  return [...counts].sort((a, b) => b[1] - a[1]);
}
