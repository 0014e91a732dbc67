import { expect, it } from '@jest/globals';
import { readThreadTimes, timesSince } from '../../../bench/front/thread-times.ts';

const onLinux = process.platform === 'linux' ? it : it.skip;

onLinux('counts the processor time of the main thread apart from that of others', () => {
  const before = readThreadTimes(process.pid);
  const { user, system } = process.cpuUsage();
  const spun = Array.from({ length: 300_000 }, (_, i) => Math.sqrt(i)).reduce((a, b) => a + b, 0);
  const { main, encoder } = timesSince(before, readThreadTimes(process.pid));
  const all = process.cpuUsage({ user, system });
  expect(spun).toBeGreaterThan(0);
  expect(main).toBeGreaterThan(0);
  expect(main).toBeLessThanOrEqual((all.user + all.system) / 1000 + 20);
  expect(encoder).toBe(0);
});

it('knows nothing of a process that is gone', () => {
  expect(readThreadTimes(2 ** 30).main).toBeNaN();
});
