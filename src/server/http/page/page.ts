import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';

/** The page of the HTTP address: plain modules, served as they are, that work offline. */

const own = (name: string) => fileURLToPath(new URL(`assets/${name}`, import.meta.url));
const library = (name: string) => fileURLToPath(import.meta.resolve(name));

const script = 'text/javascript; charset=utf-8';
const style = 'text/css; charset=utf-8';

/** Everything that is served, by its path; nothing else of the file system can be reached. */
const files: Readonly<Record<string, { readonly file: string; readonly type: string }>> = {
  '/': { file: own('index.html'), type: 'text/html; charset=utf-8' },
  '/page/style.css': { file: own('style.css'), type: style },
  '/page/samples.json': { file: own('samples.json'), type: 'application/json' },
  ...Object.fromEntries(
    ['main', 'ask', 'candidates', 'pool', 'result', 'text', 'try', 'why'].map((name) => [
      `/page/${name}.js`,
      { file: own(`${name}.js`), type: script },
    ]),
  ),
  '/page/library/preact.js': { file: library('htm/preact/standalone'), type: script },
  '/page/library/uplot.js': { file: library('uplot/dist/uPlot.esm.js'), type: script },
  '/page/library/uplot.css': { file: library('uplot/dist/uPlot.min.css'), type: style },
};

/** Nothing from elsewhere is loaded, and no script but the files above runs. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves the page to everyone: what it shows it asks for with the viewer's own key. */
export function addPage(app: FastifyInstance): void {
  for (const [path, { file, type }] of Object.entries(files)) {
    const body = readFileSync(file);
    app.get(path, { config: { isOpen: true } }, (_request, reply) =>
      reply
        .type(type)
        .headers({
          'content-security-policy': policy,
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
        })
        .send(body),
    );
  }
}
