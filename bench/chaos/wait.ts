export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** @throws Error with `fault` when the condition is still false after the timeout. */
export async function until(
  isTrue: () => boolean,
  timeoutMs: number,
  fault: string,
): Promise<void> {
  const timeoutAtMs = performance.now() + timeoutMs;
  while (!isTrue()) {
    if (performance.now() > timeoutAtMs) {
      throw new Error(`${fault} after ${timeoutMs / 1000} s`);
    }
    await sleep(5);
  }
}
