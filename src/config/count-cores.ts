import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

export interface CoreCount {
  /** Whole cores that this process may use, at least 1. */
  readonly cores: number;
  /** The source of the number, in words. */
  readonly from: string;
}

export interface CoreSources {
  /** The folder with proc/self/cgroup and sys/fs/cgroup. */
  readonly root?: string;
  /** Cores that the process may run on, by cpuset and affinity. */
  readonly available?: number;
}

interface Quota {
  readonly cores: number;
  readonly from: string;
}

/**
 * How many cores this process may use. In a container that is not the machine's number of cores:
 * the control group's CPU quota (`docker --cpus`, `limits.cpu` of Kubernetes) limits the CPU time,
 * and more threads would only wait for each other. The quota is rounded down, so that each thread
 * can run all the time.
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

/**
 * Reads cpu.max, which has `QUOTA PERIOD` in microseconds, with `max` for no quota. A group is also
 * limited by the groups above it.
 */
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

/**
 * The process's group, the groups above it, and the root: a container may see its own group as the
 * root, whatever its name is outside.
 */
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
