import { chartWidth } from './svg.ts';

const light = { ink: '#555', paper: '#fff', line: '#ddd' };
const dark = { ink: '#b4b4b8', paper: '#16181c', line: '#333' };

/**
 * One SVG file with charts of `drawChart` below one another. It has its own background and colours,
 * for light and dark mode.
 */
export function formatSvgFile(charts: readonly string[]): string {
  let height = 0;
  const placed = charts.map((chart) => {
    const own = Number(/viewBox="0 0 \d+ (\d+)"/.exec(chart)?.[1]);
    height += own;
    return chart.replace(
      '<svg ',
      `<svg y="${height - own}" width="${chartWidth}" height="${own}" `,
    );
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${chartWidth}" height="${height}" viewBox="0 0 ${chartWidth} ${height}">
<style>
text { font: 11px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; }
${colours(light)}
@media (prefers-color-scheme: dark) {
${colours(dark)}
}
</style>
<rect class="paper" width="${chartWidth}" height="${height}"/>
${placed.join('\n')}
</svg>
`;
}

function colours({ ink, paper, line }: typeof light): string {
  return [
    `text { fill: ${ink}; }`,
    `.mark { paint-order: stroke; stroke: ${paper}; stroke-width: 3px; }`,
    `.paper { fill: ${paper}; }`,
    `.grid { stroke: ${line}; }`,
  ].join('\n');
}
