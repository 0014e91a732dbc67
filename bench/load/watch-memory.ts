import { readFileSync } from 'node:fs';

export interface MemoryWatch {
  /** Stops and returns the memory in megabytes; undefined where there is no /proc. */
  end(): { startMb: number; peakMb: number; endMb: number } | undefined;
}

const everyMs = 500;

/** Samples the resident memory of a process on this machine. */
export function watchMemory(pid: number): MemoryWatch {
  const samples = [residentMb(pid)];
  const timer = setInterval(() => samples.push(residentMb(pid)), everyMs);
  return {
    end: () => {
      clearInterval(timer);
      const known = [...samples, residentMb(pid)].filter((mb) => mb !== undefined);
      const [startMb, endMb] = [known[0], known.at(-1)];
      return startMb === undefined || endMb === undefined
        ? undefined
        : { startMb, peakMb: Math.max(...known), endMb };
    },
  };
}

/**
 * Milliseconds that the main thread of a process has waited for a core since it started. Undefined
 * where the kernel has no schedstat.
 */
export function coreWaitMs(pid: number): number | undefined {
  try {
    const ns = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[1];
    return ns === undefined ? undefined : Number(ns) / 1e6;
  } catch {
    return undefined;
  }
}

/** Undefined where there is no /proc, or when the process has ended. */
export function residentMb(pid: number): number | undefined {
  try {
    const kb = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kb === undefined ? undefined : Number(kb) / 1024;
  } catch {
    return undefined;
  }
}
