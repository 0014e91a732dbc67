import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

export interface CoreCount {
  /** Whole cores that this process may keep busy, at least 1. */
  readonly cores: number;
  /** Where the number is from, in words. */
  readonly from: string;
}

export interface CoreSources {
  /** Holds proc/self/cgroup and sys/fs/cgroup. */
  readonly root?: string;
  /** Cores that the process may run on; cpusets and affinity count. */
  readonly available?: number;
}

interface Quota {
  readonly cores: number;
  readonly from: string;
}

/**
 * How many cores there are for us. In a container the machine's number is not it: the control group's CPU quota
 * (`docker --cpus`, `limits.cpu` of Kubernetes) bounds how much of them may be used, and threads beyond it only make
 * each other wait. A part of a core counts for none, so that what is started can run all the time.
 */
export function countCores({
  root = '/',
  available = availableParallelism(),
}: CoreSources = {}): CoreCount {
  const quota = leastOf([...readQuotasV2(root), ...readQuotasV1(root)]);
  if (quota === undefined || quota.cores >= available) {
    return { cores: available, from: 'the cores that the process may run on' };
  }
  const cores = Math.max(1, Math.floor(quota.cores));
  const exact = Number(quota.cores.toFixed(2));
  return { cores, from: `a quota of ${exact} of ${available} cores in ${quota.from}` };
}

function leastOf(quotas: readonly Quota[]): Quota | undefined {
  return quotas.reduce<Quota | undefined>(
    (least, quota) => (least === undefined || quota.cores < least.cores ? quota : least),
    undefined,
  );
}

/** cpu.max: `QUOTA PERIOD` in microseconds, `max` for none. A group is bound by those above it, too. */
function readQuotasV2(root: string): Quota[] {
  return groupsOf(root, (controllers) => controllers === '').flatMap((group) => {
    const file = join('sys/fs/cgroup', group, 'cpu.max');
    const [quota, period] = (read(root, file) ?? '').split(' ').map(Number);
    return toQuota(quota, period, file);
  });
}

function readQuotasV1(root: string): Quota[] {
  const isCpu = (controllers: string) => controllers.split(',').includes('cpu');
  return groupsOf(root, isCpu).flatMap((group) => {
    const folder = join('sys/fs/cgroup/cpu', group);
    const file = join(folder, 'cpu.cfs_quota_us');
    const period = Number(read(root, join(folder, 'cpu.cfs_period_us')));
    return toQuota(Number(read(root, file)), period, file);
  });
}

function toQuota(quota: number | undefined, period: number | undefined, file: string): Quota[] {
  const cores = (quota ?? NaN) / (period ?? NaN);
  return cores > 0 && Number.isFinite(cores) ? [{ cores, from: `/${file}` }] : [];
}

/** Our group and those above it; in a container its own may be mounted as the root, whatever its name outside. */
function groupsOf(root: string, holds: (controllers: string) => boolean): readonly string[] {
  const lines = (read(root, 'proc/self/cgroup') ?? '').split('\n');
  const paths = lines.flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    return controllers !== undefined && path !== undefined && holds(controllers) ? [path] : [];
  });
  return [...new Set(['/', ...paths.flatMap(withParents)])];
}

function withParents(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.map((_, i) => `/${parts.slice(0, i + 1).join('/')}`);
}

function read(root: string, file: string): string | undefined {
  try {
    return readFileSync(join(root, file), 'utf8').trim();
  } catch {
    return undefined;
  }
}
