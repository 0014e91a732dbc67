import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { tools } from '../bench/chart/tools.ts';
import { parseConfig } from '../src/config/config.ts';
import { temporaryFolder } from './support/temporary-folder.ts';

function read(file: string): string {
  return readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
}

const dockerfile = read('Dockerfile');
const compose = read('docker-compose.yml');

// npm omits them when its registry or an older node_modules lacks them, and `npm ci` then refuses
// the lock file.
test('package-lock.json has every optional package of every platform', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies),
  );
  expect(wanted.length).toBeGreaterThan(20);
  // To mend it: node .ci/complete-lock.js
  expect(wanted.filter((name) => packages[`node_modules/${name}`] === undefined)).toEqual([]);
});

// By `ignore-scripts`, which every npm knows. npm would warn of onnxruntime-node's own setting.
test('npm runs no install scripts, and every package that has one works without', () => {
  const settings = read('.npmrc')
    .split('\n')
    .filter((line) => /^[^#]/.test(line));
  expect(settings).toEqual(['ignore-scripts=true']);
  const { packages } = JSON.parse(read('package-lock.json')) as {
    packages: Record<string, { hasInstallScript?: boolean }>;
  };
  const withScripts = Object.keys(packages).filter((name) => packages[name]?.hasInstallScript);
  expect(withScripts).toEqual([
    // Builds from source where no package of the platform is there; each of ours has one.
    'node_modules/@parcel/watcher',
    // Says so when the platform's package is missing.
    'node_modules/@swc/core',
    // Saves a process at each start.
    'node_modules/esbuild',
    // Build from source where no package of the platform is there, as for @parcel/watcher.
    'node_modules/lmdb',
    'node_modules/msgpackr-extract',
    // Fetches CUDA libraries; what the CPU needs is in the package.
    'node_modules/onnxruntime-node',
    // Warns of version ranges.
    'node_modules/protobufjs',
  ]);
});

test("package.json has no 'pre' and 'post' scripts, which npm then skips as well", () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  expect(Object.keys(scripts).filter((name) => /^(pre|post)/.test(name))).toEqual([]);
});

describe('the Dockerfile', () => {
  const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name]) => name);
  const copies = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources]) =>
    (sources ?? '').split(' '),
  );

  test('has the targets that the compose file and the documentation name', () => {
    const targets = [...compose.matchAll(/target: ([a-z]+)$/gm)].map(([, name]) => name);
    expect(new Set(targets)).toEqual(new Set(['cpu', 'cuda', 'load']));
    expect(stages).toEqual(expect.arrayContaining(targets));
  });

  test('copies only files of the repository that the ignore file allows', () => {
    const allowed = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(copies.length).toBeGreaterThan(5);
    expect(copies.filter((source) => !allowed.includes(source))).toEqual([]);
    expect(
      copies.filter((source) => !existsSync(new URL(`../${source}`, import.meta.url))),
    ).toEqual([]);
  });

  test('copies from stages that come before', () => {
    const from = [...dockerfile.matchAll(/^COPY --from=(\S+)/gm)].map(([, name]) => name);
    expect(stages).toEqual(expect.arrayContaining(from));
  });

  test('every image that serves runs as a numbered user, with a health check', () => {
    for (const name of ['cpu', 'cuda']) {
      const stage =
        dockerfile.split(/^FROM /m).find((text) => text.includes(` AS ${name}\n`)) ?? '';
      expect(stage).toMatch(/^USER \d+$/m);
      expect(stage).toMatch(/^HEALTHCHECK .*\\\n.*"health"/m);
      expect(stage).toMatch(/^CMD \["node"/m);
    }
  });

  // The provider libraries load only into the ONNX Runtime that they were built with.
  test('pairs the CUDA provider with the ONNX Runtime of package.json', () => {
    const { dependencies } = JSON.parse(read('package.json')) as {
      dependencies: Record<string, string>;
    };
    const providers = new Map([['1.29.0', 'linux-x64-gpu@0.4.9']]);
    const { 'onnxruntime-node': version = 'none' } = dependencies;
    expect(dockerfile).toContain(providers.get(version) ?? `no provider for ${version}`);
  });
});

// docs/operations.md says why.
test('every way to start a server uses two arenas, unless the environment sets their number', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  for (const name of ['start', 'chaos']) {
    expect(scripts[name]).toContain('MALLOC_ARENA_MAX=${MALLOC_ARENA_MAX:-2} node');
  }
  expect([...dockerfile.matchAll(/^ +MALLOC_ARENA_MAX=2 /gm)]).toHaveLength(2);
  expect(read('src/cli/shared/server-process.ts')).toContain("{ MALLOC_ARENA_MAX: '2' }");
});

test('the compose file has a CPU server, and CUDA and load on demand', () => {
  const { services } = parse(compose, { merge: true }) as {
    services: Record<string, { profiles?: string[]; build?: { target: string } }>;
  };
  expect(
    Object.entries(services).map(([name, { profiles, build }]) => [name, profiles, build?.target]),
  ).toEqual(
    expect.arrayContaining([
      ['server', undefined, 'cpu'],
      ['server-cuda', ['cuda'], 'cuda'],
      ['load', ['load'], 'load'],
    ]),
  );
});

test('the server knows every setting of the images and the compose file', () => {
  const given = `${dockerfile}\n${compose}`.matchAll(/(SLMRANK_[A-Z_]+)[=:] ?(\S+)/g);
  const env: Record<string, string> = {};
  for (const [, name = '', value = ''] of given) {
    // Compose fills in the default of ${NAME:-default}.
    env[name] = value.replace(/^\$\{\w+:-(.*)\}$/, '$1');
  }
  expect(Object.keys(env)).toEqual(
    expect.arrayContaining(['SLMRANK_ADDRESS', 'SLMRANK_MODEL', 'SLMRANK_DEVICES']),
  );
  expect(() => parseConfig(env, [])).not.toThrow();
});

describe('.ci/run', () => {
  function count(testResults: unknown): string {
    const file = join(
      temporaryFolder({ 'jest.json': JSON.stringify({ testResults }) }),
      'jest.json',
    );
    const script = new URL('../.ci/count-tests.js', import.meta.url).pathname;
    return execFileSync(process.execPath, [script, file], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  }
  const suite = (status: string, ...statuses: string[]) => ({
    name: 'a.test.ts',
    status,
    assertionResults: statuses.map((each) => ({ fullName: 'a sentence', status: each })),
  });

  test('installs the helm that the chart is checked with', () => {
    const pattern = /grep -o "([^"]+)" (\S+)\)/.exec(read('.ci/run'));
    const [, words = '', file = ''] = pattern ?? [];
    expect(read(file).match(new RegExp(words, 'g'))).toEqual([tools.helm]);
  });

  test('counts tests that passed, failed and were skipped', () => {
    expect(
      count([suite('failed', 'passed', 'failed', 'pending'), suite('passed', 'passed', 'todo')]),
    ).toBe('2 1 2');
  });

  test('counts a file that could not be run as a failure', () => {
    expect(count([suite('passed', 'passed'), suite('failed')])).toBe('1 1 0');
  });

  test('fails a run without tests', () => {
    expect(count([])).toBe('0 1 0');
    expect(count([suite('passed', 'pending')])).toBe('0 1 1');
  });
});
