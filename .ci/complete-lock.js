// Adds to package-lock.json the optional packages of other platforms that npm left out, because it was run beside an
// older node_modules (npm/cli#4828) or against a registry that lacks them. `npm ci` refuses a lock without
// them. Run it after a change of dependencies when test/packaging.test.ts says so: node .ci/complete-lock.js
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const processors = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];

const added = [];
for (const { optionalDependencies = {}, dev } of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const path = `node_modules/${name}`;
    if (lock.packages[path] === undefined) {
      lock.packages[path] = describe(name, version, dev);
      added.push(`${name}@${version}`);
    }
  }
}
const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries(sorted);
writeFileSync(file, `${JSON.stringify(lock, undefined, 2)}\n`);
console.log(added.length === 0 ? 'Nothing was missing.' : `Added:\n  ${added.join('\n  ')}`);

/** What npm reads to know that a package is not for this machine; the platform is in the package's name. */
function describe(name, version, dev) {
  const words = name.split('/').at(-1).split('-');
  const libc = words.includes('musl') ? ['musl'] : words.includes('gnu') ? ['glibc'] : undefined;
  const found = {
    os: systems.filter((each) => words.includes(each)),
    cpu: processors.filter((each) => words.includes(each)),
  };
  if (
    !/^\d+\.\d+\.\d+/.test(version) ||
    found.cpu.length !== 1 ||
    (found.os.length !== 1 && found.cpu[0] !== 'wasm32')
  ) {
    throw new Error(`${name}@${version}: cannot tell its platform; add it by hand`);
  }
  return {
    version,
    cpu: found.cpu,
    ...(dev ? { dev } : {}),
    ...(libc === undefined || found.os[0] !== 'linux' ? {} : { libc }),
    optional: true,
    ...(found.os.length === 1 ? { os: found.os } : {}),
  };
}
