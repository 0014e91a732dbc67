import { writeFileSync } from 'node:fs';

/** Names the calling thread for /proc and `top -H`; at most 15 characters. Only on Linux. */
export function nameThread(name: string): void {
  try {
    writeFileSync('/proc/thread-self/comm', name);
  } catch {
    // Without names, all of its time counts as that of other threads.
  }
}
