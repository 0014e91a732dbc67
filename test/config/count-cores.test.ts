import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/config/config.ts';
import { countCores } from '../../src/config/count-cores.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** A machine of 16 cores with these files. */
function count(files: Readonly<Record<string, string>>, available = 16) {
  const root = temporaryFolder();
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return countCores({ root, available });
}

const own = { cores: 16, from: 'the cores that the process may run on' };
const v2 = 'sys/fs/cgroup';
const v1 = 'sys/fs/cgroup/cpu';

describe('cores are', () => {
  test.each<[string, Readonly<Record<string, string>>]>([
    ['no control groups', {}],
    ['no quota (v2)', { 'proc/self/cgroup': '0::/\n', [`${v2}/cpu.max`]: 'max 100000\n' }],
    [
      'no quota (v1)',
      {
        'proc/self/cgroup': '4:cpu,cpuacct:/\n',
        [`${v1}/cpu.cfs_quota_us`]: '-1\n',
        [`${v1}/cpu.cfs_period_us`]: '100000\n',
      },
    ],
    ['a quota above them', { 'proc/self/cgroup': '0::/\n', [`${v2}/cpu.max`]: '3200000 100000\n' }],
    ['files that say nothing', { 'proc/self/cgroup': 'what\n', [`${v2}/cpu.max`]: '\n' }],
  ])('those that the process may run on with %s', (_what, files) => {
    expect(count(files)).toEqual(own);
  });

  test('the whole cores of the quota of a container (v2)', () => {
    const files = { 'proc/self/cgroup': '0::/\n', [`${v2}/cpu.max`]: '250000 100000\n' };
    expect(count(files)).toEqual({
      cores: 2,
      from: 'a quota of 2.5 of 16 cores in /sys/fs/cgroup/cpu.max',
    });
  });

  test('those of the quota of a container (v1), whose name outside has no folder inside', () => {
    const files = {
      'proc/self/cgroup': '3:memory:/docker/f00\n2:cpu,cpuacct:/docker/f00\n',
      [`${v1}/cpu.cfs_quota_us`]: '400000\n',
      [`${v1}/cpu.cfs_period_us`]: '100000\n',
    };
    expect(count(files)).toEqual({
      cores: 4,
      from: 'a quota of 4 of 16 cores in /sys/fs/cgroup/cpu/cpu.cfs_quota_us',
    });
  });

  test('at least one', () => {
    const files = { 'proc/self/cgroup': '0::/\n', [`${v2}/cpu.max`]: '20000 100000\n' };
    expect(count(files).cores).toBe(1);
  });

  test.each([
    ['its own', '600000 100000', '300000 100000', 3],
    ['one above it', '200000 100000', '300000 100000', 2],
  ])('those of the least quota: %s', (_what, above, itself, cores) => {
    const files = {
      'proc/self/cgroup': '0::/system.slice/slmrank.service\n',
      [`${v2}/system.slice/cpu.max`]: above,
      [`${v2}/system.slice/slmrank.service/cpu.max`]: itself,
    };
    expect(count(files).cores).toBe(cores);
  });

  test('fewer where a cpuset leaves fewer than the quota', () => {
    const files = { 'proc/self/cgroup': '0::/\n', [`${v2}/cpu.max`]: '800000 100000\n' };
    expect(count(files, 2).cores).toBe(2);
  });
});

test('the defaults follow them', () => {
  const { cores } = countCores();
  expect(parseConfig({}, []).devices).toHaveLength(Math.min(cores, 256));
});
