export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** @throws Error when it does not come true in time. */
export async function until(isTrue: () => boolean, timeoutMs: number, what: string): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!isTrue()) {
    if (performance.now() > endMs) {
      throw new Error(`${what} in ${timeoutMs / 1000} s`);
    }
    await sleep(5);
  }
}
