export const clocks = ['wall', 'cpu'] as const;

/** `cpu` counts the process's own processor time: for a machine that others use too; equal to wall on a quiet one. */
export type Clock = (typeof clocks)[number];

export function readSeconds(clock: Clock): number {
  if (clock === 'wall') {
    return performance.now() / 1000;
  }
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
