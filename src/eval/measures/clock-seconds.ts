export const clocks = ['wall', 'cpu'] as const;

/**
 * `cpu` counts the processor time of this process alone, for a machine that other processes use
 * too. On an idle machine with one busy thread both clocks agree.
 */
export type Clock = (typeof clocks)[number];

export function readSeconds(clock: Clock): number {
  if (clock === 'wall') {
    return performance.now() / 1000;
  }
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
